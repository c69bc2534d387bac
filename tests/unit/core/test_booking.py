# SPDX-License-Identifier: Apache-2.0
"""What the planner is asked for a booking, and what people are told when it refuses."""

from dataclasses import replace

import pytest

from blazar_spot.core.booking import (
    Candidate,
    Part,
    Wish,
    cheapest_first,
    left_over,
    refusal,
    request,
    snapshot,
    without_promises,
)
from blazar_spot.core.model import Blocker, Host, HostRequest, Plan, Reservation, Rules, SlotRequest, Spot
from blazar_spot.core.policy import Policy
from blazar_spot.core.promises import Instance, Notice, NoticeState

NOW = 1_800_000_000  # 2027-01-15 08:00 UTC
WISH = Wish(start_at=NOW + 7200, end_at=NOW + 9000, count_min=2, count_max=3)
POLICY = Policy(min_uptime=1800, notice=900, notice_slack=60, boot_allowance=120, spots_per_host=20, parallel_deletes=1)
LEAD = POLICY.lead_for_hosts(3)
SLOTS = replace(WISH, count_min=3, size={"GPU": 2, "VCPU": 4}, affinity=False)
INSTANCE = Instance(
    id="s1", host="h1", project_id="p", name="n", flavor="f", created_at=NOW - 5000, running_since=NOW - 4950
)
NOTICE = Notice(
    id="n1",
    instance_id="s1",
    project_id="p1",
    host="h1",
    decided_at=NOW,
    deadline_at=NOW + 960,
    given_at=None,
    state=NoticeState.SCHEDULED,
)


def test_the_planner_is_asked_for_whole_hosts_in_the_window() -> None:
    assert request(WISH) == HostRequest(start=WISH.start_at, end=WISH.end_at, count_min=2, count_max=3)


def test_the_state_to_decide_on_is_that_of_the_candidates() -> None:
    candidates = [Candidate("h1", "compute1", ((10, 20), (30, 40))), Candidate("h2", "compute2")]
    state = snapshot(WISH, iter(candidates), [INSTANCE], {}, LEAD, POLICY, NOW)
    assert state.now == NOW
    assert state.rules == Rules(notice=960, min_uptime=1800, lead=LEAD)
    assert state.hosts == (Host("h1", {}), Host("h2", {}))
    assert state.reservations == (Reservation("h1/10", "h1", 10, 20), Reservation("h1/30", "h1", 30, 40))
    assert state.spots == (Spot("s1", "h1", {}, launched_at=NOW - 4950, cost=4950),)


def test_the_planner_is_asked_for_slots_if_they_have_a_size() -> None:
    assert request(SLOTS) == SlotRequest(
        start=WISH.start_at, end=WISH.end_at, count=3, size={"GPU": 2, "VCPU": 4}, affinity=False
    )


def test_slots_take_a_part_of_a_host_and_without_a_size_it_is_all_of_it() -> None:
    assert SLOTS.room(3) == {"GPU": 6, "VCPU": 12}
    assert WISH.room(3) is None


def test_of_the_state_only_what_is_asked_for_counts() -> None:
    room = {"GPU": 2, "DISK_GB": 9}
    parts = (Part(10, 20, room), Part(10, 30, {"GPU": 1}))
    candidates = [Candidate("h1", "c1", ((50, 60),), {"GPU": 8, "VCPU": 64, "DISK_GB": 500}, parts)]
    small = replace(INSTANCE, size={"GPU": 1, "DISK_GB": 50})
    elsewhere = replace(INSTANCE, id="s3", host="h3")
    state = snapshot(SLOTS, candidates, [small, replace(INSTANCE, id="s2"), elsewhere], {}, LEAD, POLICY, NOW)
    assert state.hosts == (Host("h1", {"GPU": 8, "VCPU": 64}),)
    assert [spot.size for spot in state.spots] == [{"GPU": 1}, {"GPU": 8, "VCPU": 64}, {}]
    assert state.reservations == (
        Reservation("h1/50", "h1", 50, 60),
        Reservation("h1/10/0", "h1", 10, 20, {"GPU": 2}),
        Reservation("h1/10/1", "h1", 10, 30, {"GPU": 1}),
    )


def test_an_instance_that_was_told_goes_when_it_was_told() -> None:
    state = snapshot(WISH, [], [INSTANCE, replace(INSTANCE, id="s2")], {"s1": NOTICE}, LEAD, POLICY, NOW)
    assert [spot.evict_at for spot in state.spots] == [NOW + 960, None]


def test_an_instance_has_its_flavors_own_terms_and_the_slack_of_everybodys_notice() -> None:
    own = replace(INSTANCE, min_uptime=300, notice=60)
    (spot,) = snapshot(WISH, [], [own], {}, LEAD, POLICY, NOW).spots
    assert (spot.min_uptime, spot.notice) == (300, 120)


def test_an_instance_that_has_not_run_yet_is_counted_from_its_boot_allowance_and_costs_nothing() -> None:
    building = replace(INSTANCE, created_at=NOW - 20, running_since=None)
    (spot,) = snapshot(WISH, [], [building], {}, LEAD, POLICY, NOW).spots
    assert (spot.launched_at, spot.cost) == (NOW + 100, 0)


