# SPDX-License-Identifier: Apache-2.0
"""The next step of a reclaim follows from what is seen, and from nothing else."""

from dataclasses import replace

import pytest

from blazar_spot.core.planning import followed, planned
from blazar_spot.core.policy import Policy
from blazar_spot.core.promises import Claim, Notice, NoticeState, Reclaim, Standing
from blazar_spot.core.reclaim import ENDED, MAY_FOLLOW, State
from blazar_spot.core.steps import Enter, Evict, Notify, Seen, Step, Wait, next_step
from tests.unit.core.claims import CLAIM, START

POLICY = Policy()
RECLAIM = planned(CLAIM, 60, POLICY, START - 7200)
EMPTY = Seen(is_closed=True, spots=frozenset(), occupants=frozenset(), notices={})
FULL = replace(EMPTY, spots=frozenset({"s1", "s2"}), occupants=frozenset({"s1", "s2"}))


def notice(server: str, *, given: bool = True, deadline_at: int = RECLAIM.evict_at) -> Notice:
    return Notice(
        id=f"n-{server}",
        instance_id=server,
        project_id="p1",
        host="host01",
        decided_at=RECLAIM.notice_at,
        deadline_at=deadline_at,
        given_at=RECLAIM.notice_at if given else None,
        state=NoticeState.SCHEDULED,
    )


TOLD = replace(FULL, notices={"s1": notice("s1"), "s2": notice("s2")})


def step(state: State, seen: Seen, now: int, claim: Claim | None = CLAIM) -> Step:
    return next_step(replace(RECLAIM, state=state), claim, seen, now)


def test_nothing_is_done_before_the_fence() -> None:
    assert isinstance(step(State.PLANNED, EMPTY, RECLAIM.fence_at - 1), Wait)


def test_fenced_only_when_the_pool_was_seen_closed() -> None:
    assert step(State.PLANNED, EMPTY, RECLAIM.fence_at) == Enter(State.FENCED)
    assert isinstance(step(State.PLANNED, replace(EMPTY, is_closed=False), RECLAIM.fence_at), Wait)


def test_no_notice_before_its_instant_nor_for_a_claim_that_is_only_held() -> None:
    assert isinstance(step(State.FENCED, FULL, RECLAIM.notice_at - 1), Wait)
    held = replace(CLAIM, standing=Standing.HELD)
    assert isinstance(step(State.FENCED, FULL, RECLAIM.notice_at, held), Wait)


def test_no_notice_while_the_pool_is_open() -> None:
    assert isinstance(step(State.FENCED, replace(FULL, is_closed=False), RECLAIM.notice_at), Wait)


def test_every_spot_instance_without_a_notice_gets_one() -> None:
    assert step(State.FENCED, FULL, RECLAIM.notice_at) == Notify(frozenset({"s1", "s2"}))
    half = replace(FULL, notices={"s1": notice("s1")})
    assert step(State.NOTIFIED, half, RECLAIM.notice_at) == Notify(frozenset({"s2"}))
    assert step(State.EVICTING, half, RECLAIM.evict_at) == Notify(frozenset({"s2"}))


def test_notified_only_when_every_notice_was_given() -> None:
    waiting = replace(FULL, notices={"s1": notice("s1"), "s2": notice("s2", given=False)})
    assert isinstance(step(State.FENCED, waiting, RECLAIM.notice_at), Wait)
    assert step(State.FENCED, TOLD, RECLAIM.notice_at) == Enter(State.NOTIFIED)


def test_notice_that_could_not_be_given_keeps_no_neighbour_from_its_end() -> None:
    half = replace(FULL, notices={"s1": notice("s1"), "s2": notice("s2", given=False)})
    assert isinstance(step(State.FENCED, half, RECLAIM.evict_at - 1), Wait)
    assert step(State.FENCED, half, RECLAIM.evict_at) == Enter(State.EVICTING)
    assert step(State.EVICTING, half, RECLAIM.evict_at) == Evict(frozenset({"s1"}))


def test_no_delete_before_the_evictions_instant() -> None:
    assert isinstance(step(State.NOTIFIED, TOLD, RECLAIM.evict_at - 1), Wait)
    assert step(State.NOTIFIED, TOLD, RECLAIM.evict_at) == Enter(State.EVICTING)


def test_only_instances_whose_notice_has_run_out_are_deleted() -> None:
    later = replace(FULL, notices={"s1": notice("s1"), "s2": notice("s2", deadline_at=RECLAIM.evict_at + 1)})
    assert step(State.EVICTING, later, RECLAIM.evict_at) == Evict(frozenset({"s1"}))
    not_given = replace(FULL, notices={"s1": notice("s1"), "s2": notice("s2", given=False)})
    assert step(State.EVICTING, not_given, RECLAIM.evict_at) == Evict(frozenset({"s1"}))


