# SPDX-License-Identifier: Apache-2.0
"""What is ordered over HTTP keeps every promise: a host that is drained, an end that is rehearsed."""

import pytest

from blazar_spot.core.instants import from_iso
from blazar_spot.demo.compressed_time import METADATA_CACHE_SECONDS, MIN_UPTIME_SECONDS, NOTICE_SECONDS
from tests.e2e.lanes import Played
from tests.e2e.orders import REHEARSAL_SECONDS, Drained, Rehearsed


@pytest.fixture(scope="module")
def drained(played: Played) -> Drained:
    seen: Drained = played["drained"].result()
    return seen


@pytest.fixture(scope="module")
def rehearsed(played: Played) -> Rehearsed:
    seen: Rehearsed = played["rehearsed"].result()
    return seen


def test_a_drain_that_would_break_a_promise_is_refused_with_the_first_instant_that_does_not(drained: Drained) -> None:
    status, error = drained.hurried
    assert (status, error["code"]) == (409, "promise_broken")
    assert drained.life.guest.launched_at is not None
    assert from_iso(error["earliest_at"]) > drained.life.guest.launched_at + MIN_UPTIME_SECONDS


def test_the_guest_reads_one_notice_of_full_length(drained: Drained) -> None:
    assert drained.life.decisions == 1
    assert not drained.life.was_hurried
    assert drained.life.unread_at is not None
    notice = drained.life.notices[0][1]
    assert notice.ends_at - notice.decided_at >= NOTICE_SECONDS
    assert notice.ends_at - drained.life.unread_at >= NOTICE_SECONDS - METADATA_CACHE_SECONDS


def test_it_is_not_evicted_before_its_instant_nor_before_its_minimum_uptime(drained: Drained) -> None:
    assert drained.life.deadline_at is not None
    assert drained.life.guest.launched_at is not None
    assert drained.deletion_asked_at >= drained.life.deadline_at
    assert drained.deletion_asked_at >= drained.life.guest.launched_at + MIN_UPTIME_SECONDS


def test_the_host_is_empty_when_it_was_said_to_be_and_shows_that(drained: Drained) -> None:
    assert drained.states[0] == "draining"
    assert set(drained.states) <= {"draining", "drained"}
    assert drained.states[-1] == "drained"
    assert drained.empty.is_closed
    assert drained.empty.serves == ("freepool",)
    assert drained.life.here_at <= from_iso(drained.ordered["by"])


def test_opened_again_it_boots_spot(drained: Drained) -> None:
    assert drained.opened == 204
    assert (drained.newcomer.status, drained.newcomer.is_spot) == ("ACTIVE", True)


def test_a_rehearsal_is_read_like_a_notice_and_read_no_more_when_it_is_over(rehearsed: Rehearsed) -> None:
    read_at, notice = rehearsed.life.notices[0]
    assert notice.ends_at == from_iso(rehearsed.answer["not_before"])
    assert notice.ends_at - notice.decided_at >= REHEARSAL_SECONDS
    assert rehearsed.life.decisions == 1
    assert rehearsed.life.withdrawn_at is not None
    assert rehearsed.life.withdrawn_at >= notice.ends_at > read_at


def test_nobody_is_deleted_for_it_and_one_at_a_time_is_enough(rehearsed: Rehearsed) -> None:
    assert rehearsed.after is not None
    assert (rehearsed.after.status, rehearsed.deletion_asked_at) == ("ACTIVE", None)
    assert (rehearsed.again[0], rehearsed.again[1]["code"]) == (409, "already_noticed")
    assert [(one["purpose"], one["state"]) for one in rehearsed.notices] == [("rehearsal", "withdrawn")]
