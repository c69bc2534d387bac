# SPDX-License-Identifier: Apache-2.0
"""One cloud for all stories, one host for each of them, and time compressed by configuration.

The first test that asks for a story plays them all; each test then reads what its story has seen.
"""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from blazar_spot.demo.compressed_time import options
from blazar_spot.devcloud.cloud import Cloud
from blazar_spot.devcloud.fixture import cloud
from blazar_spot.devcloud.site import Options, Override
from tests.e2e import lanes, stories
from tests.e2e.lanes import Lanes, Played
from tests.e2e.programme import LANES, ROUNDS

__all__ = ["cloud"]

DELETE_P99_SECONDS = 12
"""So many stories share two cores that a delete of three seconds now and then takes as long."""


@pytest.fixture(scope="session")
def asked_lanes(request: pytest.FixtureRequest) -> Lanes:
    """What this run is about."""
    return lanes.asked(request.session, LANES)


@pytest.fixture(scope="session")
def cloud_options(asked_lanes: Lanes) -> Options:
    usual = options("spot", lanes.specs(asked_lanes))
    slowest = Override("spot", "policy", "delete_p99_seconds", str(DELETE_P99_SECONDS))
    return replace(usual, overrides=(*usual.overrides, slowest))


@pytest.fixture(scope="session")
def played(cloud: Cloud, asked_lanes: Lanes) -> Iterator[Played]:
    """Every story by its name, when all are over."""
    with lanes.played_in_turn(cloud, ROUNDS, asked_lanes) as all_played:
        yield all_played


@pytest.fixture(scope="session")
def whole(played: Played) -> stories.Whole:
    seen: stories.Whole = played["whole"].result()
    return seen


@pytest.fixture(scope="session")
def refused(played: Played) -> stories.Refused:
    seen: stories.Refused = played["refused"].result()
    return seen


@pytest.fixture(scope="session")
def moved(played: Played) -> stories.CalledOff:
    seen: stories.CalledOff = played["moved"].result()
    return seen


@pytest.fixture(scope="session")
def dropped(played: Played) -> stories.CalledOff:
    seen: stories.CalledOff = played["dropped"].result()
    return seen


@pytest.fixture(scope="session")
def returned(played: Played) -> stories.Returned:
    seen: stories.Returned = played["returned"].result()
    return seen


@pytest.fixture(scope="session")
def free(played: Played) -> stories.Free:
    seen: stories.Free = played["free"].result()
    return seen
