# SPDX-License-Identifier: Apache-2.0
"""Several claims at once, at the least total cost, exactly.

On one host every combination of shares of the claims is judged: each claim in the order of the starts, beside the
shares of those before it, and one cover of all their needs together, since an instance that goes for one claim is
gone for the next. Over hosts the combinations are put together by dynamic programming on what each claim still
needs. Of each combination only as many hosts can matter as units are asked for in all.
"""

import heapq
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from blazar_spot.core.model import HostRequest, Request, Reservation, Size, Snapshot, Spot, times
from blazar_spot.core.planner.capacity import room
from blazar_spot.core.planner.outcome import Part
from blazar_spot.core.planner.sites import Site, gather, in_the_way
from blazar_spot.core.planner.slots import ask_of, shape_of
from blazar_spot.core.planner.victims import Covering
from blazar_spot.core.planner.whole import offer_of

# How much work may be put into deciding together before the claims are decided one after another.
COMBINATIONS = 50_000
STEPS = 5_000_000

Shares = tuple[int, ...]


class TooMany(Exception):
    """Deciding these claims together would take too long."""


@dataclass(slots=True)
class Share:
    """What one claim gets: units per host, and who may be evicted there for any of the claims."""

    units: dict[str, int] = field(default_factory=dict)
    victims: set[str] = field(default_factory=set)


class Combination(NamedTuple):
    """Shares of one host, what they cost together, and who goes for them."""

    cost: int
    host: str
    shares: Shares
    victims: tuple[str, ...]


class Row(NamedTuple):
    """One thing of which enough has to be freed: how much, and what each instance frees."""

    need: int
    gains: dict[str, int]


class Trail(NamedTuple):
    """The combinations that lead to a state, the latest first."""

    taken: Combination
    before: "Trail | None"


def held(request: Request, slots: int) -> Size | None:
    """What so many units of the claim hold of a host; None is the whole host."""
    return None if isinstance(request, HostRequest) else times(request.size, slots)


def asked(request: Request) -> int:
    return request.count_min if isinstance(request, HostRequest) else request.count


def amounts(request: Request) -> range:
    """How many units one host may give to the claim, apart from none."""
    if isinstance(request, HostRequest):
        return range(1, 2)
    shape = shape_of(request)
    return range(shape.unit, shape.per_host + 1, shape.unit)


def best(requests: Sequence[Request], snapshot: Snapshot) -> list[Share] | None:
    """What each claim gets; None when they cannot all be served. They must be in the order of their starts."""
    needs = tuple(asked(request) for request in requests)
    kept = _worth_looking_at(_combinations(requests, snapshot), sum(needs))
    if math.prod(need + 1 for need in needs) * sum(map(len, kept.values())) > STEPS:
        raise TooMany
    states: dict[Shares, tuple[int, Trail | None]] = {needs: (0, None)}
    for host in sorted(kept):
        following = dict(states)
        for left, (cost, trail) in states.items():
            for option in kept[host]:
                rest = tuple(map(int.__sub__, left, option.shares))
                if min(rest) < 0:
                    continue
                known = following.get(rest)
                if known is None or cost + option.cost < known[0]:
                    following[rest] = (cost + option.cost, Trail(option, trail))
        states = following
    found = states.get((0,) * len(needs))
    return None if found is None else _shares(found[1], len(needs))


def _shares(trail: Trail | None, claims: int) -> list[Share]:
    found = [Share() for _ in range(claims)]
    while trail is not None:
        for share, units in zip(found, trail.taken.shares, strict=True):
            if units:
                share.units[trail.taken.host] = units
                share.victims.update(trail.taken.victims)
        trail = trail.before
    return found


def _worth_looking_at(found: Iterator[Combination], most: int) -> dict[str, list[Combination]]:
    """Per host the combinations that are among the cheapest of their kind."""
    kinds: dict[Shares, list[Combination]] = {}
    for number, combination in enumerate(found):
        if number == COMBINATIONS:
            raise TooMany
        kinds.setdefault(combination.shares, []).append(combination)
    kept: dict[str, list[Combination]] = {}
    for kind in kinds.values():
        for combination in heapq.nsmallest(most, kind):
            kept.setdefault(combination.host, []).append(combination)
    return kept


def _combinations(requests: Sequence[Request], snapshot: Snapshot) -> Iterator[Combination]:
    matching = [{site.host.id for site in gather(snapshot, request)} for request in requests]
    everything = HostRequest(start=snapshot.now, end=snapshot.now + 1, count_min=1, count_max=1)
    for site in gather(snapshot, everything):
        able = [site.host.id in names for names in matching]
        spots = {spot.id: spot for spot in site.spots}
        for shares, rows in _ways(snapshot, requests, able, site):
            if any(shares):
                yield _combined(site.host.id, spots, shares, rows)


def _ways(
    snapshot: Snapshot, requests: Sequence[Request], able: Sequence[bool], site: Site
) -> Iterator[tuple[Shares, list[Row]]]:
    """All shares of the host that the claims can have beside each other, with what has to be freed for them."""
    if not requests:
        yield (), []
        return
    request = requests[0]
    for units in [0, *(amounts(request) if able[0] else [])]:
        rows: list[Row] | None = []
        beside = site
        if units:
            rows = _rows(snapshot, request, site, units)
            claim = Reservation("", site.host.id, request.start, request.end, held(request, units))
            beside = replace(site, reservations=[*site.reservations, claim])
        if rows is None:
            continue
        for shares, more in _ways(snapshot, requests[1:], able[1:], beside):
            yield (units, *shares), rows + more


def _rows(snapshot: Snapshot, request: Request, site: Site, units: int) -> list[Row] | None:
    """What has to be freed for so many units; None when they are not to be had."""
    if isinstance(request, HostRequest):
        if offer_of(snapshot, request, site) is None:
            return None
        there = [spot for spot in in_the_way(site.spots, request.start - snapshot.rules.lead) if spot.cost]
        return [Row(len(there), {spot.id: 1 for spot in there})]
    found = room(ask_of(snapshot, request), site, request.start)
    if found is None or units > found.most:
        return None
    names = [spot.id for spot in found.paid]
    return [
        Row(dimension.missing(units), dict(zip(names, dimension.gains(found.paid), strict=True)))
        for dimension in found.dimensions
    ]


def _combined(host: str, spots: dict[str, Spot], shares: Shares, rows: list[Row]) -> Combination:
    names = sorted({name for row in rows for name in row.gains})
    columns = [[row.gains.get(name, 0) for name in names] for row in rows]
    covering = Covering([spots[name].cost for name in names], columns, [row.need for row in rows])
    while not covering.exact:
        covering.sharpen()
    return Combination(covering.bound, host, shares, tuple(names[item] for item in covering.items))


def parts(snapshot: Snapshot, request: Request, share: Share) -> list[Part]:
    """The claim's share in the present state: of those who may go, only who has to go for this claim already."""
    found: list[Part] = []
    for site in gather(snapshot, request):
        units = share.units.get(site.host.id, 0)
        if not units:
            continue
        if isinstance(request, HostRequest):
            found.append((site, 1, in_the_way(site.spots, request.start - snapshot.rules.lead)))
            continue
        space = room(ask_of(snapshot, request), site, request.start)
        if space is None:
            raise ValueError(f"{site.host.id} cannot give {units} slots")
        space.paid = [spot for spot in space.paid if spot.id in share.victims]
        found.append((site, units, space.evictions(units)))
    return found
