# SPDX-License-Identifier: Apache-2.0
"""The fake cloud keeps both contracts, so a test that uses it says something about the real one."""

import pytest

from tests.contract.compute_contract import ComputeContract
from tests.contract.fake_stage import FakeStage
from tests.contract.pool_contract import PoolContract


@pytest.fixture
def stage() -> FakeStage:
    """A fake cloud of its own for each test."""
    return FakeStage()


class TestFakeCompute(ComputeContract):
    """The fake as Compute."""


class TestFakePool(PoolContract):
    """The fake as Pool."""
