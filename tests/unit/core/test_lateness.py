# SPDX-License-Identifier: Apache-2.0
"""Of all that can make a host late, the record names what explains the most."""

from dataclasses import replace

import pytest

from blazar_spot.core.evictions import Eviction, Measure, Outcome
from blazar_spot.core.lateness import is_fence_late, is_short, is_unfenced, why_late
from blazar_spot.core.policy import Policy
from blazar_spot.core.promises import Instance, Notice, NoticeState, Reclaim
from blazar_spot.core.reclaim import State
from blazar_spot.core.record import Cause
from blazar_spot.core.steps import Seen

START = 1_800_000_000
POLICY = Policy(notice_slack=60)
RECLAIM = Reclaim(
    id="c1",
    host="h1",
    state=State.EVICTING,
    fence_at=START - 1980,
    notice_at=START - 1020,
    evict_at=START - 60,
    start_at=START,
    planned_at=START - 7200,
)


def notice(deadline_at: int) -> Notice:
    return Notice(
        id="n1",
        instance_id="s1",
        project_id="p1",
        host="h1",
        decided_at=0,
        deadline_at=deadline_at,
        given_at=0,
        state=NoticeState.SCHEDULED,
    )


def eviction(measure: Measure) -> Eviction:
    return Eviction(id="s1", host="h1", asked_at=0, measure=measure, tried_at=0, outcome=Outcome.ACCEPTED)


SEEN = Seen(
    is_closed=True,
    spots=frozenset({"s1", "s2"}),
    occupants=frozenset({"s1", "s2"}),
    notices={"s1": notice(RECLAIM.evict_at)},
)


@pytest.mark.parametrize(("own", "promised"), [(None, 1800), (600, 600), (9000, 1800)])
def test_an_instance_has_run_short_until_its_promised_uptime_is_over(own: int | None, promised: int) -> None:
    instance = Instance(
        id="s1",
        host="h1",
        project_id="p1",
        name="spot",
        flavor="f",
        created_at=START - 9,
        running_since=START,
        min_uptime=own,
    )
    assert is_short(instance, START + promised - 1, POLICY)
    assert not is_short(instance, START + promised, POLICY)
    assert is_short(replace(instance, running_since=None), START + 9000, POLICY)


def test_a_fence_may_be_late_by_the_slack_and_no_more() -> None:
    assert not is_fence_late(RECLAIM, POLICY, RECLAIM.fence_at + 60)
    assert is_fence_late(RECLAIM, POLICY, RECLAIM.fence_at + 61)


def test_a_host_on_which_nobody_but_the_unproven_is_named_is_late_because_of_them() -> None:
    for unproven in (SEEN.spots, SEEN.spots | {"s3"}):
        assert why_late(RECLAIM, replace(SEEN, unproven=unproven), ["s1"], [], []) is Cause.UNPROVEN
    assert why_late(RECLAIM, replace(SEEN, unproven=frozenset({"s1"})), ["s2"], [], []) is Cause.STRANGER


def test_a_notice_that_nobody_needs_to_its_end_makes_no_host_late() -> None:
    runs = replace(notice(RECLAIM.evict_at + 1), ready_at=None)
    for told, cause in ((runs, Cause.NOTICE_RUNS), (replace(runs, ready_at=START), Cause.LEAD_SHORT)):
        assert why_late(RECLAIM, replace(SEEN, notices={"s1": told}), [], [], []) is cause


@pytest.mark.parametrize(("known_after", "is_late"), [(-1, True), (0, True), (1, False)])
def test_a_fence_is_late_only_if_it_was_known_in_time(known_after: int, is_late: bool) -> None:
    known = replace(RECLAIM, planned_at=RECLAIM.fence_at + known_after)
    assert is_fence_late(known, POLICY, RECLAIM.fence_at + 61) is is_late


def test_a_fence_of_which_nobody_wrote_down_when_it_was_known_is_never_late() -> None:
    assert not is_fence_late(replace(RECLAIM, planned_at=None), POLICY, RECLAIM.start_at)


def test_whoever_came_behind_the_fence_came_unfenced() -> None:
    for reclaim in (RECLAIM, replace(RECLAIM, planned_at=None)):
        assert not is_unfenced(reclaim, RECLAIM.fence_at)
        assert is_unfenced(reclaim, RECLAIM.fence_at + 1)


def test_nobody_came_unfenced_before_the_reclaim_was_known() -> None:
    late = replace(RECLAIM, planned_at=RECLAIM.fence_at + 100)
    assert not is_unfenced(late, RECLAIM.fence_at + 100)
    assert is_unfenced(late, RECLAIM.fence_at + 101)


def test_the_fence_of_the_very_first_second_counts() -> None:
    first = replace(RECLAIM, fence_at=-5, planned_at=None)
    assert [is_unfenced(first, second) for second in (0, 1)] == [False, True]


def test_each_cause_is_named_unless_one_before_it_explains_more() -> None:
    seen, strangers, unfenced, evictions = SEEN, set[str](), set[str](), [eviction(Measure.RESET)]
    assert why_late(RECLAIM, seen, strangers, unfenced, evictions) is Cause.LEAD_SHORT
    evictions = [eviction(Measure.RESET), eviction(Measure.ALARM)]
    assert why_late(RECLAIM, seen, strangers, unfenced, evictions) is Cause.STUCK
    seen = replace(seen, notices={"s1": notice(RECLAIM.evict_at + 1)})
    assert why_late(RECLAIM, seen, strangers, unfenced, evictions) is Cause.NOTICE_RUNS
    unfenced = {"s2"}
    assert why_late(RECLAIM, seen, strangers, unfenced, evictions) is Cause.UNFENCED_BOOT
    strangers = {"x"}
    assert why_late(RECLAIM, seen, strangers, unfenced, evictions) is Cause.STRANGER
    seen = replace(seen, unproven=frozenset({"s1", "s2", "s3"}))
    assert why_late(RECLAIM, seen, strangers, unfenced, evictions) is Cause.UNPROVEN
    seen = replace(seen, occupants=None)
    assert why_late(RECLAIM, seen, strangers, unfenced, evictions) is Cause.NOT_SEEN


def test_the_notice_of_somebody_who_is_not_there_explains_nothing() -> None:
    gone = replace(SEEN, notices={"s9": notice(RECLAIM.evict_at + 1)})
    assert why_late(RECLAIM, gone, (), (), ()) is Cause.LEAD_SHORT
