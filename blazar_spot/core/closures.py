# SPDX-License-Identifier: Apache-2.0
"""Hosts that an operator keeps spot instances away from, and hosts that are drained.

A closure keeps a pool closed until the host is opened again. A drain is a closure with a claim of its own, which has no
lease and no end: so everybody on the host is told and goes as for a reservation, with every promise kept.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import StrEnum

from blazar_spot.core.booking import Candidate
from blazar_spot.core.promises import Claim, Reclaim
from blazar_spot.core.reclaim import State

FOREVER = 4_102_444_800
"""The end of what has none: the year 2100, which every database can store."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Closure:
    """A host that is closed has one, with the host's name as its id."""

    id: str
    closed_at: int
    reason: str = ""
    version: int = 0


class Stage(StrEnum):
    """How far a closure is."""

    CLOSED = "closed"
    """No spot instance comes to the host; those that are there stay."""
    DRAINING = "draining"
    """They are told, and go."""
    OVERDUE = "overdue"
    """They should have gone, or somebody else is on the host."""
    DRAINED = "drained"
    """The host was seen clean, and stays so until it is opened."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Closed:
    """A closure, and the claim and the reclaim of its drain if it is one; ``is_taken`` if a reservation has the host
    all the same, which was there first. ``waits_for`` says why the engines do nothing for it yet, if they do not."""

    closure: Closure
    claim: Claim | None = None
    reclaim: Reclaim | None = None
    is_taken: bool = False
    waits_for: str | None = None

    @property
    def stage(self) -> Stage:
        if self.claim is None:
            return Stage.CLOSED
        if self.is_taken:
            return Stage.OVERDUE
        state = None if self.reclaim is None else self.reclaim.state
        return {State.READY: Stage.DRAINED, State.OVERDUE: Stage.OVERDUE}.get(state or State.PLANNED, Stage.DRAINING)


def around_drains(candidates: Iterable[Candidate], claims: Iterable[Claim]) -> list[Candidate]:
    """The hosts, busy while they are drained, too."""
    windows: dict[str, list[tuple[int, int]]] = {}
    for claim in claims:
        if claim.is_drain:
            windows.setdefault(claim.host, []).append((claim.start_at, claim.end_at))
    return [replace(one, busy=(*one.busy, *windows.get(one.host, ()))) for one in candidates]


def is_reserved(drain: Claim, claims: Iterable[Claim]) -> bool:
    """Whether a reservation has the host at any time at which it is to be drained."""
    return any(
        one.host == drain.host and not one.is_drain and one.start_at < drain.end_at and drain.start_at < one.end_at
        for one in claims
    )


def to_drain(host: str, claims: Iterable[Claim]) -> Candidate:
    """The host as its drain sees it: busy while any reservation has anything of it."""
    busy = ((claim.start_at, claim.end_at) for claim in claims if claim.host == host and not claim.is_drain)
    return Candidate(host, host, tuple(sorted(busy)))
