# SPDX-License-Identifier: Apache-2.0
"""``FakeCloud``: the ports to Nova and Placement over one small world, for tests that run a year of leases in seconds.

It is held to the real adapters by the contract tests. What tenants and operators do is in ``world``, what a port
answers in ``nova`` and ``placement``, how its calls fail and are remembered in ``asked``.
"""

from blazar_spot.testing.nova import FakeNova
from blazar_spot.testing.placement import FakePlacement


class FakeCloud(FakeNova, FakePlacement):
    """One object that is every port of the cloud."""
