# SPDX-License-Identifier: Apache-2.0
"""One of upstream's modules as its unit tests see it, with our plugin in the place of theirs.

No tests of this tree: ``test_upstream`` runs upstream's in processes of their own, since they change Blazar's modules
and its configuration as they please.
"""

from types import ModuleType
from typing import Any

from blazar_spot import wiring
from blazar_spot.core.policy import Policy
from blazar_spot.plugins.settings import Settings
from blazar_spot.testing.clock import FakeClock
from blazar_spot.testing.cloud import FakeCloud
from blazar_spot.testing.store import FakeStore


class Module:
    """Upstream's module, but for the plugin. Each of its tests builds a new one."""

    def __init__(self, module: ModuleType, name: str, ours: type) -> None:
        vars(self).update(_module=module, _name=name, _ours=ours)

    def __getattr__(self, name: str) -> Any:
        return self._build if name == self._name else getattr(self._module, name)

    def __setattr__(self, name: str, value: Any) -> None:
        """What a test patches is patched where the plugin finds it."""
        setattr(self._module, name, value)

    def __delattr__(self, name: str) -> None:
        delattr(self._module, name)

    def _build(self) -> Any:
        clock = FakeClock()
        cloud = FakeCloud(clock)
        return self._ours(Settings(wiring.assemble(FakeStore(), cloud, cloud, clock, Policy()), 5))
