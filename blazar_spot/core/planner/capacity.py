# SPDX-License-Identifier: Apache-2.0
"""How many slots a host can give at a start, and what has to be freed for them.

The room must hold over the whole window beside the accepted reservations, and beside the instances that are still
there at the start and at the near starts of other reservations (their victims are noticed already, so none can be
added for them in time). Which instances to evict is ``victims``'; what slots cost over all hosts is ``merge``'s.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain

from blazar_spot.core.model import Rules, Size, Spot
from blazar_spot.core.planner.calendar import Amounts, Load, add, load
from blazar_spot.core.planner.earliest import Steps
from blazar_spot.core.planner.room import Dimension, Room
from blazar_spot.core.planner.sites import Site, evictable_from, gives_way_at


@dataclass(frozen=True, slots=True)
class Ask:
    """Slots of one size over a window of one length, at most ``per_host`` on a host; the start may be moved."""

    now: int
    rules: Rules
    size: Size
    length: int
    per_host: int


def room(ask: Ask, site: Site, start: int) -> Room | None:
    """The room for slots on the host if they start then; None when there is none for even one."""
    held = held_by_reservations(ask, site, start)
    if held is None:
        return None
    movable, stuck = sort_out(ask, site, start)
    most = most_slots(ask, site, held, stuck)
    if not most:
        return None
    dimensions = measure(ask, site, held, movable, stuck)
    free = fit([(dimension.available - dimension.loose, dimension.step) for dimension in dimensions], most)
    paid = [spot for spot in movable if spot.cost]
    gratis = [spot for spot in movable if not spot.cost]
    if not gratis:
        dimensions = [dimension for dimension in dimensions if dimension.missing(most) > 0]
    return Room(site, free, most, paid, gratis, dimensions)


def most_slots(ask: Ask, site: Site, held: Load, stuck: list[Spot]) -> int:
    """How many slots the host can give when everything is evicted that may be."""
    cap, size = site.host.cap, ask.size
    limits = [(cap.get(resource, 0), step) for resource, step in size.items()]
    limits += [(cap.get(resource, 0) - amount, size.get(resource, 0)) for resource, amount in held.peak.items()]
    # Without those that stay, no instant is worse than the peak.
    for _, fixed in occupied(ask, stuck, held) if stuck else ():
        limits += [(cap.get(resource, 0) - amount, size.get(resource, 0)) for resource, amount in fixed.items()]
    return fit(limits, ask.per_host)


def fit(limits: Iterable[tuple[int, int]], most: int) -> int:
    """How many slots fit, given what is available and what each takes, over and over; at most so many."""
    for available, step in limits:
        if step:
            most = min(most, available // step)
        elif available < 0:
            return 0
    return max(most, 0)


def measure(ask: Ask, site: Site, held: Load, movable: list[Spot], stuck: list[Spot]) -> list[Dimension]:
    """Every resource at every instant that counts.

    Of instants between which no movable instance leaves, the tightest is enough.
    """
    found: dict[tuple[str, int], Dimension] = {}
    for gone_by, fixed in occupied(ask, stuck, held):
        there = [spot for spot in movable if spot.evict_at is None or spot.evict_at > gone_by]
        sizes = [spot.size for spot in there]
        costly = [spot.size for spot in there if spot.cost]
        cap, size = site.host.cap, ask.size
        for resource in dict.fromkeys(chain(cap, size, fixed, *sizes)):
            available = cap.get(resource, 0) - fixed.get(resource, 0)
            known = found.get((resource, len(there)))
            if known is None:
                loose = sum([held.get(resource, 0) for held in costly])
                found[resource, len(there)] = Dimension(resource, gone_by, size.get(resource, 0), available, loose)
            else:
                known.available = min(known.available, available)
    return list(found.values())


def occupied(ask: Ask, spots: list[Spot], held: Load) -> Iterator[tuple[int, Amounts]]:
    """At each instant that counts: who is gone by then, and what the instances hold beside the reservations."""
    going = [(spot.evict_at, spot.size) for spot in spots if spot.evict_at is not None]
    going.sort(key=lambda leaving: -leaving[0])
    there: Amounts = {}
    for spot in spots:
        add(there, spot.size, 1)
    for instant, active in held.at:
        gone_by = instant - ask.rules.lead
        while going and going[-1][0] <= gone_by:
            add(there, going.pop()[1], -1)
        amounts = dict(there)
        add(amounts, active, 1)
        yield gone_by, amounts


def held_by_reservations(ask: Ask, site: Site, start: int) -> Load | None:
    """What the accepted reservations hold over the window; None when one of them holds the whole host."""
    claims = site.overlapping(start, start + ask.length) if site.reservations else []
    if not claims:
        return Load({}, ((start, {}),))
    if any(claim.size is None for claim in claims):
        return None
    return load(claims, start, ask.now + ask.rules.notice + ask.rules.lead)


def sort_out(ask: Ask, site: Site, start: int) -> tuple[list[Spot], list[Spot]]:
    """The instances that are there at the start if nothing is done: those that may be evicted, and the others."""
    evict_at = start - ask.rules.lead
    launched_by = evict_at - ask.rules.min_uptime
    told_in_time = ask.now + ask.rules.notice <= evict_at
    movable: list[Spot] = []
    stuck: list[Spot] = []
    for spot in site.spots:
        if spot.evict_at is not None and spot.evict_at <= evict_at:
            continue
        is_early = told_in_time and spot.launched_at <= launched_by
        if is_early or evictable_from(spot, ask.now, ask.rules) <= evict_at:
            movable.append(spot)
        else:
            stuck.append(spot)
    return movable, stuck


def openings(ask: Ask, site: Site, start: int, unit: int) -> Steps:
    """How many units of ``unit`` slots the host can give from each start on.

    What a host can give grows only when a reservation ends or an instance gives way, and shrinks only when the window
    begins to meet a reservation or starts together with it. Between these instants it stays the same.
    """
    changes = {gives_way_at(spot, ask.now, ask.rules) for spot in site.spots}
    # From then on no instance is in the way.
    clear, empty = max(changes, default=start), Site(site.host, reservations=site.reservations)
    for claim in site.reservations:
        changes.update((claim.end, claim.start, claim.start - ask.length + 1))
    yield start, units_at(ask, site, start, unit)
    for instant in sorted(changes):
        if instant > start:
            yield instant, units_at(ask, site if instant < clear else empty, instant, unit)


def units_at(ask: Ask, site: Site, start: int, unit: int) -> int:
    """How many whole units the host can give when everything is evicted that may be."""
    held = held_by_reservations(ask, site, start)
    if held is None:
        return 0
    _, stuck = sort_out(ask, site, start) if site.spots else ([], [])
    return most_slots(ask, site, held, stuck) // unit
