# SPDX-License-Identifier: Apache-2.0
"""The planner against brute force, and against what must hold whatever the numbers are."""

from dataclasses import replace
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from blazar_spot.core.model import HostRequest, Request, Snapshot
from blazar_spot.core.planner import plan
from tests.property import planner_reference as reference
from tests.property.planner_worlds import RESOURCES, cases

Case = tuple[Snapshot, Request]


@given(cases())
def test_a_plan_keeps_every_rule_and_costs_the_least(case: Case) -> None:
    snapshot, request = case
    found = plan(snapshot, request)
    best = reference.best_cost(snapshot, request)
    assert found.feasible == (best is not None)
    if found.feasible:
        assert found.cost == best
        assert reference.faults(snapshot, request, found) == []


@given(cases())
def test_a_refusal_names_the_very_first_second_that_works(case: Case) -> None:
    snapshot, request = case
    found = plan(snapshot, request)
    if not found.feasible:
        assert found.earliest_start == reference.earliest_start(snapshot, request)


@given(cases())
def test_the_earliest_start_works_when_it_is_asked_for(case: Case) -> None:
    snapshot, request = case
    start = plan(snapshot, request).earliest_start
    if start is None:
        return
    assert plan(snapshot, replace(request, start=start, end=start + request.end - request.start)).feasible


@given(cases(), st.randoms())
def test_the_order_of_the_input_does_not_matter(case: Case, random: Random) -> None:
    snapshot, request = case
    shuffled = replace(
        snapshot,
        hosts=tuple(random.sample(snapshot.hosts, len(snapshot.hosts))),
        spots=tuple(random.sample(snapshot.spots, len(snapshot.spots))),
        reservations=tuple(random.sample(snapshot.reservations, len(snapshot.reservations))),
    )
    assert plan(shuffled, request) == plan(snapshot, request)


@given(cases(), st.data())
def test_more_free_capacity_never_costs_more(case: Case, data: st.DataObject) -> None:
    snapshot, request = case
    before = plan(snapshot, request)
    if not before.feasible:
        return
    number = data.draw(st.integers(0, len(snapshot.hosts) - 1))
    host = snapshot.hosts[number]
    cap = {name: host.cap.get(name, 0) + data.draw(st.integers(0, 3)) for name in RESOURCES}
    hosts = (*snapshot.hosts[:number], replace(host, cap=cap), *snapshot.hosts[number + 1 :])
    if isinstance(request, HostRequest) and request.count_min != request.count_max:
        request = replace(request, count_min=len(before.hosts), count_max=len(before.hosts))
    after = plan(replace(snapshot, hosts=hosts), request)
    assert after.feasible
    assert after.cost <= before.cost


@given(cases())
def test_an_instance_less_never_costs_more(case: Case) -> None:
    snapshot, request = case
    before = plan(snapshot, request)
    if not before.feasible:
        return
    if isinstance(request, HostRequest):
        request = replace(request, count_min=len(before.hosts), count_max=len(before.hosts))
    after = plan(replace(snapshot, spots=snapshot.spots[1:]), request)
    assert after.feasible
    assert after.cost <= before.cost


@given(cases())
def test_nobody_goes_who_could_stay(case: Case) -> None:
    snapshot, request = case
    found = plan(snapshot, request)
    if isinstance(request, HostRequest):
        return
    victims = {victim.id for victim in found.victims}
    hosts = {host.id: host for host in snapshot.hosts}
    slots = {choice.host: choice.slots for choice in found.hosts}
    for victim in found.victims:
        assert not reference.holds(snapshot, request, hosts[victim.host], slots[victim.host], victims - {victim.id})