READY = replace(notice("s1"), acknowledged_at=RECLAIM.notice_at, ready_at=RECLAIM.notice_at)
CONSENTING = replace(TOLD, notices={**TOLD.notices, "s1": READY})


def test_whoever_is_let_go_by_its_holder_goes_early_and_nobody_else() -> None:
    assert step(State.NOTIFIED, CONSENTING, RECLAIM.notice_at) == Evict(frozenset({"s1"}))
    assert step(State.NOTIFIED, CONSENTING, RECLAIM.evict_at - 1) == Evict(frozenset({"s1"}))
    assert step(State.NOTIFIED, CONSENTING, RECLAIM.evict_at) == Enter(State.EVICTING)
    assert isinstance(step(State.NOTIFIED, TOLD, RECLAIM.notice_at), Wait)


def test_whoever_is_let_go_needs_no_notice_that_could_be_read_and_waits_for_no_neighbours() -> None:
    unread = {"s1": replace(READY, given_at=None), "s2": notice("s2", given=False)}
    for state in (State.FENCED, State.NOTIFIED):
        assert step(state, replace(FULL, notices=unread), RECLAIM.notice_at) == Evict(frozenset({"s1"}))


def test_one_that_goes_early_is_pursued_until_it_is_gone() -> None:
    going = replace(CONSENTING, spots=frozenset({"s2"}), condemned=frozenset({"s1"}), asked=frozenset({"s1"}))
    assert step(State.NOTIFIED, going, RECLAIM.notice_at + 30) == Evict(frozenset({"s1"}))
    gone = replace(TOLD, spots=frozenset({"s2"}), occupants=frozenset({"s2"}), notices={"s2": notice("s2")})
    assert isinstance(step(State.NOTIFIED, gone, RECLAIM.notice_at + 30), Wait)


def test_that_all_are_told_is_recorded_before_one_goes_early() -> None:
    assert step(State.FENCED, CONSENTING, RECLAIM.notice_at) == Enter(State.NOTIFIED)


def test_nobody_goes_early_where_nothing_is_sure() -> None:
    for unsure in (replace(CONSENTING, occupants=None), replace(CONSENTING, is_closed=False)):
        assert isinstance(step(State.NOTIFIED, unsure, RECLAIM.notice_at), Wait)
    held = replace(CLAIM, standing=Standing.HELD)
    assert isinstance(step(State.NOTIFIED, CONSENTING, RECLAIM.notice_at, held), Wait)
    assert isinstance(step(State.NOTIFIED, CONSENTING, RECLAIM.notice_at - 1), Wait)
    assert step(State.NOTIFIED, CONSENTING, RECLAIM.notice_at, None) == Enter(State.CANCELLED)
    untold = replace(CONSENTING, notices={"s1": READY})
    assert step(State.NOTIFIED, untold, RECLAIM.notice_at) == Notify(frozenset({"s2"}))


def test_once_evictions_have_begun_consent_is_as_good_as_a_notice_that_has_run_out() -> None:
    later = {"s1": replace(READY, deadline_at=START + 900), "s2": notice("s2", deadline_at=START + 900)}
    assert step(State.EVICTING, replace(FULL, notices=later), RECLAIM.evict_at) == Evict(frozenset({"s1"}))


def test_it_is_verifying_when_every_delete_was_accepted_and_only_then() -> None:
    half = replace(TOLD, asked=frozenset({"s1"}))
    assert step(State.EVICTING, half, RECLAIM.evict_at) == Evict(TOLD.spots)
    assert step(State.EVICTING, replace(TOLD, asked=TOLD.spots), RECLAIM.evict_at) == Enter(State.VERIFYING)
    assert step(State.VERIFYING, half, RECLAIM.evict_at) == Enter(State.EVICTING)
    assert step(State.VERIFYING, replace(TOLD, asked=TOLD.spots), RECLAIM.evict_at) == Evict(TOLD.spots)


def test_whoever_has_no_promise_is_deleted_without_a_notice_but_not_before_the_instant() -> None:
    condemned = replace(EMPTY, condemned=frozenset({"s3"}), occupants=frozenset({"s3"}))
    assert step(State.FENCED, condemned, RECLAIM.notice_at) == Enter(State.NOTIFIED)
    assert isinstance(step(State.NOTIFIED, condemned, RECLAIM.evict_at - 1), Wait)
    assert step(State.EVICTING, condemned, RECLAIM.evict_at) == Evict(frozenset({"s3"}))


