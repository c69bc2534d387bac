# SPDX-License-Identifier: Apache-2.0
"""The hosts that match a request, each with what is on it.

A site is one host seen alone: its spot instances and its reservations. Everything the planner decides about a host
follows from its site, the instant and the rules; what hosts have to do with each other is ``merge``'s and
``earliest``'s.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

from blazar_spot.core.model import Host, Request, Reservation, Rules, Size, Snapshot, Spot


@dataclass(slots=True, eq=False)
class Site:
    """One matching host, its spot instances and its reservations."""

    host: Host
    spots: list[Spot] = field(default_factory=list)
    reservations: list[Reservation] = field(default_factory=list)

    def overlapping(self, start: int, end: int) -> list[Reservation]:
        """The reservations that hold a part of the window [start, end)."""
        return [claim for claim in self.reservations if claim.start < end and start < claim.end]


def fits(need: Size, cap: Size) -> bool:
    return all(cap.get(resource, 0) >= amount for resource, amount in need.items())


def matches(host: Host, request: Request) -> bool:
    """Whether the host is of the kind that is asked for."""
    return all(host.props.get(name) == value for name, value in request.props.items()) and fits(
        request.min_cap, host.cap
    )


def gather(snapshot: Snapshot, request: Request) -> list[Site]:
    """The sites of all matching hosts, in the order of their ids, so that input order never matters."""
    chosen = sorted((host for host in snapshot.hosts if matches(host, request)), key=lambda host: host.id)
    sites = {host.id: Site(host) for host in chosen}
    for spot in snapshot.spots:
        site = sites.get(spot.host)
        if site is not None:
            site.spots.append(spot)
    for claim in snapshot.reservations:
        site = sites.get(claim.host)
        if site is not None:
            site.reservations.append(claim)
    return list(sites.values())


def evictable_from(spot: Spot, now: int, rules: Rules) -> int:
    """The first instant at which the instance may be deleted without breaking a promise made to it."""
    uptime = rules.min_uptime if spot.min_uptime is None else min(spot.min_uptime, rules.min_uptime)
    return max(now + notice_of(spot, rules), spot.launched_at + uptime)


def notice_of(spot: Spot, rules: Rules) -> int:
    """How long before its end the instance has to be told."""
    return rules.notice if spot.notice is None else min(spot.notice, rules.notice)


def is_gone(spot: Spot, evict_at: int) -> bool:
    """Whether an earlier decision has ended the instance by then."""
    return spot.evict_at is not None and spot.evict_at <= evict_at


def gives_way_at(spot: Spot, now: int, rules: Rules) -> int:
    """The first start that the instance is not in the way of: evicted by then, or condemned already."""
    free_from = evictable_from(spot, now, rules)
    if spot.evict_at is not None:
        free_from = min(free_from, spot.evict_at)
    return free_from + rules.lead


def in_the_way(spots: Iterable[Spot], evict_at: int) -> list[Spot]:
    """The instances that are still there at that instant if nothing is done, in the order of their ids."""
    return sorted((spot for spot in spots if not is_gone(spot, evict_at)), key=lambda spot: spot.id)
