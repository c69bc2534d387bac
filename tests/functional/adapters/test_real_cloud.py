# SPDX-License-Identifier: Apache-2.0
"""Nova and Placement, through our adapters, keep the contracts that the fake cloud keeps."""

from tests.contract.compute_contract import ComputeContract
from tests.contract.pool_contract import PoolContract


class TestNovaCompute(ComputeContract):
    """Nova as Compute."""


class TestPlacementPool(PoolContract):
    """Placement as Pool."""
