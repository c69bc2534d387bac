# SPDX-License-Identifier: Apache-2.0
"""A hundred spot instances on eight hosts give way to five leases of the same minute, and two hundred boots are raced
against bookings: the same promises as in the small. Before, a lease of one host and a lease of four start alone."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest

from blazar_spot.demo.compressed_time import options
from blazar_spot.devcloud.cloud import Cloud
from blazar_spot.devcloud.hosts import HostSpec
from blazar_spot.devcloud.site import Override
from tests.crowd.conftest import TOLD
from tests.crowd.pace import slowness
from tests.e2e import answers, crowds, lanes
from tests.e2e.answers import Race
from tests.e2e.crowds import Begun, Crowd
from tests.e2e.lanes import Lane, Lanes, Played
from tests.e2e.test_answers import (
    test_an_instance_that_won_the_race_runs_on,
    test_both_sides_win_some_races,
    test_no_spot_instance_runs_on_a_host_that_was_booked_without_time_for_its_promise,
)
from tests.e2e.test_crowd import (
    test_every_lease_is_active_on_time_and_whole,
    test_everybody_was_told_once_and_a_whole_notice_ahead,
    test_no_hypervisor_has_any_of_them_left,
    test_nobody_went_before_the_deadline_or_the_minimum_uptime,
)

__all__ = [
    "test_an_instance_that_won_the_race_runs_on",
    "test_both_sides_win_some_races",
    "test_every_lease_is_active_on_time_and_whole",
    "test_everybody_was_told_once_and_a_whole_notice_ahead",
    "test_no_hypervisor_has_any_of_them_left",
    "test_no_spot_instance_runs_on_a_host_that_was_booked_without_time_for_its_promise",
    "test_nobody_went_before_the_deadline_or_the_minimum_uptime",
]

pytestmark = pytest.mark.nightly

SIZES = (1, 1, 2, 2, 2)
SPOTS = 100
GPUS = 13
HOST = HostSpec(vcpus=104, memory_gib=384, gpus=GPUS)
RACES = 200
RACERS = 8

DELETE_SECONDS = {"delete_takes_seconds": 12, "delete_p99_seconds": 20}
"""Two cores that are not slow delete a hundred instances in about a minute, whatever is asked for at once. As every
operator has to, the story says to the policy what its cloud can do."""
AHEAD = 200.0
"""The lead of eight full hosts, then the notice, and some time to book; longer where deletes take longer."""


@pytest.fixture(scope="module")
def slow() -> float:
    """How slow the machine is, while nothing else runs on it."""
    return slowness()


@pytest.fixture(scope="module")
def all_played(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, slow: float
) -> Mapping[str, Crowd]:
    plays = {
        "one": partial(crowds.crowd, spots=2, sizes=(1,), ahead=slow * (AHEAD - 80)),
        "four": partial(crowds.crowd, spots=8, sizes=(4,), ahead=slow * (AHEAD - 40), servers=4 * GPUS),
        "many": partial(crowds.crowd, spots=SPOTS, sizes=SIZES, ahead=slow * AHEAD),
    }
    with _played(tmp_path_factory.mktemp("crowd"), {"m": Lane(plays, hosts=8, spec=HOST)}, slow) as played:
        seen: dict[str, Crowd] = {name: played[name].result() for name in plays}
    request.config.stash[TOLD] = [
        *(_told(one) for name in plays for one in seen[name].leases.values()),
        f"A core takes {slow:.1f} times as long as the one that the limits are for.",
    ]
    return seen


@pytest.fixture(scope="module")
def crowd(all_played: Mapping[str, Crowd]) -> Crowd:
    return all_played["many"]


@pytest.fixture(scope="module")
def alone(all_played: Mapping[str, Crowd]) -> list[Begun]:
    """Leases in whose minute nothing else starts."""
    return [lease for name, seen in all_played.items() if name != "many" for lease in seen.leases.values()]


@pytest.fixture(scope="module")
def races(tmp_path_factory: pytest.TempPathFactory) -> list[Race]:
    play = partial(answers.races, rounds=RACES // RACERS)
    racers = {f"r{number}": Lane({f"racer{number}": play}) for number in range(RACERS)}
    with _played(tmp_path_factory.mktemp("races"), racers) as played:
        return [race for racer in played.values() for race in racer.result()]


def _told(lease: Begun) -> str:
    return f"{lease.hosts} hosts: STARTING for {lease.starting_for} s, ACTIVE at S + {lease.active_after} s"


@contextmanager
def _played(where: Path, wanted: Lanes, slow: float = 1.0) -> Iterator[Played]:
    """The lanes on a cloud of their own."""
    usual = options("spot", lanes.specs(wanted))
    policy = {"spots_per_host": GPUS, **{name: round(slow * seconds) for name, seconds in DELETE_SECONDS.items()}}
    ours = tuple(Override("spot", "policy", name, str(value)) for name, value in policy.items())
    cloud = Cloud(where / "cloud", replace(usual, overrides=(*usual.overrides, *ours)))
    cloud.up()
    try:
        with lanes.played(cloud, wanted) as played:
            yield played
    finally:
        cloud.down()


def test_a_hundred_instances_and_five_leases_took_part(crowd: Crowd) -> None:
    assert len(crowd.members) == SPOTS
    assert sorted(lease.hosts for lease in crowd.leases.values()) == list(SIZES)


def test_a_start_takes_at_most_half_a_second_and_two_fifths_of_one_for_each_host(
    alone: list[Begun], slow: float
) -> None:
    took = [(lease.hosts, lease.starting_for) for lease in alone]
    assert [hosts for hosts, _ in took] == [1, 4]
    assert all(seconds is not None and seconds <= slow * _limit(hosts) for hosts, seconds in took), took


def test_the_owner_can_fill_every_host_that_was_handed_over(all_played: Mapping[str, Crowd]) -> None:
    """Nova's schedulers keep in memory which hosts are in which aggregate, as they were told last."""
    assert all_played["four"].reserved == ["ACTIVE"] * 4 * GPUS


def test_a_lease_that_starts_alone_is_active_within_fifteen_seconds(alone: list[Begun]) -> None:
    took = [lease.active_after for lease in alone]
    assert all(seconds is not None and seconds <= 15 for seconds in took), took


def test_starts_of_the_same_minute_take_no_longer_than_one_after_another_would(crowd: Crowd, slow: float) -> None:
    """They share two cores with the whole cloud, so a single one of them may take longer than it would alone."""
    starts = [lease.starting for lease in crowd.leases.values() if lease.starting]
    assert len(starts) == len(SIZES)
    took = max(ended for _, ended in starts) - min(began for began, _ in starts)
    assert took <= slow * sum(map(_limit, SIZES)), starts


def _limit(hosts: int) -> float:
    """In seconds of a machine that is not slow."""
    return 0.5 + 0.4 * hosts


def test_two_hundred_races_were_run(races: list[Race]) -> None:
    assert len(races) == RACES
