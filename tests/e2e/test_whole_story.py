# SPDX-License-Identifier: Apache-2.0
"""Four spot instances on a host that a reservation takes back, judged by Nova's record and by what each guest read."""

import pytest

from blazar_spot.demo.compressed_time import MIN_UPTIME_SECONDS, NOTICE_SECONDS
from blazar_spot.demo.record import Life
from blazar_spot.demo.sights import Mark
from blazar_spot.demo.verdict import Promise, promises
from tests.e2e.programme import ON_TIME_OF_MANY_SECONDS
from tests.e2e.stories import Whole

SPOTS = ("spot-1", "spot-2", "spot-3", "spot-4")


@pytest.fixture(params=SPOTS)
def life(whole: Whole, request: pytest.FixtureRequest) -> Life:
    """One of the four."""
    return next(life for life in whole.record.tenants() if life.guest.name == request.param)


def test_a_lease_now_is_refused_and_one_at_the_offered_start_is_taken(whole: Whole) -> None:
    marks = whole.record.marks
    assert marks[Mark.REFUSED] < marks[Mark.BOOKED] < marks[Mark.STARTED]


def test_the_lease_is_active_on_time(whole: Whole) -> None:
    assert whole.record.decided_as == "ACTIVE"
    assert 0 <= whole.record.marks[Mark.DECIDED] - whole.lease.start_at <= ON_TIME_OF_MANY_SECONDS


def test_the_host_is_in_the_leases_aggregate_and_in_no_other(whole: Whole) -> None:
    assert whole.serves_at_start == (whole.lease.reservation_id,)


def test_nova_was_not_asked_to_delete_before_the_deadline_that_the_guest_read(life: Life) -> None:
    assert life.deadline_at is not None
    assert life.delete_asked_at is not None
    assert life.delete_asked_at >= life.deadline_at


def test_every_guest_read_exactly_one_notice(life: Life) -> None:
    assert life.decisions == 1
    assert not life.was_hurried
    assert life.withdrawn_at is None


def test_the_notice_was_decided_a_whole_length_before_the_deadline(life: Life) -> None:
    notice = life.notices[0][1]
    assert notice.ends_at - notice.decided_at >= NOTICE_SECONDS


def test_the_notice_was_decided_when_it_was_due(whole: Whole, life: Life) -> None:
    decided_at = life.notices[0][1].decided_at
    assert whole.due["notice_at"] <= decided_at <= whole.due["evict_at"] - NOTICE_SECONDS


def test_every_guest_ran_for_its_minimum_uptime(life: Life) -> None:
    assert life.delete_asked_at is not None
    assert life.guest.launched_at is not None
    assert life.delete_asked_at - life.guest.launched_at >= MIN_UPTIME_SECONDS


def test_the_engine_has_one_notice_of_each_and_it_is_done_with(whole: Whole, life: Life) -> None:
    assert [row["state"] for row in whole.notices[life.guest.id]] == ["terminated"]


def test_one_more_spot_instance_is_refused_while_the_others_still_run(whole: Whole) -> None:
    marks = whole.record.marks
    assert marks[Mark.FENCED] < marks[Mark.TURNED_AWAY] < marks[Mark.FIRST_GOING]


def test_the_host_is_empty_before_the_start(whole: Whole) -> None:
    assert Mark.ALL_GONE in whole.record.marks
    assert all(life.here_at <= whole.lease.start_at for life in whole.record.tenants())


def test_the_owner_computes_there_and_then_spot_comes_back(whole: Whole) -> None:
    marks = whole.record.marks
    assert marks[Mark.DECIDED] < marks[Mark.OWNER_ACTIVE] < marks[Mark.ENDED] < marks[Mark.CAME_BACK]


def test_the_demo_would_call_every_promise_kept(whole: Whole) -> None:
    broken: list[Promise] = [promise for promise in promises(whole.record) if not promise.is_kept]
    assert broken == []
