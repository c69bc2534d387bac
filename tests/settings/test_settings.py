# SPDX-License-Identifier: Apache-2.0
"""Promises hold whatever the operator has chosen, or it is on record why one does not."""

import pytest

from blazar_spot.demo.compressed_time import MIN_UPTIME_SECONDS, NOTICE_SECONDS
from blazar_spot.demo.sights import Lease
from tests.e2e.lanes import Played
from tests.e2e.programme import ON_TIME_SECONDS
from tests.settings.stories import DELETE_P99_SECONDS, Breached, Failed, Soft


@pytest.fixture(scope="module")
def soft(played: Played) -> Soft:
    seen: Soft = played["soft"].result()
    return seen


@pytest.fixture(scope="module")
def breached(played: Played) -> Breached:
    seen: Breached = played["breached"].result()
    return seen


@pytest.fixture(scope="module")
def failing(played: Played) -> Failed:
    seen: Failed = played["failing"].result()
    return seen


def test_where_deletes_are_soft_a_lease_is_active_on_time_on_an_empty_host(soft: Soft) -> None:
    assert soft.was_soft_deleted
    lease = soft.decided.lease
    assert lease is not None
    assert (lease.status, lease.is_degraded) == ("ACTIVE", False)
    assert 0 <= soft.decided.at - lease.start_at <= ON_TIME_SECONDS
    assert soft.left_behind == set()


def test_the_one_that_ran_was_told_and_had_its_time(soft: Soft) -> None:
    assert soft.life.decisions == 1
    assert soft.life.deadline_at is not None
    assert soft.delete_asked_at is not None
    assert soft.delete_asked_at >= soft.life.deadline_at


def test_a_delete_that_only_marks_is_followed_by_one_that_does_not_at_once(soft: Soft) -> None:
    """And not when the first one has had the time of a slow delete."""
    assert 0 < soft.forced_after < DELETE_P99_SECONDS


def test_the_host_comes_back_empty_although_the_owners_server_could_be_restored(soft: Soft) -> None:
    assert soft.owners.status == "ACTIVE"
    assert soft.back.serves == ("freepool",)
    assert soft.left_at_last == set()


def test_a_lease_that_may_break_promises_is_taken_and_becomes_whole(breached: Breached) -> None:
    assert isinstance(breached.answer, Lease)
    assert "ERROR" not in {status for status, _ in breached.statuses}
    assert breached.whole.serves == (breached.answer.reservation_id,)
    assert breached.left_behind == set()


def test_the_broken_promise_is_on_record_and_the_guest_went_without_its_time(breached: Breached) -> None:
    assert breached.breaches == ["overridden"]
    assert breached.delete_asked_at is not None
    assert breached.life.guest.launched_at is not None
    assert breached.delete_asked_at - breached.life.guest.launched_at < MIN_UPTIME_SECONDS


def test_a_lease_whose_host_fails_after_the_notice_gets_another_one_and_is_whole(failing: Failed) -> None:
    assert "ERROR" not in {status for status, _ in failing.statuses}
    assert failing.served == (failing.lease.reservation_id,)
    assert failing.left_behind == set()


def test_the_guest_of_the_other_host_has_its_whole_notice_and_uptime(failing: Failed) -> None:
    assert failing.other.decisions == 1
    assert failing.other_delete_asked_at is not None
    assert failing.other.guest.launched_at is not None
    notice = failing.other.notices[-1][1]
    assert notice.ends_at - notice.decided_at >= NOTICE_SECONDS
    assert failing.other_delete_asked_at >= notice.ends_at
    assert failing.other_delete_asked_at - failing.other.guest.launched_at >= MIN_UPTIME_SECONDS


def test_the_guest_of_the_failed_host_is_told_that_it_stays(failing: Failed) -> None:
    assert failing.failed.decisions == 1
    assert failing.failed.withdrawn_at is not None
    assert failing.failed_delete_asked_at is None


def test_a_lease_that_could_not_be_whole_at_its_start_is_on_record(failing: Failed) -> None:
    """Blazar looks for leases to start every ten seconds, and may find one whole that was not at its start."""
    assert failing.other_delete_asked_at is not None
    if failing.breaches:
        assert failing.other_delete_asked_at > failing.lease.start_at - 10, "there was no time for the delete"
    else:
        assert ("ACTIVE", True) not in failing.statuses
