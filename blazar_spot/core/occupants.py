# SPDX-License-Identifier: Apache-2.0
"""Whose is it? Everybody who stands on a host that is to be freed, sorted by what may be done about them.

Spot instances are told and deleted. Whoever has no promise (any more) is deleted without being told. Everybody else is
never touched before a hand-over: the host is late, and somebody is told who it is.
"""

from collections.abc import Collection, Iterable, Mapping, Set
from dataclasses import dataclass
from enum import StrEnum

from blazar_spot.core.promises import Claim, Standing


class Whose(StrEnum):
    """What a stranger is."""

    RESERVED = "a server of a reservation that has the host"
    LEAVING = "a server of a reservation that has ended"
    MOVED = "left behind by a server that has moved"
    UNKNOWN = "neither spot nor of a reservation"


@dataclass(frozen=True, slots=True)
class Sorted:
    """``moved`` are the servers, by id, that were spot on the host and whose move away from it waits for its
    confirmation."""

    spots: frozenset[str]
    condemned: frozenset[str]
    moved: frozenset[str]
    strangers: frozenset[str]


def sort_out(
    occupants: Set[str], here: Set[str], condemned: Set[str], spot: Set[str], moves: Mapping[str, str]
) -> Sorted:
    """``here``: spot servers on the host or being built for it; ``condemned``: those known to have no promise;
    ``moves``: moves away from the host, each with its server; ``spot``: those of these servers that are spot, wherever
    they are, or were."""
    moved = {moves[one] for one in occupants & moves.keys()}
    return Sorted(
        spots=frozenset(here - condemned),
        condemned=frozenset(condemned),
        moved=frozenset(server for server in moved if server in spot),
        strangers=frozenset(one for one in occupants - here - condemned if not (one in moves and moves[one] in spot)),
    )


def is_let(claims: Iterable[Claim], now: int) -> bool:
    """Whether one of these claims has its whole host now."""
    return any(
        claim.room is None and claim.standing is Standing.FIRM and claim.start_at <= now < claim.end_at
        for claim in claims
    )


def whose(created_at: int | None, is_elsewhere: bool, claims: Collection[Claim], now: int) -> Whose:
    """What a stranger is, from when its server was made (None: there is no such server) and where it lives now.

    ``claims`` are those that the host has served or serves. Other projects are locked out of a reservation's hosts, so
    a server that was made in its time is its own.
    """
    if is_elsewhere:
        return Whose.MOVED
    if created_at is None:
        return Whose.UNKNOWN
    mine = [claim for claim in claims if claim.start_at <= created_at < claim.end_at]
    if not mine:
        return Whose.UNKNOWN
    is_running = any(claim.standing is Standing.FIRM and now < claim.end_at for claim in mine)
    return Whose.RESERVED if is_running else Whose.LEAVING
