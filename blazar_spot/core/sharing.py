# SPDX-License-Identifier: Apache-2.0
"""A claim on a part of its host: what of its room is still taken, and who has to go for it.

Everything is counted in the host's own resource classes, as the scheduler counts them. Whoever is not of a reservation
that has its room here anyway is in the way as far as there is no room beside it, and of the spot instances those go
that cost the least. How instances are told and deleted is the same as for whole hosts.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from blazar_spot.core.model import Size
from blazar_spot.core.notice import counted_from, promised_until
from blazar_spot.core.planner.victims import Covering
from blazar_spot.core.policy import Policy
from blazar_spot.core.promises import Claim, Instance, Notice, Standing

RESERVATION = "CUSTOM_RESERVATION_"
"""Blazar makes a resource class for each reservation; its servers, and nobody else, hold some of it."""

_WORK = 1 << 10
_PROMISE = 1 << 60


@dataclass(frozen=True, slots=True)
class Usage:
    """What a host has to give, and what each consumer holds of it, reservations' own classes included."""

    capacity: Size
    held: Mapping[str, Size]

    def and_held_by(self, others: Mapping[str, Size | None]) -> "Usage":
        """The same, and these consumers too; one of which it is not known what it holds may hold everything."""
        return Usage(self.capacity, {**self.held, **{one: size or self.capacity for one, size in others.items()}})


def reservation_class(reservation_id: str) -> str:
    """The resource class that Blazar makes for this reservation."""
    return RESERVATION + reservation_id.upper().replace("-", "_")


def beside(claim: Claim, claims: Iterable[Claim], now: int) -> list[Claim]:
    """The firm claims whose room on the host is kept for them while this one gets its own.

    Of two claims only the later one counts the other, so that neither waits for the other.
    """
    at = max(now, claim.start_at)
    return [
        other
        for other in claims
        if other.host == claim.host
        and other.room is not None
        and other.standing is Standing.FIRM
        and (other.start_at, other.id) < (claim.start_at, claim.id)
        and at < other.end_at
    ]


def at_home(claims: Iterable[Claim], usage: Usage) -> frozenset[str]:
    """The consumers that stand in the room of their own reservation."""
    classes = {reservation_class(claim.reservation_id) for claim in claims}
    return frozenset(consumer for consumer, size in usage.held.items() if classes & size.keys())


def missing(claim: Claim, others: Iterable[Claim], usage: Usage) -> dict[str, int]:
    """What of the claim's room is still taken, beside the room of the others; nothing if the claim can be served."""
    others = list(others)
    inside = at_home([claim, *others], usage)
    taken = [size for consumer, size in usage.held.items() if consumer not in inside]
    taken += [other.room or {} for other in others]
    lacking = {}
    for name, wanted in (claim.room or {}).items():
        free = usage.capacity.get(name, 0) - sum(size.get(name, 0) for size in taken)
        if wanted > free:
            lacking[name] = wanted - free
    return lacking


def victims(lacking: Size, sizes: Mapping[str, Size], costs: Mapping[str, int]) -> frozenset[str]:
    """Those whose going frees what is lacking, at the least cost; as much as they can free, if that is not enough."""
    names, ones = sorted(lacking), sorted(sizes)
    columns = [[sizes[one].get(name, 0) for one in ones] for name in names]
    need = [min(lacking[name], sum(column)) for name, column in zip(names, columns, strict=True)]
    covering = Covering([costs[one] for one in ones], columns, need)
    while not covering.exact:
        covering.sharpen()
    return frozenset(ones[item] for item in covering.items)


def cost(instance: Instance | None, notice: Notice | None, evict_at: int, policy: Policy, now: int) -> int:
    """What the going of a spot instance at ``evict_at`` costs: nothing if its holder lets it go. Who was told so goes
    before anybody else, and who was promised more time only if nobody else can."""
    if instance is None:
        return _PROMISE
    if notice is not None and notice.ready_at is not None:
        return 0
    first = max(evict_at, promised_until(instance, now, policy))
    if notice is not None and notice.deadline_at <= first:
        return 1
    work = _WORK + max(0, now - counted_from(instance, policy))
    return work if first == evict_at and notice is None else _PROMISE + work
