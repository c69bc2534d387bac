# SPDX-License-Identifier: Apache-2.0
"""Why each host was chosen or passed over, and why each instance goes or stays: data and one sentence for people.

It reads a plan that is made already and never changes it. Since it says something about everything, it takes longer
than planning: ask for it where somebody reads it.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from blazar_spot.core.model import Blocker, Host, HostRequest, Plan, Request, SlotRequest, Snapshot, Spot, Victim
from blazar_spot.core.planner.capacity import room
from blazar_spot.core.planner.sites import Site, evictable_from, gather, in_the_way, is_gone, matches
from blazar_spot.core.planner.slots import ask_of, held_longest
from blazar_spot.core.planner.whole import blocker


@dataclass(frozen=True, slots=True)
class Reason:
    """``code`` is stable; ``data`` holds the numbers that the sentence says."""

    subject: str
    id: str
    code: str
    sentence: str
    data: Mapping[str, int | str | None] = field(default_factory=dict)


def explain(snapshot: Snapshot, request: Request, plan: Plan) -> list[Reason]:
    """A reason for each host and then for each instance, in the order of their ids."""
    hosts = sorted(snapshot.hosts, key=lambda host: host.id)
    spots = sorted(snapshot.spots, key=lambda spot: spot.id)
    sites = {site.host.id: site for site in gather(snapshot, request)}
    chosen = {choice.host: choice for choice in plan.hosts}
    victims = {victim.id: victim for victim in plan.victims}
    found = []
    for host in hosts:
        if host.id in chosen:
            slots, cost = chosen[host.id].slots, chosen[host.id].cost
            parts = "for 1 slot" if slots == 1 else f"for {slots} slots"
            what = "whole" if isinstance(request, HostRequest) else parts
            sentence = f"{host.id} is taken {what}; that costs {cost}."
            found.append(Reason("host", host.id, "chosen", sentence, {"slots": slots, "cost": cost}))
        elif not matches(host, request):
            found.append(_other_kind(host, request))
        else:
            found.append(_passed_over(snapshot, request, plan, sites[host.id]))
    for spot in spots:
        found.append(_fate(snapshot, request, spot, victims.get(spot.id), spot.host in chosen))
    return found


def _other_kind(host: Host, request: Request) -> Reason:
    for name, wanted in request.props.items():
        if host.props.get(name) != wanted:
            found = host.props.get(name)
            kind = f"it has no {name}" if found is None else f"{name} is {found}"
            sentence = f"{host.id} is of another kind: {kind}, and {wanted} is asked for."
            return Reason("host", host.id, "other_kind", sentence, {name: found})
    name, least = next((name, least) for name, least in request.min_cap.items() if host.cap.get(name, 0) < least)
    has = host.cap.get(name, 0)
    return Reason("host", host.id, "too_small", f"{host.id} has {has} {name}, less than {least}.", {name: has})


def _passed_over(snapshot: Snapshot, request: Request, plan: Plan, site: Site) -> Reason:
    cost = _cost_of_one(snapshot, request, site)
    name = site.host.id
    if isinstance(cost, Blocker):
        return _blocked(cost)
    if not plan.feasible:
        sentence = f"{name} could give slots, but all hosts together give too few."
        if isinstance(request, HostRequest):
            sentence = f"{name} could be taken, but too few others could."
        return Reason("host", name, "not_enough", sentence, {"cost": cost})
    dearest = max((choice.cost for choice in plan.hosts), default=0)
    what = "it"
    if isinstance(request, SlotRequest):
        what = "all slots on it" if request.affinity is True else "a slot on it"
    sentence = f"{name} is passed over: {what} would cost {cost}; the chosen hosts cost {plan.cost} in all."
    return Reason("host", name, "dearer" if cost > dearest else "not_needed", sentence, {"cost": cost})


def _cost_of_one(snapshot: Snapshot, request: Request, site: Site) -> int | Blocker:
    """What the least that the host could give would cost, or why it gives nothing."""
    if isinstance(request, HostRequest):
        victims = in_the_way(site.spots, request.start - snapshot.rules.lead)
        return blocker(snapshot, request, site) or sum(spot.cost for spot in victims)
    ask = ask_of(snapshot, request)
    least = request.count if request.affinity is True else 1
    found = room(ask, site, request.start)
    if found is not None and found.most >= least:
        return found.cost(least)
    empty = room(ask, Site(site.host), request.start)
    if empty is None or empty.most < least:
        return Blocker(site.host.id, "room", None, None)
    return held_longest(snapshot, request, ask, site)


def _blocked(block: Blocker) -> Reason:
    data = {"held_by": block.held_by, "until": block.until}
    if block.kind == "room":
        return Reason("host", block.host, "no_room", f"{block.host} would give too little even if it were empty.", data)
    if block.kind == "reservation":
        sentence = f"{block.host} is held by reservation {block.held_by} until {block.until}."
        return Reason("host", block.host, "reserved", sentence, data)
    sentence = f"{block.host} is held by {block.held_by}, which may go only for a start at {block.until} or later."
    return Reason("host", block.host, "promised", sentence, data)


def _fate(snapshot: Snapshot, request: Request, spot: Spot, victim: Victim | None, host_is_chosen: bool) -> Reason:
    if victim is not None:
        sentence = (
            f"{spot.id} goes: it is told at {victim.notice_at} and evicted at {victim.evict_at}, "
            f"after {victim.evict_at - spot.launched_at} s; that costs {spot.cost}."
        )
        data = {"cost": spot.cost, "notice_at": victim.notice_at, "evict_at": victim.evict_at}
        return Reason("spot", spot.id, "victim", sentence, data)
    evict_at = request.start - snapshot.rules.lead
    if is_gone(spot, evict_at):
        sentence = f"{spot.id} goes at {spot.evict_at} by an earlier decision and costs nothing."
        return Reason("spot", spot.id, "condemned", sentence, {"evict_at": spot.evict_at})
    if not host_is_chosen:
        sentence = f"{spot.id} stays: {spot.host} gives nothing."
        return Reason("spot", spot.id, "spared_host", sentence, {"host": spot.host})
    free_from = evictable_from(spot, snapshot.now, snapshot.rules)
    if free_from > evict_at:
        sentence = f"{spot.id} stays: it may not be evicted before {free_from}."
        return Reason("spot", spot.id, "promised", sentence, {"evictable_from": free_from})
    sentence = f"{spot.id} stays: {spot.host} has room enough without evicting it."
    return Reason("spot", spot.id, "spared", sentence, {"cost": spot.cost})


def table(reasons: list[Reason]) -> Iterator[str]:
    """The reasons as lines with aligned columns."""
    width = max((len(reason.id) for reason in reasons), default=0)
    code = max((len(reason.code) for reason in reasons), default=0)
    for reason in reasons:
        yield f"{reason.subject:4}  {reason.id:{width}}  {reason.code:{code}}  {reason.sentence}"
