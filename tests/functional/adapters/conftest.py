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
    return Options(hosts=name_hosts([HostSpec(nested=True), HostSpec()]), delete_seconds=0.5)


@pytest.fixture(scope="session")
def swept(cloud: Cloud) -> "RealStage":
    """The cloud as every test finds it: swept."""
    from tests.functional.adapters.real_stage import RealStage

    stage = RealStage(cloud)
    stage.come_up()
    stage.sweep()
    return stage


@pytest.fixture
def stage(swept: "RealStage") -> Iterator["RealStage"]:
    """The cloud with what the contracts need in it, swept again afterwards."""
    swept.furnish()
    yield swept
    swept.sweep()
