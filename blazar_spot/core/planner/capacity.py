# SPDX-License-Identifier: Apache-2.0
"""How many slots a host can give at a start, and what has to be freed for them.

The room must hold over the whole window beside the accepted reservations, and beside the instances that are still
there at the start and at the near starts of other reservations (their victims are noticed already, so none can be
added for them in time). Which instances to evict is ``victims``'; what slots cost over all hosts is ``merge``'s.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

from blazar_spot.core.model import Rules, Size, Spot
from blazar_spot.core.planner.calendar import Amounts, Load, load
from blazar_spot.core.planner.earliest import Steps
from blazar_spot.core.planner.prices import Vector
from blazar_spot.core.planner.sites import Site, gives_way_at
from blazar_spot.core.planner.victims import Covering


@dataclass(frozen=True, slots=True)
class Ask:
    """Slots of one size over a window of one length, at most ``per_host`` on a host; the start may be moved."""

    now: int
    rules: Rules
    size: Size
    length: int
    per_host: int


@dataclass(slots=True, eq=False)
class Dimension:
    """One resource at one instant, of which each slot takes ``step``.

    There is room for ``available`` once everything has gone that may be evicted. ``loose`` of it is still held by
    movable instances that cost something; those that are gone by ``gone_by`` hold nothing any more.
    """

    resource: str
    gone_by: int
    step: int
    available: int
    loose: int

    def missing(self, slots: int) -> int:
        """What has to be freed before so many slots fit."""
        return slots * self.step + self.loose - self.available

    def gain(self, spot: Spot) -> int:
        """What evicting the instance frees."""
        if spot.evict_at is not None and spot.evict_at <= self.gone_by:
            return 0
        return spot.size.get(self.resource, 0)


@dataclass(slots=True, eq=False)
class Room:
    """What a host can give: ``free`` slots at no cost, up to ``most`` with victims among ``paid``.

    The movable instances that cost nothing count as evicted until ``evictions`` spares them.
    """

    site: Site
    free: int
    most: int
    paid: list[Spot]
    gratis: list[Spot]
    dimensions: list[Dimension]
    coverings: dict[int, Covering] = field(default_factory=dict)
    gains: list[Vector] = field(default_factory=list)

    def covering(self, slots: int) -> Covering:
        """Which of ``paid`` have to go for so many slots, to be sharpened as far as it matters."""
        known = self.coverings.get(slots)
        if known is None:
            if not self.coverings:
                self.paid.sort(key=lambda spot: spot.id)
                self.gains = [tuple([dimension.gain(spot) for dimension in self.dimensions]) for spot in self.paid]
            need = tuple([dimension.missing(slots) for dimension in self.dimensions])
            known = self.coverings[slots] = Covering([spot.cost for spot in self.paid], self.gains, need)
        return known

    def cost(self, slots: int) -> int:
        """The least cost of so many slots."""
        covering = self.covering(slots)
        while not covering.exact:
            covering.sharpen()
        return covering.bound

    def evictions(self, slots: int) -> list[Spot]:
        """The victims for so many slots at the least cost; nobody goes who could stay."""
        self.cost(slots)
        victims = [self.paid[item] for item in self.covering(slots).items]
        slack = [sum(map(dimension.gain, victims)) - dimension.missing(slots) for dimension in self.dimensions]
        needed = []
        for spot in sorted(self.gratis, key=lambda spot: spot.id):
            gains = [dimension.gain(spot) for dimension in self.dimensions]
            if all(map(int.__le__, gains, slack)):
                slack = list(map(int.__sub__, slack, gains))
            else:
                needed.append(spot)
        return victims + needed


def room(ask: Ask, site: Site, start: int) -> Room | None:
    """The room for slots on the host if they start then; None when there is none for even one."""
    held = held_by_reservations(ask, site, start)
    if held is None:
        return None
    movable, stuck = sort_out(ask, site, start)
    dimensions = measure(ask, site, held, movable, stuck)
    limits = [(dimension.available, dimension.step) for dimension in dimensions]
    limits += [
        (site.host.cap.get(resource, 0) - amount, ask.size.get(resource, 0)) for resource, amount in held.peak.items()
    ]
    most = fit(limits, ask.per_host)
    if not most:
        return None
    free = fit(((dimension.available - dimension.loose, dimension.step) for dimension in dimensions), most)
    paid = [spot for spot in movable if spot.cost]
    gratis = [spot for spot in movable if not spot.cost]
    if not gratis:
        dimensions = [dimension for dimension in dimensions if dimension.missing(most) > 0]
    return Room(site, free, most, paid, gratis, dimensions)


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
    for instant, active in held.at:
        gone_by = instant - ask.rules.lead
        fixed = usage(stuck, gone_by, active)
        there = [spot for spot in movable if spot.evict_at is None or spot.evict_at > gone_by]
        loose = usage([spot for spot in there if spot.cost], gone_by, {})
        cap, size = site.host.cap, ask.size
        names = {**cap, **size, **fixed, **loose}
        for spot in there:
            if not spot.cost:
                names.update(spot.size)
        for resource in names:
            available = cap.get(resource, 0) - fixed.get(resource, 0)
            known = found.get((resource, len(there)))
            if known is None:
                found[resource, len(there)] = Dimension(
                    resource, gone_by, size.get(resource, 0), available, loose.get(resource, 0)
                )
            else:
                known.available = min(known.available, available)
    return list(found.values())


def usage(spots: Iterable[Spot], gone_by: int, also: Size) -> Amounts:
    """What those of the instances hold that are not gone by then, on top of something else."""
    held = dict(also)
    for spot in spots:
        if spot.evict_at is None or spot.evict_at > gone_by:
            for resource, amount in spot.size.items():
                held[resource] = held.get(resource, 0) + amount
    return held


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
        if told_in_time and spot.launched_at <= launched_by:
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
    for claim in site.reservations:
        changes.update((claim.end, claim.start, claim.start - ask.length + 1))
    yield start, units_at(ask, site, start, unit)
    for instant in sorted(changes):
        if instant > start:
            yield instant, units_at(ask, site, instant, unit)


def units_at(ask: Ask, site: Site, start: int, unit: int) -> int:
    """How many whole units the host can give when everything is evicted that may be."""
    found = room(ask, site, start)
    return 0 if found is None else found.most // unit
