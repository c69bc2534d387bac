# SPDX-License-Identifier: Apache-2.0
"""The contracts of Compute and Pool, played on a real cloud; the first host has its GPUs on a nested provider."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from blazar_spot.devcloud.cloud import Cloud
from blazar_spot.devcloud.fixture import cloud
from blazar_spot.devcloud.hosts import HostSpec, name_hosts
from blazar_spot.devcloud.site import Options

if TYPE_CHECKING:
    from tests.functional.adapters.real_stage import RealStage

__all__ = ["cloud"]

pytest.register_assert_rewrite(
    "tests.contract.stage", "tests.contract.compute_contract", "tests.contract.pool_contract"
)


@pytest.fixture(scope="session")
def cloud_options() -> Options:
    """Two hosts, and deletes that take a while."""
    return Options(hosts=name_hosts([HostSpec(nested=True), HostSpec()]), delete_seconds=1.0)


@pytest.fixture
def stage(cloud: Cloud) -> Iterator["RealStage"]:
    """The cloud, swept before and after each test."""
    from tests.functional.adapters.real_stage import RealStage

    stage = RealStage(cloud)
    stage.sweep()
    stage.furnish()
    yield stage
    stage.sweep()
