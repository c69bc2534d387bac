# SPDX-License-Identifier: Apache-2.0
"""Several due claims together: against brute force, and against deciding them one after another."""

import itertools
from collections.abc import Iterator
from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from blazar_spot.core.model import Choice, HostRequest, Plan, Request, Snapshot, Victim
from blazar_spot.core.planner import applied, bind, book, plan
from tests.property import planner_reference as reference
from tests.property.planner_worlds import cases, requests, snapshots


@st.composite
def due(draw: st.DrawFn) -> tuple[Snapshot, list[Request]]:
    snapshot = draw(snapshots(most_spots=5))
    snapshot = replace(snapshot, hosts=snapshot.hosts[:3])
    names = {host.id for host in snapshot.hosts}
    snapshot = replace(
        snapshot,
        spots=tuple(spot for spot in snapshot.spots if spot.host in names),
        reservations=tuple(claim for claim in snapshot.reservations if claim.host in names),
    )
    claims = []
    for one in draw(st.lists(requests(snapshot.now), min_size=2, max_size=3)):
        if isinstance(one, HostRequest):
            claims.append(replace(one, count_max=one.count_min))
        else:
            claims.append(replace(one, count=min(one.count, 2)))
    return snapshot, claims


def every_plan(snapshot: Snapshot, request: Request) -> Iterator[Plan]:
    """All valid plans, the silly ones included."""
    hosts = [host.id for host in reference.matching(snapshot, request)]
    if isinstance(request, HostRequest):
        splits = [dict.fromkeys(chosen, 1) for chosen in itertools.combinations(hosts, request.count_min)]
    else:
        numbers = itertools.product(range(request.count + 1), repeat=len(hosts))
        splits = [dict(zip(hosts, slots, strict=True)) for slots in numbers]
    evict_at = reference.deadline(snapshot, request)
    for split in splits:
        chosen = {host: slots for host, slots in split.items() if slots}
        able = [
            spot
            for spot in snapshot.spots
            if spot.host in chosen
            and not reference.gone(snapshot, request, spot)
            and reference.evictable(snapshot, request, spot)
        ]
        for spots in reference.subsets(able) if chosen else ():
            victims = tuple(
                Victim(spot.id, spot.host, spot.cost, evict_at - snapshot.rules.notice, evict_at) for spot in spots
            )
            costs = {host: sum(spot.cost for spot in spots if spot.host == host) for host in chosen}
            choices = tuple(Choice(host, slots, costs[host]) for host, slots in chosen.items())
            found = Plan(feasible=True, cost=sum(costs.values()), hosts=choices, victims=victims)
            if not reference.faults(snapshot, request, found):
                yield found


def least(snapshot: Snapshot, claims: list[Request]) -> int | None:
    """The least total cost of serving all, trying everything, in the order of the starts."""
    if not claims:
        return 0
    first, rest = claims[0], claims[1:]
    costs = [
        found.cost + more
        for found in every_plan(snapshot, first)
        if (more := least(applied(snapshot, first, found, "claim"), rest)) is not None
    ]
    return min(costs, default=None)


@settings(max_examples=60)
@given(due())
def test_claims_that_are_due_together_cost_the_least(case: tuple[Snapshot, list[Request]]) -> None:
    snapshot, claims = case
    claims.sort(key=lambda claim: claim.start)
    found = bind(snapshot, claims)
    best = least(snapshot, claims)
    assert found.is_best
    assert all(one.feasible for one in found.plans) == (best is not None)
    if best is not None:
        assert found.cost == best


@given(due())
def test_together_is_valid_and_never_worse_than_one_after_another(case: tuple[Snapshot, list[Request]]) -> None:
    snapshot, claims = case
    found = bind(snapshot, claims)
    order = sorted(range(len(claims)), key=lambda number: claims[number].start)
    state, in_turn, served = snapshot, 0, []
    for number in order:
        one = plan(state, claims[number])
        if one.feasible:
            served.append(number)
            in_turn += one.cost
            state = applied(state, claims[number], one, f"{number}")
    assert {number for number in order if found.plans[number].feasible} >= set(served)
    if len(served) == sum(one.feasible for one in found.plans):
        assert found.cost <= in_turn
    state = snapshot
    for number in order:
        one = found.plans[number]
        if one.feasible:
            assert reference.faults(state, claims[number], one) == []
            state = applied(state, claims[number], one, f"{number}")


@given(cases())
def test_what_can_be_planned_can_be_booked_and_is_valid(case: tuple[Snapshot, Request]) -> None:
    snapshot, request = case
    booked, planned = book(snapshot, request), plan(snapshot, request)
    assert booked.feasible == planned.feasible
    if booked.feasible:
        assert reference.faults(snapshot, request, booked) == []
        assert booked.cost >= planned.cost
    else:
        assert booked == planned
