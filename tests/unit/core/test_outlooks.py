# SPDX-License-Identifier: Apache-2.0
"""What an instance has to expect, and why one has ended."""

from dataclasses import replace

import pytest

from blazar_spot.core.evictions import Eviction, Measure, Outcome
from blazar_spot.core.notice import deadline
from blazar_spot.core.outlooks import coming, ended, mark_of
from blazar_spot.core.pages import Mark
from blazar_spot.core.policy import Policy
from blazar_spot.core.promises import Instance, NoticeState, Purpose
from blazar_spot.core.record import Cause, breach
from tests.contract.read_store import NOON, instance, notice

POLICY = Policy(min_uptime=1800, notice=900)
YOUNG = instance("young", created_at=NOON - 60, running_since=NOON - 30)
OLD = instance("old", created_at=NOON - 9000, running_since=NOON - 8000)
NOTICE = notice("notice", "old", deadline_at=NOON + 700)
EVICTION = Eviction(
    id="old", host="gpu-1", asked_at=NOON, measure=Measure.DELETE, tried_at=NOON, outcome=Outcome.ACCEPTED
)


def test_a_young_instance_is_promised_its_uptime_and_an_old_one_its_notice() -> None:
    assert coming(YOUNG, None, None, NOON, POLICY).guaranteed_until == NOON - 30 + 1800
    assert coming(OLD, None, None, NOON, POLICY).guaranteed_until == NOON + 900


def test_who_was_told_is_promised_what_was_said() -> None:
    assert coming(OLD, NOTICE, NOON, NOON, POLICY).guaranteed_until == NOON + 700


@pytest.mark.parametrize("one", [YOUNG, OLD, replace(YOUNG, running_since=None), replace(OLD, notice=60)])
@pytest.mark.parametrize("told_at", [NOON, NOON + 50, NOON + 5000])
def test_what_is_promised_never_moves_earlier_not_even_when_it_is_told(one: Instance, told_at: int) -> None:
    shown = [coming(one, None, None, now, POLICY).guaranteed_until for now in range(NOON, told_at + 1, 10)]
    told = replace(NOTICE, deadline_at=deadline(one, NOON, told_at, POLICY))
    shown.append(coming(one, told, NOON, told_at, POLICY).guaranteed_until)
    assert None not in shown
    assert shown == sorted(shown, key=lambda until: until or 0)


def test_who_was_told_goes_by_what_was_said_also_if_no_reservation_wants_the_host() -> None:
    assert coming(OLD, NOTICE, None, NOON, POLICY).expected_until == NOON + 700


def test_after_a_withdrawal_there_is_still_a_notice_to_come() -> None:
    put_off = replace(NOTICE, deadline_at=NOON + 90_000)
    assert coming(OLD, put_off, None, NOON, POLICY).guaranteed_until == NOON + 90_000
    assert coming(OLD, None, None, NOON, POLICY).guaranteed_until == NOON + POLICY.notice


def test_it_runs_until_its_host_is_wanted_and_never_shorter_than_promised() -> None:
    assert coming(OLD, None, None, NOON, POLICY).expected_until is None
    assert coming(OLD, None, NOON + 5000, NOON, POLICY).expected_until == NOON + 5000
    assert coming(OLD, None, NOON + 10, NOON, POLICY).expected_until == NOON + 900


def test_who_was_made_to_go_reads_why_when_and_what_was_said_before() -> None:
    gone = replace(OLD, gone_at=NOON + 5)
    told = replace(NOTICE, state=NoticeState.TERMINATED)
    broken = breach(Cause.OVERRIDDEN, NOON + 1, "reclaim", "gpu-1", "old")
    said = ended(gone, told, EVICTION, [broken])
    assert said.why == (
        "Its host was needed for a reservation or for maintenance: it was made to go at 2027-01-15T08:00:00Z. "
        "It had been told at 2027-01-15T08:00:00Z that it might run until 2027-01-15T08:11:40Z. "
        "A promise to it was broken at 2027-01-15T08:00:01Z (overridden)."
    )
    assert (said.guaranteed_until, said.expected_until) == (None, None)
    assert (said.instance, said.notice) == (gone, told)


def test_who_went_by_itself_reads_that() -> None:
    gone = replace(OLD, gone_at=NOON)
    assert ended(gone, None, None, []).why == ("It was deleted by its owner or has failed: nobody else made it go.")
    withdrawn = ended(gone, replace(NOTICE, state=NoticeState.WITHDRAWN), None, []).why
    assert withdrawn.endswith("which was withdrawn.")
    let_go = ended(gone, replace(NOTICE, state=NoticeState.TERMINATED, ready_at=NOON), EVICTION, []).why
    assert let_go.endswith("and its holder let it go before that.")


def test_a_rehearsal_takes_nothing_from_what_is_promised() -> None:
    rehearsal = replace(NOTICE, deadline_at=NOON + 60, purpose=Purpose.REHEARSAL)
    plain = coming(OLD, None, None, NOON, POLICY)
    assert coming(OLD, rehearsal, None, NOON, POLICY) == replace(plain, notice=rehearsal)
    interruption = replace(rehearsal, purpose=Purpose.INTERRUPTION)
    assert coming(OLD, interruption, None, NOON, POLICY).guaranteed_until == NOON + 60


def test_who_was_interrupted_by_order_reads_that() -> None:
    told = replace(NOTICE, state=NoticeState.TERMINATED, purpose=Purpose.INTERRUPTION)
    assert ended(replace(OLD, gone_at=NOON), told, EVICTION, []).why.startswith(
        "Somebody had ordered to interrupt it: it was made to go at 2027-01-15T08:00:00Z."
    )


def test_an_interruption_that_is_ordered_far_ahead_promises_nothing_that_a_reservation_could_break() -> None:
    ordered = replace(NOTICE, purpose=Purpose.INTERRUPTION, deadline_at=NOON + 700_000)
    assert coming(OLD, ordered, None, NOON, POLICY).guaranteed_until == NOON + POLICY.notice
    soon = replace(ordered, deadline_at=NOON + 60)
    assert coming(OLD, soon, None, NOON, POLICY).guaranteed_until == NOON + 60


def test_those_that_have_ended_stand_where_they_did_and_all_others_by_their_ids() -> None:
    assert coming(OLD, None, None, NOON, POLICY).mark == Mark(0, "old")
    assert mark_of(replace(OLD, gone_at=NOON)) == Mark(NOON, "old")
