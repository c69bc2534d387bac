# SPDX-License-Identifier: Apache-2.0
"""The planner's rules once more, written down as plainly as can be and slow: try everything.

It shares nothing with the planner but the values. Only for small worlds.
"""

import itertools
from collections.abc import Iterator
from dataclasses import replace

from blazar_spot.core.model import Host, HostRequest, Plan, Request, Reservation, SlotRequest, Snapshot, Spot


def total(sizes: list, resource: str) -> int:
    return sum(size.get(resource, 0) for size in sizes)


def resources(snapshot: Snapshot, request: Request) -> set[str]:
    names: set[str] = set(getattr(request, "size", {}))
    for thing in (*snapshot.hosts, *snapshot.spots, *snapshot.reservations):
        names |= set((thing.cap if isinstance(thing, Host) else thing.size) or {})
    return names


def matching(snapshot: Snapshot, request: Request) -> list[Host]:
    return [
        host
        for host in snapshot.hosts
        if all(host.props.get(name) == value for name, value in request.props.items())
        and all(host.cap.get(name, 0) >= least for name, least in request.min_cap.items())
    ]


def deadline(snapshot: Snapshot, request: Request) -> int:
    return request.start - snapshot.rules.lead


def gone(snapshot: Snapshot, request: Request, spot: Spot) -> bool:
    return spot.evict_at is not None and spot.evict_at <= deadline(snapshot, request)


def notice(snapshot: Snapshot, spot: Spot) -> int:
    return min(snapshot.rules.notice, snapshot.rules.notice if spot.notice is None else spot.notice)


def min_uptime(snapshot: Snapshot, spot: Spot) -> int:
    return min(snapshot.rules.min_uptime, snapshot.rules.min_uptime if spot.min_uptime is None else spot.min_uptime)


def evictable(snapshot: Snapshot, request: Request, spot: Spot) -> bool:
    first = max(snapshot.now + notice(snapshot, spot), spot.launched_at + min_uptime(snapshot, spot))
    return first <= deadline(snapshot, request)


def overlapping(snapshot: Snapshot, request: Request, host: Host) -> list[Reservation]:
    return [
        claim
        for claim in snapshot.reservations
        if claim.host == host.id and any(claim.start <= t < claim.end for t in range(request.start, request.end))
    ]


def holds(snapshot: Snapshot, request: SlotRequest, host: Host, slots: int, victims: set[str]) -> bool:
    """Whether rules (1) to (3) hold for so many slots on the host when these instances are evicted."""
    claims = overlapping(snapshot, request, host)
    if any(claim.size is None for claim in claims):
        return False
    names = resources(snapshot, request)
    for t in range(request.start, request.end):
        active = [claim.size for claim in claims if claim.start <= t < claim.end]
        if any(total(active, r) + slots * request.size.get(r, 0) > host.cap.get(r, 0) for r in names):
            return False
    horizon = snapshot.now + snapshot.rules.notice + snapshot.rules.lead
    for t in {request.start} | {claim.start for claim in claims if request.start < claim.start <= horizon}:
        there = [
            spot.size
            for spot in snapshot.spots
            if spot.host == host.id
            and spot.id not in victims
            and (spot.evict_at is None or spot.evict_at > t - snapshot.rules.lead)
        ]
        there += [claim.size for claim in claims if claim.start <= t < claim.end]
        if any(total(there, r) + slots * request.size.get(r, 0) > host.cap.get(r, 0) for r in names):
            return False
    return True


def host_price(snapshot: Snapshot, request: HostRequest, host: Host) -> int | None:
    there = [spot for spot in snapshot.spots if spot.host == host.id and not gone(snapshot, request, spot)]
    if overlapping(snapshot, request, host) or not all(evictable(snapshot, request, spot) for spot in there):
        return None
    return sum(spot.cost for spot in there)


def subsets(things: list) -> Iterator[tuple]:
    for size in range(len(things) + 1):
        yield from itertools.combinations(things, size)