def test_hosts_that_cannot_be_free_are_in_the_order_of_their_names() -> None:
    busy = ((WISH.start_at, WISH.end_at),)
    candidates = [Candidate(name, name, busy) for name in ("h2", "h3", "h1")]
    assert cheapest_first(snapshot(WISH, candidates, [], {}, LEAD, POLICY, NOW), WISH) == ["h1", "h2", "h3"]


def test_hosts_are_kept_by_what_they_cost_and_last_if_they_cannot_be_free() -> None:
    old, told, young = INSTANCE, replace(INSTANCE, id="s2", host="h2"), replace(INSTANCE, id="s3", host="h3")
    young = replace(young, created_at=WISH.start_at, running_since=None)
    dearer = replace(INSTANCE, id="s4", host="h5", created_at=NOW - 9000, running_since=NOW - 9000)
    candidates = [Candidate(f"h{number}", f"c{number}") for number in (3, 5, 1, 4, 2)]
    notices = {"s2": replace(NOTICE, instance_id="s2", host="h2")}
    state = snapshot(WISH, candidates, [old, told, young, dearer], notices, LEAD, POLICY, NOW)
    assert cheapest_first(state, WISH) == ["h2", "h4", "h1", "h5", "h3"]


@pytest.mark.parametrize(
    ("wish", "hosts"),
    [
        (replace(WISH, count_min=1), "1 host"),
        (WISH, "2 hosts"),
        (replace(SLOTS, count_min=1), "1 slot"),
        (SLOTS, "3 slots"),
    ],
)
def test_a_refusal_for_spot_instances_names_the_first_start_that_can_still_be_typed(wish: Wish, hosts: str) -> None:
    blockers = (Blocker("h1", "reservation", "r", NOW + 8000), Blocker("h2", "spot", "s1", NOW + 7201))
    plan = Plan(feasible=False, earliest_start=NOW + 7201, blockers=blockers)
    refused = refusal(wish, plan, Policy(answer_allowance=120))
    assert refused.code == "spot_not_evictable"
    assert refused.earliest_start == NOW + 7380
    assert str(refused) == (
        f"{hosts} cannot be free at 2027-01-15 10:00: the spot instances there are still within their promised uptime "
        "or notice. This is an answer and not a hold; earliest_start=2027-01-15 10:03 code=spot_not_evictable"
    )


def test_a_refusal_without_any_later_start_says_so() -> None:
    plan = Plan(feasible=False, blockers=(Blocker("h1", "reservation", "r", None),))
    refused = refusal(WISH, plan, POLICY)
    assert (refused.code, refused.earliest_start) == ("not_enough_hosts", None)
    assert str(refused) == (
        "2 hosts cannot be free at 2027-01-15 10:00: other reservations or drains hold the matching hosts. "
        "No later start works as things stand; code=not_enough_hosts"
    )


def test_a_refusal_for_reservations_has_a_start_too() -> None:
    plan = Plan(feasible=False, earliest_start=NOW + 7200, blockers=(Blocker("h1", "reservation", "r", NOW + 7200),))
    refused = refusal(WISH, plan, Policy(answer_allowance=0))
    assert (refused.code, refused.earliest_start) == ("not_enough_hosts", NOW + 7200)
    assert str(refused).endswith("earliest_start=2027-01-15 10:00 code=not_enough_hosts")


@pytest.mark.parametrize(("now", "asked_at"), [(NOW, NOW), (WISH.end_at, WISH.start_at - LEAD)])
def test_without_promises_everybody_may_go_in_time(now: int, asked_at: int) -> None:
    state = snapshot(WISH, [Candidate("h1", "c1")], [INSTANCE], {"s1": NOTICE}, LEAD, POLICY, now)
    assert without_promises(state=state, wish=WISH) == replace(
        state,
        now=asked_at,
        rules=Rules(notice=0, min_uptime=0, lead=state.rules.lead),
        spots=(replace(state.spots[0], launched_at=0),),
    )


@pytest.mark.parametrize(
    ("parts", "left"),
    [
        ([], 8),
        ([(0, 9000, 2)], 6),
        # Both at once, one after the other, and one that is over when the wish begins or comes when it ends.
        ([(0, 8000, 2), (7999, 9000, 3)], 3),
        ([(0, 8000, 2), (8000, 9000, 3)], 5),
        ([(0, 7200, 2), (9000, 9999, 3)], 8),
        ([(0, 7200, 8), (7200, 7201, 1), (8999, 9999, 2)], 6),
    ],
)
def test_what_others_have_at_any_time_of_the_wish_is_not_left(parts: list[tuple[int, int, int]], left: int) -> None:
    taken = tuple(Part(NOW + start, NOW + end, {"GPU": count}) for start, end, count in parts)
    host = Candidate("h1", "h1", capacity={"GPU": 8, "VCPU": 4}, parts=taken, slots=3)
    over = left_over(host, WISH)
    assert (over.capacity, over.parts, over.slots) == ({"GPU": left, "VCPU": 4}, (), 3)
