# SPDX-License-Identifier: Apache-2.0
"""Parts of hosts: so many slots of one size, anywhere, on one host, apart, or at most so many on each.

All four are the same question: so many *units* over all hosts, where a unit is a slot, or all slots at once. What
units cost on one host is a ``curve``; ``merge`` picks from the curves, ``capacity`` says what is possible, and
``victims`` who has to go.
"""

from dataclasses import dataclass

from blazar_spot.core.model import Blocker, Plan, SlotRequest, Snapshot
from blazar_spot.core.planner.capacity import Ask, openings, room, sort_out, units_at
from blazar_spot.core.planner.curve import SlotCurve
from blazar_spot.core.planner.earliest import earliest
from blazar_spot.core.planner.merge import merge
from blazar_spot.core.planner.outcome import decided
from blazar_spot.core.planner.room import Room
from blazar_spot.core.planner.sites import Site, gather, gives_way_at


@dataclass(frozen=True, slots=True)
class Shape:
    """A slot request in units: ``need`` units of ``unit`` slots, at most ``per_host`` slots on a host."""

    unit: int
    need: int
    per_host: int


def shape_of(request: SlotRequest) -> Shape:
    if request.affinity is True:
        return Shape(unit=request.count, need=1, per_host=request.count)
    if request.affinity is False:
        return Shape(unit=1, need=request.count, per_host=1)
    most = request.count if request.max_per_host is None else min(request.max_per_host, request.count)
    return Shape(unit=1, need=request.count, per_host=most)


def ask_of(snapshot: Snapshot, request: SlotRequest) -> Ask:
    return Ask(snapshot.now, snapshot.rules, request.size, request.end - request.start, shape_of(request).per_host)


def plan_slots(snapshot: Snapshot, request: SlotRequest) -> Plan:
    """The cheapest slots for the window, or the earliest start at which there is room."""
    sites = gather(snapshot, request)
    shape, ask = shape_of(request), ask_of(snapshot, request)
    rooms = [found for site in sites if (found := room(ask, site, request.start)) is not None]
    if sum(found.most // shape.unit for found in rooms) < shape.need:
        hopeful = [site for site in sites if units_at(ask, Site(site.host), request.start, shape.unit)]
        return Plan(
            feasible=False,
            earliest_start=earliest((openings(ask, site, request.start, shape.unit) for site in hopeful), shape.need),
            blockers=blockers(snapshot, request, sites, {found.site.host.id: found.most for found in rooms}),
        )
    return decided(
        snapshot, request, [(found.site, slots, found.evictions(slots)) for found, slots in place(rooms, shape)]
    )


def place(rooms: list[Room], shape: Shape) -> list[tuple[Room, int]]:
    """How many slots each host gives, at the least cost; what is free is taken first, from the roomiest hosts."""
    given: dict[int, int] = {}
    left = shape.need
    for number in sorted(range(len(rooms)), key=lambda number: (-rooms[number].free, number)):
        units = min(rooms[number].free // shape.unit, left)
        if not units:
            break
        given[number] = units
        left -= units
    if left:
        numbers = [number for number, found in enumerate(rooms) if found.most // shape.unit > given.get(number, 0)]
        curves = [SlotCurve(rooms[number], shape.unit, left) for number in numbers]
        for number, units in zip(numbers, merge(curves, left), strict=True):
            if units:
                given[number] = given.get(number, 0) + units
    return [(rooms[number], given[number] * shape.unit) for number in sorted(given)]


def blockers(snapshot: Snapshot, request: SlotRequest, sites: list[Site], given: dict[str, int]) -> tuple[Blocker, ...]:
    """For each matching host that gives less than it would if it were empty: what holds it longest."""
    ask = ask_of(snapshot, request)
    found = []
    for site in sites:
        empty = room(ask, Site(site.host), request.start)
        if empty is None:
            found.append(Blocker(site.host.id, "room", None, None))
        elif given.get(site.host.id, 0) < empty.most:
            found.append(held_longest(snapshot, request, ask, site))
    return tuple(found)


def held_longest(snapshot: Snapshot, request: SlotRequest, ask: Ask, site: Site) -> Blocker:
    """The reservation or the instance that stays longest of those in the way."""
    _, stuck = sort_out(ask, site, request.start)
    until = [(gives_way_at(spot, snapshot.now, snapshot.rules), "spot", spot.id) for spot in stuck]
    until += [(claim.end, "reservation", claim.id) for claim in site.overlapping(request.start, request.end)]
    instant, kind, holder = max(until)
    return Blocker(site.host.id, kind, holder, instant)
