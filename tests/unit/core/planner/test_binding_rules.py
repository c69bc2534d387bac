# SPDX-License-Identifier: Apache-2.0
"""Booking packs, accepting changes the state, and binding decides together or says that it did not."""

from collections.abc import Sequence
from dataclasses import replace

import pytest

from blazar_spot.core.model import (
    Blocker,
    Choice,
    Host,
    HostRequest,
    Plan,
    Request,
    Reservation,
    Rules,
    SlotRequest,
    Snapshot,
    Spot,
    Victim,
)
from blazar_spot.core.planner import applied, bind, book, joint

RULES = Rules(notice=900, min_uptime=1800, lead=60)
ONE = HostRequest(start=5000, end=6000, count_min=1, count_max=1)
PARTS = SlotRequest(start=5000, end=6000, count=2, size={"gpus": 1})


def world(*reservations: tuple[str, int, int], spots: tuple[Spot, ...] = (), hosts: str = "abc") -> Snapshot:
    claims = (Reservation(f"r{number}", *claim) for number, claim in enumerate(reservations))
    return Snapshot(0, RULES, tuple(Host(name, {"gpus": 8}) for name in hosts), spots, tuple(claims))


@pytest.mark.parametrize(
    ("reservations", "expected"),
    [
        ([("b", 4000, 5000), ("c", 4000, 4900)], "b"),
        ([("b", 4000, 4800), ("c", 4000, 4900)], "c"),
        ([("b", 6000, 7000), ("c", 6100, 7000)], "b"),
        ([("b", 6200, 7000), ("c", 6100, 7000)], "c"),
        ([("a", 4000, 4950), ("b", 6010, 7000)], "b"),
        ([("a", 4000, 4980), ("a", 6020, 7000), ("b", 4000, 4990)], "b"),
        ([("a", 4000, 4990), ("b", 4000, 4990), ("b", 6030, 7000)], "b"),
        ([("a", 1000, 2000), ("a", 4000, 4980), ("b", 4000, 4990)], "b"),
        ([], "a"),
    ],
)
def test_a_booking_goes_where_it_leaves_the_least_useless_gaps(
    reservations: list[tuple[str, int, int]], expected: str
) -> None:
    assert book(world(*reservations), ONE).hosts == (Choice(expected, 1, 0),)


def test_a_booking_takes_as_many_hosts_as_it_may() -> None:
    booked = book(world(("b", 4000, 5000)), replace(ONE, count_max=2))
    assert booked.hosts == (Choice("b", 1, 0), Choice("a", 1, 0))


def test_a_booking_evicts_whoever_is_there_when_its_evictions_begin() -> None:
    spots = (Spot("s1", "a", {}, 0, 3, evict_at=4941), Spot("s2", "a", {}, 0, 5, evict_at=4940))
    booked = book(world(spots=spots, hosts="a"), ONE)
    assert booked.hosts == (Choice("a", 1, 3),)
    assert booked.victims == (Victim("s1", "a", 3, notice_at=4040, evict_at=4940),)


def test_slots_are_booked_where_the_least_room_is() -> None:
    state = world()
    state = replace(state, hosts=(Host("big", {"gpus": 8}), Host("bigger", {"gpus": 9}), Host("small", {"gpus": 2})))
    assert book(state, replace(PARTS, count=3)).hosts == (Choice("small", 2, 0), Choice("big", 1, 0))
    assert book(state, replace(PARTS, count=3, affinity=True)).hosts == (Choice("big", 3, 0),)


def test_slots_are_booked_where_they_leave_the_least_useless_gaps_and_evict_whoever_is_there() -> None:
    assert book(world(("b", 4000, 5000)), PARTS).hosts == (Choice("b", 2, 0),)
    state = world(spots=(Spot("s1", "a", {"gpus": 7}, 0, 3),), hosts="a")
    assert book(state, replace(PARTS, affinity=True)).hosts == (Choice("a", 2, 3),)


def test_hosts_of_which_there_are_too_few_are_refused_as_ever() -> None:
    refused = book(world(("a", 5500, 7000), hosts="ab"), replace(ONE, count_min=2, count_max=2))
    assert (refused.feasible, refused.earliest_start) == (False, 7000)


def test_slots_for_which_there_is_no_room_are_refused_as_ever() -> None:
    refused = book(world(hosts="a"), replace(PARTS, count=9))
    assert (refused.feasible, refused.earliest_start) == (False, None)


def test_an_accepted_plan_reserves_its_hosts_and_condemns_its_victims() -> None:
    spots = (Spot("s1", "a", {"gpus": 8}, 0, 3), Spot("s2", "b", {"gpus": 8}, 0, 4))
    before = world(("c", 5000, 6000), spots=spots)
    plan = Plan(feasible=True, cost=3, hosts=(Choice("a", 2, 3),), victims=(Victim("s1", "a", 3, 4040, 4940),))
    after = applied(before, PARTS, plan, "mine")
    assert after.spots == (replace(spots[0], evict_at=4940), spots[1])
    assert after.reservations == (*before.reservations, Reservation("mine", "a", 5000, 6000, {"gpus": 2}))
    assert (after.now, after.rules, after.hosts) == (before.now, before.rules, before.hosts)


def test_an_accepted_plan_for_whole_hosts_holds_all_of_them() -> None:
    after = applied(world(), ONE, Plan(feasible=True, hosts=(Choice("a", 1, 0),)), "mine")
    assert after.reservations == (Reservation("mine", "a", 5000, 6000, None),)


def test_a_claim_is_bound_to_as_many_hosts_as_it_was_booked_with() -> None:
    bound = bind(world(), [replace(ONE, count_min=2, count_max=3), ONE])
    assert bound.is_best
    assert [len(plan.hosts) for plan in bound.plans] == [2, 1]


def test_who_cannot_be_served_is_told_which_claim_is_in_the_way() -> None:
    bound = bind(world(hosts="a"), [replace(ONE, start=5500), ONE])
    assert bound.plans[1].feasible
    assert bound.plans[0] == Plan(
        feasible=False, earliest_start=6000, blockers=(Blocker("a", "reservation", "claim 1", 6000),)
    )
    assert (bound.is_best, bound.cost) == (True, 0)


def test_too_many_claims_are_decided_one_after_another_and_that_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    def too_many(requests: Sequence[Request], snapshot: Snapshot) -> None:
        raise joint.TooMany

    monkeypatch.setattr(joint, "best", too_many)
    spots = (Spot("s1", "a", {}, 0, 3), Spot("s2", "b", {}, 0, 5), Spot("s3", "c", {}, 0, 9))
    bound = bind(world(spots=spots), [replace(ONE, start=5500, count_max=2), ONE])
    assert (bound.is_best, bound.cost) == (False, 8)
    assert [plan.hosts for plan in bound.plans] == [(Choice("b", 1, 5),), (Choice("a", 1, 3),)]
