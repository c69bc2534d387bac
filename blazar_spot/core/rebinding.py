# SPDX-License-Identifier: Apache-2.0
"""Binding for good: shortly before their fences close, claims get the hosts that are cheapest to free by then.

Which claims are due, and what is better than what they have; nothing is written here. Hosts change only if that
makes evictions cheaper, so that deciding twice is deciding once. Next: ``planner.binding``.
"""

from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, replace

from blazar_spot.core.booking import Candidate, Wish, snapshot
from blazar_spot.core.model import Host, HostRequest, Snapshot
from blazar_spot.core.planner import Binding, bind
from blazar_spot.core.policy import Policy
from blazar_spot.core.promises import Claim, Instance, Notice, Reclaim, Standing
from blazar_spot.core.reclaim import State

TOGETHER = 60
"""Claims whose fences close within so many seconds of each other are decided together."""


@dataclass(frozen=True, slots=True)
class Bound:
    """A reservation that may leave some of its hosts, for a window; ``candidates`` are these and all that it could
    have instead, busy without them."""

    reservation_id: str
    start_at: int
    end_at: int
    hosts: frozenset[str]
    candidates: tuple[Candidate, ...]


@dataclass(frozen=True, slots=True)
class Move:
    """One host of a reservation is given up for another one."""

    reservation_id: str
    leaves: str
    joins: str


def due(claims: Iterable[tuple[Claim, Reclaim | None]], now: int, margin: int) -> list[tuple[Claim, Reclaim]]:
    """The committed claims on whole hosts whose fences close soon, but not before ``margin`` from now.

    Nothing has been done for such a claim and nobody has been told anything.
    """
    return [
        (claim, reclaim)
        for claim, reclaim in claims
        if claim.standing is Standing.FIRM
        and claim.room is None
        and not claim.is_drain
        and reclaim is not None
        and reclaim.state is State.PLANNED
        and margin < reclaim.fence_at - now <= margin + TOGETHER
    ]


def moves(
    bounds: Sequence[Bound],
    instances: Iterable[Instance],
    notices: Mapping[str, Notice],
    lead: int,
    policy: Policy,
    now: int,
) -> list[Move]:
    """What to change so that all of them together cost the least; nothing if it costs as much as now."""
    window = Wish(start_at=bounds[0].start_at, end_at=bounds[0].end_at, count_min=1, count_max=1)
    every = {candidate.host: candidate for bound in bounds for candidate in bound.candidates}
    state = snapshot(window, every.values(), instances, notices, lead, policy, now)
    requests = [
        HostRequest(
            start=bound.start_at,
            end=bound.end_at,
            count_min=len(bound.hosts),
            count_max=len(bound.hosts),
            props={bound.reservation_id: ""},
        )
        for bound in bounds
    ]
    present = bind(_matching(state, {bound.reservation_id: bound.hosts for bound in bounds}), requests)
    able = {bound.reservation_id: frozenset(one.host for one in bound.candidates) for bound in bounds}
    best = bind(_matching(state, able), requests)
    if not all(plan.feasible for plan in best.plans) or _worth(best) <= _worth(present):
        return []
    return [
        Move(bound.reservation_id, leaves, joins)
        for bound, plan in zip(bounds, best.plans, strict=True)
        for leaves, joins in _changes(bound.hosts, {choice.host for choice in plan.hosts})
    ]


def _changes(before: Set[str], after: Set[str]) -> Iterable[tuple[str, str]]:
    return zip(sorted(before - after), sorted(after - before), strict=True)


def _matching(state: Snapshot, able: Mapping[str, frozenset[str]]) -> Snapshot:
    """The state in which each host says which of the reservations may have it."""
    return replace(
        state,
        hosts=tuple(
            Host(host.id, host.cap, {name: "" for name, hosts in able.items() if host.id in hosts})
            for host in state.hosts
        ),
    )


def _worth(binding: Binding) -> tuple[int, int]:
    """How many are served, then how cheaply."""
    return sum(plan.feasible for plan in binding.plans), -binding.cost
