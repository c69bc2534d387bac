# SPDX-License-Identifier: Apache-2.0
"""A lease that is moved earlier or cut short, and two leases in a row on one host."""

import pytest

from blazar_spot.demo.cast import Refusal
from blazar_spot.demo.compressed_time import MIN_UPTIME_SECONDS, NOTICE_SECONDS
from blazar_spot.demo.sights import Lease
from tests.e2e.lanes import Played
from tests.e2e.programme import ON_TIME_OF_MANY_SECONDS
from tests.e2e.windows import BackToBack, Earlier, Shortened

BACK_SECONDS = 60


@pytest.fixture(scope="module")
def earlier(played: Played) -> Earlier:
    seen: Earlier = played["earlier"].result()
    return seen


@pytest.fixture(scope="module")
def shortened(played: Played) -> Shortened:
    seen: Shortened = played["shortened"].result()
    return seen


@pytest.fixture(scope="module")
def back_to_back(played: Played) -> BackToBack:
    seen: BackToBack = played["back_to_back"].result()
    return seen


def test_a_move_that_leaves_a_young_instance_too_little_time_is_refused(earlier: Earlier) -> None:
    assert isinstance(earlier.too_early, Refusal)
    assert earlier.too_early.status == 400
    assert "earliest_start=" in earlier.too_early.sentence
    assert "code=spot_not_evictable" in earlier.too_early.sentence


def test_a_move_that_leaves_enough_time_is_taken(earlier: Earlier) -> None:
    assert earlier.nearer.start_at < earlier.far.start_at


def test_a_move_that_would_shorten_a_notice_is_refused(earlier: Earlier) -> None:
    assert isinstance(earlier.hurried, Refusal)
    assert earlier.hurried.status == 400
    assert "code=spot_not_evictable" in earlier.hurried.sentence


def test_a_refused_move_leaves_the_lease_as_it_was(earlier: Earlier) -> None:
    assert earlier.still_far == earlier.far
    assert earlier.still_near == earlier.nearer


def test_the_guest_keeps_the_one_notice_that_it_read_before_the_refused_move(earlier: Earlier) -> None:
    assert earlier.told is not None
    assert earlier.life.decisions == 1
    assert not earlier.life.was_hurried
    assert earlier.life.notices[0][1] == earlier.told


def test_it_has_its_whole_notice_and_uptime_although_the_lease_came_earlier(earlier: Earlier) -> None:
    assert earlier.told is not None
    assert earlier.delete_asked_at is not None
    assert earlier.life.guest.launched_at is not None
    assert earlier.told.ends_at - earlier.told.decided_at >= NOTICE_SECONDS
    assert earlier.delete_asked_at >= earlier.life.notices[-1][1].ends_at
    assert earlier.delete_asked_at - earlier.life.guest.launched_at >= MIN_UPTIME_SECONDS


def test_the_lease_begins_at_its_new_start(earlier: Earlier) -> None:
    assert earlier.decided.lease is not None
    assert (earlier.decided.lease.status, earlier.decided.lease.is_degraded) == ("ACTIVE", False)
    assert 0 <= earlier.decided.at - earlier.nearer.start_at <= ON_TIME_OF_MANY_SECONDS


def test_a_running_lease_is_cut_short(shortened: Shortened) -> None:
    assert isinstance(shortened.answer, Lease)
    assert shortened.answer.status == "ACTIVE"
    assert shortened.owners.status == "ACTIVE"
    assert shortened.before_end.guest("owner") is not None
    assert shortened.before_end.is_closed is True


def test_spot_has_the_host_again_soon_after_the_new_end(shortened: Shortened) -> None:
    # Blazar looks for leases that end every ten seconds; then the server dies and the polls do the rest.
    assert 0 <= shortened.back.at - shortened.end_at <= BACK_SECONDS
    assert shortened.back.guest("owner") is None
    assert shortened.newcomer.status == "ACTIVE"


def test_two_leases_in_a_row_give_one_notice_and_one_end(back_to_back: BackToBack) -> None:
    assert back_to_back.life.decisions == 1
    assert not back_to_back.life.was_hurried
    assert back_to_back.notices == ["terminated"]
    assert back_to_back.delete_asked_at is not None
    assert back_to_back.life.deadline_at is not None
    assert back_to_back.delete_asked_at >= back_to_back.life.deadline_at


def test_both_leases_are_active_on_time_and_whole(back_to_back: BackToBack) -> None:
    for seen in (back_to_back.first, back_to_back.second):
        assert seen.lease is not None
        assert (seen.lease.status, seen.lease.is_degraded) == ("ACTIVE", False)
        assert 0 <= seen.at - seen.lease.start_at <= ON_TIME_OF_MANY_SECONDS
        assert seen.serves == (seen.lease.reservation_id,)


def test_the_host_takes_no_spot_instances_between_the_two(back_to_back: BackToBack) -> None:
    assert back_to_back.opened_at == []
