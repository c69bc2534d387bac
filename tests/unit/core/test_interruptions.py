# SPDX-License-Identifier: Apache-2.0
"""What is ordered for one instance: how long its notice is, when it is over, and what reclaims know of it."""

from dataclasses import replace

import pytest

from blazar_spot.core.interruptions import (
    Order,
    called_off,
    is_due,
    is_too_short,
    known_to_reclaims,
    ordered,
    played,
)
from blazar_spot.core.notice import given
from blazar_spot.core.policy import Policy
from blazar_spot.core.promises import Instance, Notice, NoticeState, Purpose
from tests.contract.store import INSTANCE, NOTICE

NOW = 1_800_000_000
POLICY = Policy(min_uptime=1800, notice=900, notice_slack=60, boot_allowance=120)
OLD = replace(INSTANCE, created_at=NOW - 9000, running_since=NOW - 8900, gone_at=None)
YOUNG = replace(OLD, created_at=NOW - 100, running_since=NOW - 50)
SHORT = replace(OLD, notice=100)
INTERRUPTION = replace(NOTICE, purpose=Purpose.INTERRUPTION, decided_at=NOW - 900, deadline_at=NOW, given_at=NOW - 890)
REHEARSAL = replace(INTERRUPTION, purpose=Purpose.REHEARSAL)


def length(order: Order, instance: Instance) -> int:
    return ordered(order, instance, NOW, POLICY, "n1").deadline_at - NOW


def test_what_is_ordered_is_a_notice_like_any_other_but_for_its_purpose() -> None:
    notice = ordered(Order(seconds=30, evicts=True), OLD, NOW, POLICY, "n1")
    assert notice == Notice(
        id="n1",
        instance_id=OLD.id,
        project_id=OLD.project_id,
        host=OLD.host,
        decided_at=NOW,
        deadline_at=NOW + 960,
        given_at=None,
        state=NoticeState.SCHEDULED,
        purpose=Purpose.INTERRUPTION,
    )
    assert ordered(Order(), OLD, NOW, POLICY, "n1").purpose is Purpose.REHEARSAL


@pytest.mark.parametrize(
    ("order", "instance", "expected"),
    [
        (Order(), OLD, 900),
        (Order(), SHORT, 100),
        (Order(seconds=30), OLD, 30),
        (Order(seconds=0), OLD, 1),
        (Order(seconds=5000), OLD, 5000),
        (Order(seconds=30), YOUNG, 30),
        (Order(seconds=30, evicts=True), OLD, 900),
        (Order(seconds=30, evicts=True), SHORT, 100),
        (Order(seconds=5000, evicts=True), YOUNG, 5000),
        (Order(evicts=True), YOUNG, 1750),
        (Order(seconds=30, evicts=True, is_own=True), YOUNG, 30),
        (Order(evicts=True, is_own=True), YOUNG, 900),
    ],
)
def test_its_length_is_what_was_said_and_never_breaks_somebody_elses_promise(
    order: Order, instance: Instance, expected: int
) -> None:
    assert length(order, instance) == expected + POLICY.notice_slack


@pytest.mark.parametrize("policy", [POLICY, replace(POLICY, breaks_promises=True)])
@pytest.mark.parametrize(
    ("order", "after", "expected"),
    [
        (Order(seconds=30), 60, 90),
        (Order(seconds=30), 61, 91),
        (Order(), 60, 960),
        (Order(), 300, 1200),
        (Order(seconds=5000), 300, 5060),
        (Order(seconds=30, evicts=True), 300, 1200),
    ],
)
def test_it_has_its_length_from_when_it_can_be_read(order: Order, after: int, expected: int, policy: Policy) -> None:
    notice = given(ordered(order, OLD, NOW, policy, "n1"), NOW + after, policy)
    assert (notice.given_at, notice.deadline_at) == (NOW + after, NOW + expected)


def test_an_interruption_is_due_when_its_notice_has_run_or_its_holder_lets_it_go() -> None:
    assert is_due(INTERRUPTION, NOW)
    assert not is_due(INTERRUPTION, NOW - 1)
    assert not is_due(replace(INTERRUPTION, given_at=None), NOW)
    assert is_due(replace(INTERRUPTION, ready_at=NOW - 500), NOW - 400)
    for other in (REHEARSAL, replace(INTERRUPTION, purpose=Purpose.RECLAIM)):
        assert not is_due(replace(other, ready_at=NOW), NOW)


def test_reclaims_know_their_own_notices_and_interruptions_that_are_due() -> None:
    own = replace(NOTICE, id="own", instance_id="a")
    due = replace(INTERRUPTION, id="due", instance_id="b")
    coming = replace(INTERRUPTION, id="coming", instance_id="c", deadline_at=NOW + 1)
    rehearsal = replace(REHEARSAL, id="rehearsal", instance_id="d")
    assert known_to_reclaims([own, due, coming, rehearsal], NOW) == {"a": own, "b": due}


def test_a_rehearsal_is_over_at_its_deadline_and_an_interruption_is_not() -> None:
    assert played(REHEARSAL, NOW - 1) == REHEARSAL
    over = replace(REHEARSAL, state=NoticeState.WITHDRAWN, revision=REHEARSAL.revision + 1)
    assert played(REHEARSAL, NOW) == called_off(REHEARSAL) == over
    assert played(INTERRUPTION, NOW + 5000) == INTERRUPTION


@pytest.mark.parametrize(
    ("created", "running", "deadline", "own", "expected"),
    [
        (NOW - 1920, NOW - 1800, NOW, None, False),
        (NOW - 1920, NOW - 1799, NOW, None, True),
        (NOW - 1920, None, NOW, None, True),
        (NOW - 1920, NOW - 1799, NOW - 1, None, False),
        (NOW - 60, NOW - 30, NOW, None, False),
        (NOW - 220, NOW - 99, NOW, 100, True),
        (NOW - 220, NOW - 100, NOW, 100, False),
    ],
)
def test_only_who_was_promised_more_and_booted_slowly_has_run_too_short(
    created: int, running: int | None, deadline: int, own: int | None, *, expected: bool
) -> None:
    instance = replace(OLD, created_at=created, running_since=running, min_uptime=own)
    assert is_too_short(replace(INTERRUPTION, deadline_at=deadline), instance, NOW, POLICY) is expected