def slot_prices(snapshot: Snapshot, request: SlotRequest, host: Host) -> dict[int, int]:
    """What each number of slots costs on the host, by trying every set of victims."""
    able = [
        spot
        for spot in snapshot.spots
        if spot.host == host.id and not gone(snapshot, request, spot) and evictable(snapshot, request, spot)
    ]
    prices = {0: 0}
    for slots in range(1, request.count + 1):
        costs = [
            sum(spot.cost for spot in chosen)
            for chosen in subsets(able)
            if holds(snapshot, request, host, slots, {spot.id for spot in chosen})
        ]
        if costs:
            prices[slots] = min(costs)
    return prices


def allowed(request: SlotRequest, slots: tuple[int, ...]) -> bool:
    if sum(slots) != request.count:
        return False
    if request.affinity is True:
        return max(slots) == request.count
    if request.affinity is False:
        return max(slots) <= 1
    return request.max_per_host is None or max(slots) <= request.max_per_host


def best_cost(snapshot: Snapshot, request: Request) -> int | None:
    """The least cost of any plan, or None when there is none. For min/max: of any plan with the most hosts."""
    hosts = matching(snapshot, request)
    if isinstance(request, HostRequest):
        prices = [price for host in hosts if (price := host_price(snapshot, request, host)) is not None]
        count = min(len(prices), request.count_max)
        if count < request.count_min:
            return None
        return min(sum(chosen) for chosen in itertools.combinations(prices, count))
    tables = [slot_prices(snapshot, request, host) for host in hosts]
    costs = [
        sum(table[number] for table, number in zip(tables, slots, strict=True))
        for slots in itertools.product(*tables)
        if slots and allowed(request, slots)
    ]
    return min(costs, default=None)


def earliest_start(snapshot: Snapshot, request: Request) -> int | None:
    """The first start with a plan, trying every second until nothing changes any more."""
    instants = [request.start, snapshot.now + snapshot.rules.notice]
    instants += [claim.end for claim in snapshot.reservations]
    instants += [spot.launched_at + snapshot.rules.min_uptime for spot in snapshot.spots]
    length = request.end - request.start
    for start in range(request.start, max(instants) + snapshot.rules.lead + 1):
        if best_cost(snapshot, replace(request, start=start, end=start + length)) is not None:
            return start
    return None


def faults(snapshot: Snapshot, request: Request, plan: Plan) -> list[str]:
    """What is wrong with a feasible plan, by the letter of the rules; empty when it keeps every promise."""
    found = []
    hosts = {host.id: host for host in matching(snapshot, request)}
    spots = {spot.id: spot for spot in snapshot.spots}
    chosen = {choice.host: choice.slots for choice in plan.hosts}
    victims = {victim.id for victim in plan.victims}
    if len(chosen) != len(plan.hosts) or not set(chosen) <= set(hosts) or min(chosen.values()) < 1:
        found.append("hosts")
    if len(victims) != len(plan.victims):
        found.append("a victim twice")
    for victim in plan.victims:
        spot = spots[victim.id]
        if spot.host not in chosen or gone(snapshot, request, spot) or not evictable(snapshot, request, spot):
            found.append(f"{spot.id} may not be evicted")
        if not (
            snapshot.now <= victim.notice_at
            and victim.notice_at + notice(snapshot, spot) <= victim.evict_at
            and spot.launched_at + min_uptime(snapshot, spot) <= victim.evict_at
            and victim.evict_at == deadline(snapshot, request)
        ):
            found.append(f"{spot.id}: instants")
    if plan.cost != sum(spots[name].cost for name in victims) or plan.cost != sum(c.cost for c in plan.hosts):
        found.append("cost")
    if isinstance(request, HostRequest):
        for name in chosen:
            if overlapping(snapshot, request, hosts[name]):
                found.append(f"{name} is reserved")
            left = [s for s in snapshot.spots if s.host == name and not gone(snapshot, request, s)]
            if not {spot.id for spot in left} <= victims:
                found.append(f"{name} is not empty")
    else:
        if not allowed(request, tuple(chosen.values())):
            found.append("slots")
        for name, slots in chosen.items():
            if not holds(snapshot, request, hosts[name], slots, victims):
                found.append(f"{name} has no room")
    return found
