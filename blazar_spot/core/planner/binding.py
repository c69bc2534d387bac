# SPDX-License-Identifier: Apache-2.0
"""When a claim gets its hosts: provisionally when it is booked, for good when it is due.

Booking packs, so that the calendar stays in one piece; what is cheapest then says little about the day of the lease.
Binding decides all claims that are due together (``joint``), at the least total cost. Deciding them one after another
in the order of their starts is what it is measured against, and what it falls back on when there are too many.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from blazar_spot.core.model import HostRequest, Plan, Request, Reservation, SlotRequest, Snapshot
from blazar_spot.core.planner import joint
from blazar_spot.core.planner.capacity import room
from blazar_spot.core.planner.outcome import decided
from blazar_spot.core.planner.single import plan
from blazar_spot.core.planner.sites import Site, gather, in_the_way
from blazar_spot.core.planner.slots import ask_of, shape_of
from blazar_spot.core.planner.whole import offer_of

FOREVER = 1 << 62


@dataclass(frozen=True, slots=True)
class Binding:
    """A plan for each claim, in the order they were given.

    ``is_best`` tells whether the total cost is proven to be the least; otherwise it is that of one after another.
    """

    plans: tuple[Plan, ...]
    cost: int
    is_best: bool


def book(snapshot: Snapshot, request: Request) -> Plan:
    """A provisional plan that leaves the least useless gaps in the calendar; a refusal is that of ``plan``."""
    if isinstance(request, HostRequest):
        return _book_hosts(snapshot, request)
    return _book_slots(snapshot, request)


def _book_hosts(snapshot: Snapshot, request: HostRequest) -> Plan:
    sites = [site for site in gather(snapshot, request) if offer_of(snapshot, request, site) is not None]
    if len(sites) < request.count_min:
        return plan(snapshot, request)
    sites.sort(key=lambda site: (*_gaps(site, request), site.host.id))
    evict_at = request.start - snapshot.rules.lead
    return decided(
        snapshot, request, [(site, 1, in_the_way(site.spots, evict_at)) for site in sites[: request.count_max]]
    )


def _book_slots(snapshot: Snapshot, request: SlotRequest) -> Plan:
    ask, shape = ask_of(snapshot, request), shape_of(request)
    rooms = [found for site in gather(snapshot, request) if (found := room(ask, site, request.start)) is not None]
    rooms.sort(key=lambda found: (found.most, *_gaps(found.site, request), found.site.host.id))
    left, parts = shape.need, []
    for found in rooms:
        units = min(found.most // shape.unit, left)
        if units:
            left -= units
            parts.append((found.site, units * shape.unit, found.evictions(units * shape.unit)))
    return plan(snapshot, request) if left else decided(snapshot, request, parts)


def _gaps(site: Site, request: Request) -> tuple[int, int]:
    """How far the neighbours in the host's calendar are from the window, the nearer one first."""
    before = min((request.start - claim.end for claim in site.reservations if claim.end <= request.start), default=None)
    after = min((claim.start - request.end for claim in site.reservations if claim.start >= request.end), default=None)
    gaps = sorted(FOREVER if gap is None else gap for gap in (before, after))
    return gaps[0], gaps[1]


def applied(snapshot: Snapshot, request: Request, decision: Plan, name: str) -> Snapshot:
    """The state after the decision was accepted: its hosts are reserved under that name, its victims are condemned."""
    ends = {victim.id: victim.evict_at for victim in decision.victims}
    spots = tuple(replace(spot, evict_at=ends[spot.id]) if spot.id in ends else spot for spot in snapshot.spots)
    claims = tuple(
        Reservation(name, choice.host, request.start, request.end, joint.held(request, choice.slots))
        for choice in decision.hosts
    )
    return replace(snapshot, spots=spots, reservations=snapshot.reservations + claims)


def bind(snapshot: Snapshot, requests: Sequence[Request]) -> Binding:
    """Hosts and victims for all claims that are due, at the least total cost.

    Claims that cannot be served beside the others are refused as ``plan`` refuses. Of hosts a claim gets
    ``count_min``: how many it has was settled when it was booked.
    """
    settled = [replace(one, count_max=one.count_min) if isinstance(one, HostRequest) else one for one in requests]
    order = sorted(range(len(settled)), key=lambda number: (settled[number].start, number))
    one_by_one = _in_turn(snapshot, settled, order)
    served = [number for number in order if one_by_one[number].feasible]
    for together in (order, served):
        try:
            shares = joint.best([settled[number] for number in together], snapshot)
        except joint.TooMany:
            break
        if shares is not None:
            chosen = dict(zip(together, shares, strict=True))
            return _binding(one_by_one | _as_chosen(snapshot, settled, chosen), is_best=True)
    return _binding(one_by_one, is_best=False)


def _binding(plans: dict[int, Plan], *, is_best: bool) -> Binding:
    return Binding(tuple(plans[number] for number in sorted(plans)), sum(p.cost for p in plans.values()), is_best)


def _in_turn(snapshot: Snapshot, requests: Sequence[Request], order: Sequence[int]) -> dict[int, Plan]:
    """The claims one after another, each in the state that those before it leave."""
    plans = {}
    for number in order:
        request = requests[number]
        plans[number] = plan(snapshot, request)
        if plans[number].feasible:
            snapshot = applied(snapshot, request, plans[number], f"claim {number}")
    return plans


def _as_chosen(snapshot: Snapshot, requests: Sequence[Request], shares: Mapping[int, joint.Share]) -> dict[int, Plan]:
    """The plans of claims whose shares were chosen together; whoever may go later does."""
    plans = {}
    for number, share in shares.items():
        request = requests[number]
        plans[number] = decided(snapshot, request, joint.parts(snapshot, request, share))
        snapshot = applied(snapshot, request, plans[number], f"claim {number}")
    return plans