def test_a_move_away_is_confirmed_when_evictions_begin() -> None:
    moved = replace(EMPTY, moved=frozenset({"s4"}), occupants=frozenset({"migration"}))
    assert isinstance(step(State.NOTIFIED, moved, RECLAIM.evict_at - 1), Wait)
    assert step(State.VERIFYING, moved, RECLAIM.evict_at) == Evict(frozenset(), frozenset({"s4"}))


def test_ready_only_by_seeing_a_clean_host() -> None:
    assert step(State.EVICTING, EMPTY, RECLAIM.evict_at) == Enter(State.VERIFYING)
    assert step(State.VERIFYING, EMPTY, RECLAIM.evict_at) == Enter(State.READY)
    assert isinstance(step(State.VERIFYING, replace(EMPTY, occupants=None), RECLAIM.evict_at), Wait)


def test_nobody_is_made_to_leave_a_host_that_cannot_be_looked_at() -> None:
    moved = replace(EMPTY, moved=frozenset({"s4"}), occupants=frozenset({"migration"}))
    for state, seen in ((State.EVICTING, TOLD), (State.OVERDUE, TOLD), (State.VERIFYING, moved)):
        assert isinstance(step(state, seen, RECLAIM.evict_at), Evict)
        assert isinstance(step(state, replace(seen, occupants=None), RECLAIM.evict_at), Wait)


def test_stranger_on_the_host_is_waited_for_and_never_deleted() -> None:
    stranger = replace(EMPTY, occupants=frozenset({"stranger"}))
    for state in (State.VERIFYING, State.OVERDUE):
        assert isinstance(step(state, stranger, RECLAIM.start_at - 1), Wait)
    assert step(State.VERIFYING, stranger, RECLAIM.start_at) == Enter(State.OVERDUE)


def test_overdue_keeps_trying_and_recovers() -> None:
    assert step(State.OVERDUE, TOLD, RECLAIM.start_at) == Evict(TOLD.spots)
    assert step(State.OVERDUE, EMPTY, RECLAIM.start_at) == Enter(State.READY)


def test_ready_host_that_is_taken_again_is_worked_on_again() -> None:
    assert step(State.READY, FULL, RECLAIM.evict_at) == Enter(State.EVICTING)
    assert isinstance(step(State.READY, replace(EMPTY, occupants=None), RECLAIM.evict_at), Wait)


@pytest.mark.parametrize("state", sorted(set(State) - ENDED))
def test_withdrawn_claim_cancels_and_a_past_one_expires_from_everywhere(state: State) -> None:
    assert step(state, TOLD, RECLAIM.notice_at, None) == Enter(State.CANCELLED)
    assert step(state, TOLD, CLAIM.end_at) == Enter(State.EXPIRED)
    assert {State.CANCELLED, State.EXPIRED} <= MAY_FOLLOW[state]


@pytest.mark.parametrize("state", sorted(ENDED))
def test_nothing_follows_an_end(state: State) -> None:
    assert not MAY_FOLLOW[state]


def test_every_state_can_be_reached_and_none_is_missing_from_the_table() -> None:
    assert MAY_FOLLOW.keys() == set(State)
    assert set().union(*MAY_FOLLOW.values()) == set(State)


def test_moved_claim_moves_its_instants_and_walks_its_life_again() -> None:
    later = replace(CLAIM, start_at=START + 600)
    after = followed(replace(RECLAIM, state=State.NOTIFIED), later, POLICY, START)
    assert after.state is State.PLANNED
    assert after.lead == RECLAIM.lead
    assert (after.evict_at, after.notice_at, after.fence_at) == (
        RECLAIM.evict_at + 600,
        RECLAIM.notice_at + 600,
        RECLAIM.fence_at + 600,
    )


@pytest.mark.parametrize("state", sorted(set(State) - ENDED))
def test_moved_claim_walks_its_life_again_wherever_it_stood(state: State) -> None:
    later = replace(CLAIM, start_at=START + 600)
    assert followed(replace(RECLAIM, state=state), later, POLICY, START).state is State.PLANNED
    assert state is State.PLANNED or State.PLANNED in MAY_FOLLOW[state]


@pytest.mark.parametrize("state", list(State))
def test_claim_that_did_not_move_changes_nothing(state: State) -> None:
    reclaim: Reclaim = replace(RECLAIM, state=state)
    assert followed(reclaim, CLAIM, POLICY, START) is reclaim
