# SPDX-License-Identifier: Apache-2.0
"""Whole hosts: the cheapest admissible ones, and when enough of them will be free.

On a host that is taken whole every instance has to go, so its price is a plain sum and the best plan is the cheapest
hosts. Parts of hosts are ``slots``.
"""

import heapq
from dataclasses import dataclass

from blazar_spot.core.model import Blocker, HostRequest, Plan, Snapshot
from blazar_spot.core.planner.earliest import Steps, earliest
from blazar_spot.core.planner.outcome import decided
from blazar_spot.core.planner.sites import Site, evictable_from, gather, gives_way_at, in_the_way


@dataclass(frozen=True, slots=True, order=True)
class Offer:
    """A host that could be given at the asked start; the order is the order of preference."""

    cost: int
    victims: int
    host: str


def plan_hosts(snapshot: Snapshot, request: HostRequest) -> Plan:
    """The cheapest hosts for the window, or the earliest start at which there are enough."""
    sites = gather(snapshot, request)
    offers = [offer for site in sites if (offer := offer_of(snapshot, request, site)) is not None]
    if len(offers) < request.count_min:
        length = request.end - request.start
        starts = (openings(snapshot, site, request.start, length) for site in sites)
        return Plan(
            feasible=False,
            earliest_start=earliest(starts, request.count_min),
            blockers=tuple(block for site in sites if (block := blocker(snapshot, request, site)) is not None),
        )
    by_id = {site.host.id: site for site in sites}
    chosen = [by_id[offer.host] for offer in heapq.nsmallest(request.count_max, offers)]
    evict_at = request.start - snapshot.rules.lead
    return decided(snapshot, request, [(site, 1, in_the_way(site.spots, evict_at)) for site in chosen])


def offer_of(snapshot: Snapshot, request: HostRequest, site: Site) -> Offer | None:
    """What taking the host would cost; None when it cannot be taken at the asked start."""
    if site.reservations and site.overlapping(request.start, request.end):
        return None
    evict_at = request.start - snapshot.rules.lead
    told_in_time = snapshot.now + snapshot.rules.notice <= evict_at
    launched_by = evict_at - snapshot.rules.min_uptime
    cost = victims = 0
    for spot in site.spots:
        if spot.evict_at is not None and spot.evict_at <= evict_at:
            continue
        is_late = spot.launched_at > launched_by or not told_in_time
        if is_late and evictable_from(spot, snapshot.now, snapshot.rules) > evict_at:
            return None
        cost += spot.cost
        victims += 1
    return Offer(cost, victims, site.host.id)


def openings(snapshot: Snapshot, site: Site, start: int, length: int) -> Steps:
    """From when to when a window of this length may start on the host: 1 where it may, 0 where it may not."""
    free_from = max((gives_way_at(spot, snapshot.now, snapshot.rules) for spot in site.spots), default=start)
    free_from = max(free_from, start)
    for claim in sorted(site.reservations, key=lambda claim: claim.start):
        if claim.end <= free_from:
            continue
        if free_from + length <= claim.start:
            yield free_from, 1
            yield claim.start - length + 1, 0
        free_from = claim.end
    yield free_from, 1


def blocker(snapshot: Snapshot, request: HostRequest, site: Site) -> Blocker | None:
    """What keeps the host from being taken at the asked start: its longest reservation, else its last instance."""
    overlapping = site.overlapping(request.start, request.end)
    if overlapping:
        last = max(overlapping, key=lambda claim: (claim.end, claim.id))
        return Blocker(site.host.id, "reservation", last.id, last.end)
    evict_at = request.start - snapshot.rules.lead
    young = [
        spot
        for spot in in_the_way(site.spots, evict_at)
        if evictable_from(spot, snapshot.now, snapshot.rules) > evict_at
    ]
    if not young:
        return None
    last_spot = max(young, key=lambda spot: (gives_way_at(spot, snapshot.now, snapshot.rules), spot.id))
    until = gives_way_at(last_spot, snapshot.now, snapshot.rules)
    return Blocker(site.host.id, "spot", last_spot.id, until)
