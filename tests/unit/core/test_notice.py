# SPDX-License-Identifier: Apache-2.0
"""A notice's deadline only ever moves later."""

from dataclasses import replace

from blazar_spot.core.notice import SCHEDULED_KEY, TERMINATION_KEY, acknowledged, deadline, given, metadata, revised
from blazar_spot.core.policy import Policy
from blazar_spot.core.promises import Instance, Notice, NoticeState, Purpose, Reclaim
from blazar_spot.core.reclaim import State

NOW = 1_800_000_000
POLICY = Policy(min_uptime=1800, notice=900, notice_slack=60, boot_allowance=120)
INSTANCE = Instance(
    id="s1",
    host="host01",
    project_id="p1",
    name="spot",
    flavor="f",
    created_at=NOW - 7200,
    running_since=NOW - 7000,
)
NOTICE = Notice(
    id="n1",
    instance_id="s1",
    project_id="p1",
    host="host01",
    decided_at=NOW,
    deadline_at=NOW + 960,
    given_at=None,
    state=NoticeState.SCHEDULED,
)


def reclaim(evict_at: int) -> Reclaim:
    return Reclaim(
        id="c1",
        host="host01",
        state=State.FENCED,
        fence_at=evict_at - 1920,
        notice_at=evict_at - 960,
        evict_at=evict_at,
        start_at=evict_at + 60,
    )


def test_deadline_is_the_reclaims_when_that_keeps_both_promises() -> None:
    assert deadline(INSTANCE, NOW + 960, NOW, POLICY) == NOW + 960


def test_deadline_is_later_when_the_notice_comes_late() -> None:
    assert deadline(INSTANCE, NOW + 100, NOW, POLICY) == NOW + 900


def test_an_end_is_later_than_its_decision_whatever_was_promised() -> None:
    nothing = replace(INSTANCE, min_uptime=0, notice=0)
    assert deadline(nothing, NOW - 10, NOW, POLICY) == NOW + 1
    assert deadline(INSTANCE, NOW - 10, NOW, replace(POLICY, breaks_promises=True)) == NOW + 1


def test_deadline_is_later_when_the_instance_is_young() -> None:
    young = replace(INSTANCE, created_at=NOW - 60, running_since=NOW - 10)
    assert deadline(young, NOW + 960, NOW, POLICY) == NOW - 10 + 1800


def test_deadline_of_a_slow_boot_counts_from_the_end_of_its_boot_allowance() -> None:
    slow = replace(INSTANCE, created_at=NOW - 600, running_since=NOW - 10)
    assert deadline(slow, NOW + 960, NOW, POLICY) == NOW - 600 + POLICY.boot_allowance + 1800


def test_instance_in_build_is_counted_from_its_boot_allowance() -> None:
    building = replace(INSTANCE, created_at=NOW - 5, running_since=None)
    assert deadline(building, NOW + 960, NOW, POLICY) == NOW - 5 + 120 + 1800


def test_notice_that_could_be_read_late_runs_from_there() -> None:
    assert given(NOTICE, NOW + 30, POLICY).deadline_at == NOW + 960
    assert given(NOTICE, NOW + 90, POLICY).deadline_at == NOW + 990


def test_a_notice_that_may_break_promises_keeps_its_deadline_however_late_it_is_read() -> None:
    breaking = replace(POLICY, breaks_promises=True)
    assert given(NOTICE, NOW + 90, breaking) == replace(NOTICE, given_at=NOW + 90)


def test_an_instance_of_a_shorter_flavor_counts_on_its_own_terms() -> None:
    own = replace(INSTANCE, created_at=NOW - 60, running_since=NOW - 10, min_uptime=200, notice=300)
    assert deadline(own, NOW + 100, NOW, POLICY) == NOW + 300
    assert deadline(replace(own, min_uptime=600), NOW + 100, NOW, POLICY) == NOW - 10 + 600
    assert given(NOTICE, NOW + 700, POLICY, own=300).deadline_at == NOW + 1000


def test_what_was_ordered_of_a_shorter_flavor_runs_no_longer_than_the_flavor_says() -> None:
    rehearsal = replace(NOTICE, purpose=Purpose.REHEARSAL)
    assert given(rehearsal, NOW + 700, POLICY, own=300).deadline_at == NOW + 1000


def test_notice_remembers_since_when_it_could_be_read() -> None:
    assert given(NOTICE, NOW + 30, POLICY).given_at == NOW + 30


def test_notice_whose_deadline_stays_is_no_new_revision() -> None:
    assert given(NOTICE, NOW + 60, POLICY).revision == NOTICE.revision
    assert revised(NOTICE, [reclaim(NOTICE.deadline_at)]) is NOTICE


def test_notice_is_withdrawn_when_nobody_wants_the_host() -> None:
    after = revised(NOTICE, [])
    assert after.state is NoticeState.WITHDRAWN
    assert after.revision == 2


def test_notice_follows_the_earliest_reclaim_to_a_later_instant() -> None:
    after = revised(NOTICE, [reclaim(NOW + 5000), reclaim(NOW + 3000)])
    assert after.deadline_at == NOW + 3000
    assert after.revision == 2
    assert after.id == NOTICE.id


def test_notice_never_moves_earlier() -> None:
    assert revised(NOTICE, [reclaim(NOW + 100)]) == NOTICE


def test_an_acknowledged_notice_says_since_when_and_keeps_its_deadline() -> None:
    known = acknowledged(NOTICE, NOW + 30, is_ready=False)
    assert known == replace(NOTICE, acknowledged_at=NOW + 30, revision=2)
    ready = acknowledged(known, NOW + 40, is_ready=True)
    assert ready == replace(known, ready_at=NOW + 40, revision=3)
    assert acknowledged(NOTICE, NOW + 40, is_ready=True) == replace(
        NOTICE, acknowledged_at=NOW + 40, ready_at=NOW + 40, revision=2
    )


def test_what_was_said_once_is_not_changed_by_saying_it_or_less_again() -> None:
    known = acknowledged(NOTICE, NOW + 30, is_ready=False)
    ready = acknowledged(known, NOW + 40, is_ready=True)
    assert acknowledged(known, NOW + 50, is_ready=False) is known
    for is_ready in (False, True):
        assert acknowledged(ready, NOW + 50, is_ready=is_ready) is ready


def test_guest_reads_when_it_was_decided_and_when_it_ends() -> None:
    assert metadata(NOTICE) == {SCHEDULED_KEY: str(NOW), TERMINATION_KEY: str(NOW + 960)}
