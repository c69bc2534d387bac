# SPDX-License-Identifier: Apache-2.0
"""What is answered is kept: every refusal's start can be had, half a booking is none, and no boot slips past one."""

import pytest

from blazar_spot.demo.cast import Refusal
from blazar_spot.demo.sights import Lease
from tests.e2e.answers import ROUNDS, Asked, HalfBooked, Race
from tests.e2e.lanes import Played


@pytest.fixture(scope="module")
def asked(played: Played) -> list[Asked]:
    seen: list[Asked] = played["asked"].result()
    return seen


@pytest.fixture(scope="module")
def half_booked(played: Played) -> HalfBooked:
    seen: HalfBooked = played["half_booked"].result()
    return seen


@pytest.fixture(scope="module")
def races(played: Played) -> list[Race]:
    seen: list[Race] = played["races"].result()
    return seen


def test_a_host_with_a_young_spot_instance_is_refused_now_every_time(asked: list[Asked]) -> None:
    refusals = [one.now for one in asked if isinstance(one.now, Refusal)]
    assert [refusal.status for refusal in refusals] == [400] * ROUNDS
    assert all("code=spot_not_evictable" in refusal.sentence for refusal in refusals)


def test_the_start_that_a_refusal_offers_can_be_had_every_time(asked: list[Asked]) -> None:
    assert [one.offered for one in asked if not isinstance(one.offered, Lease)] == []
    assert len(asked) == ROUNDS


def test_a_lease_of_which_one_reservation_finds_no_host_is_refused_as_a_whole(half_booked: HalfBooked) -> None:
    assert isinstance(half_booked.answer, Refusal)
    assert half_booked.answer.status == 400
    assert half_booked.leases == []


def test_the_host_that_was_closed_for_it_is_open_again(half_booked: HalfBooked) -> None:
    assert half_booked.was_closed
    assert half_booked.opened_at < half_booked.start_at
    assert half_booked.newcomer.status == "ACTIVE"
    assert half_booked.after.is_closed is False


def test_no_guest_was_ever_told_of_it_and_none_was_deleted(half_booked: HalfBooked) -> None:
    assert half_booked.after.at > half_booked.start_at
    assert half_booked.life.notices == []
    assert half_booked.notices == []
    assert half_booked.delete_asked_at is None
    assert {guest.status for guest in half_booked.after.guests} == {"ACTIVE"}


def test_no_spot_instance_runs_on_a_host_that_was_booked_without_time_for_its_promise(races: list[Race]) -> None:
    slipped = [race for race in races if isinstance(race.answer, Lease) and race.is_on_the_host]
    assert slipped == []
    assert [race for race in races if isinstance(race.answer, Lease) and race.booted == "ACTIVE"] == []


def test_an_instance_that_won_the_race_runs_on(races: list[Race]) -> None:
    won = [race for race in races if race.booted == "ACTIVE"]
    assert all(race.is_on_the_host and not race.is_going for race in won)


def test_both_sides_win_some_races(races: list[Race]) -> None:
    assert len(races) >= ROUNDS
    assert any(isinstance(race.answer, Lease) for race in races)
    assert any(race.booted == "ACTIVE" for race in races)
