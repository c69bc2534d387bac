# SPDX-License-Identifier: Apache-2.0
"""A cloud whose operator has chosen otherwise than by default: deletes are soft at first, hosts are watched for
failures, and in the end a lease may break promises."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from blazar_spot.demo.compressed_time import options
from blazar_spot.devcloud.cloud import Cloud
from blazar_spot.devcloud.fixture import cloud
from blazar_spot.devcloud.site import Options, Override
from tests.e2e import exchanges, lanes
from tests.e2e.lanes import Lane, Lanes, Played
from tests.settings import stories

__all__ = ["cloud"]

ROUNDS = (
    {"soft": Lane({"soft": stories.soft}), "failing": Lane({"failing": stories.failing}, hosts=2)},
    {"handed": Lane({"handed": exchanges.handed}, hosts=2)},
    {"breached": Lane({"breached": stories.breached})},
)
"""One after another: the second one's leases start in one minute, and nobody else's shall in the same. The last one
changes the cloud for good and starts Blazar anew for that."""
LANES = {name: lane for some in ROUNDS for name, lane in some.items()}

SETTINGS = (
    Override("spot", "policy", "delete_p99_seconds", str(stories.DELETE_P99_SECONDS)),
    Override("nova", "DEFAULT", "reclaim_instance_interval", "3600"),
    Override("blazar", "physical:host", "enable_polling_monitor", "true"),
    Override("blazar", "physical:host", "polling_interval", "2"),
)


@pytest.fixture(scope="session")
def asked_lanes(request: pytest.FixtureRequest) -> Lanes:
    """What this run is about."""
    return lanes.asked(request.session, LANES)


@pytest.fixture(scope="session")
def cloud_options(asked_lanes: Lanes) -> Options:
    usual = options("spot", lanes.specs(asked_lanes))
    return replace(usual, overrides=(*usual.overrides, *SETTINGS))


@pytest.fixture(scope="session")
def played(cloud: Cloud, asked_lanes: Lanes) -> Iterator[Played]:
    """Every story by its name, when all are over."""
    with lanes.played_in_turn(cloud, ROUNDS, asked_lanes) as all_played:
        yield all_played
