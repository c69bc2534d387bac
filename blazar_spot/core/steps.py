# SPDX-License-Identifier: Apache-2.0
"""What to do next with a reclaim, given what was just observed.

``next_step`` is the whole decision. It remembers nothing, so a restarted engine, or a second one, decides the same.
Unknown is never clean: what could not be observed is None, and then the only answer is to wait or to keep on.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from blazar_spot.core.promises import Claim, Notice, Reclaim, Standing
from blazar_spot.core.reclaim import State


@dataclass(frozen=True, slots=True)
class Seen:
    """What was observed about a reclaim's host in this tick.

    ``spots``: the spot instances on it that have a promise, those being built included. ``condemned``: those without
    one. ``notices``: the open ones of both. ``moved``: spot instances elsewhere whose move away waits to be confirmed.
    ``asked``: those whose deletion was accepted. ``occupants``: everything any witness names, None if one of them did
    not answer. ``unproven``: those whom only the third one names, which nothing can be done about.
    """

    is_closed: bool
    spots: frozenset[str]
    occupants: frozenset[str] | None
    notices: Mapping[str, Notice]
    condemned: frozenset[str] = frozenset()
    moved: frozenset[str] = frozenset()
    asked: frozenset[str] = frozenset()
    unproven: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Wait:
    """Nothing can be done now."""

    because: str


@dataclass(frozen=True, slots=True)
class Notify:
    """Decide notices for these instances."""

    instances: frozenset[str]


@dataclass(frozen=True, slots=True)
class Evict:
    """Make these instances go, and confirm the moves of those that have left already."""

    instances: frozenset[str]
    moved: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Enter:
    """Record that the reclaim is now in this state."""

    state: State


Step = Wait | Notify | Evict | Enter

_NOT_CLOSED = Wait("the host's pool is not closed")


def next_step(reclaim: Reclaim, claim: Claim | None, seen: Seen, now: int) -> Step:
    """The one next thing to do for this reclaim; its claim is None when it was withdrawn."""
    if claim is None:
        return Enter(State.CANCELLED)
    if now >= claim.end_at:
        return Enter(State.EXPIRED)
    match reclaim.state:
        case State.PLANNED:
            return _while_planned(reclaim, seen, now)
        case State.FENCED | State.NOTIFIED:
            return _while_noticing(reclaim, claim, seen, now)
        case State.EVICTING | State.VERIFYING | State.OVERDUE:
            return _while_evicting(reclaim, seen, now)
        case State.READY:
            return _while_ready(seen)
        case _:
            return Wait("the reclaim has ended")


def _while_planned(reclaim: Reclaim, seen: Seen, now: int) -> Step:
    if now < reclaim.fence_at:
        return Wait("the host may still take spot instances")
    return Enter(State.FENCED) if seen.is_closed else _NOT_CLOSED


def _while_noticing(reclaim: Reclaim, claim: Claim, seen: Seen, now: int) -> Step:
    if not seen.is_closed:
        return _NOT_CLOSED
    if claim.standing is not Standing.FIRM:
        return Wait("the lease is not committed yet")
    if now < reclaim.notice_at:
        return Wait("the notices are not due yet")
    untold = _without_notice(seen)
    if untold:
        return Notify(untold)
    if now >= reclaim.evict_at:
        # Also when a notice could not be given: each instance goes by its own, and nobody waits for a neighbour's.
        return Enter(State.EVICTING)
    is_given = all(seen.notices[server].given_at is not None for server in seen.spots)
    if is_given and reclaim.state is State.FENCED:
        return Enter(State.NOTIFIED)
    consenting = frozenset(server for server, notice in seen.notices.items() if notice.ready_at is not None)
    if consenting and seen.occupants is not None:
        return Evict(consenting)
    return Wait("the notices are running" if is_given else "a notice has not been given yet")


def _while_evicting(reclaim: Reclaim, seen: Seen, now: int) -> Step:
    if seen.occupants is not None and not seen.occupants:
        return _when_clean(reclaim)
    if reclaim.state is not State.OVERDUE and now >= reclaim.start_at:
        return Enter(State.OVERDUE)
    untold = _without_notice(seen)
    if untold:
        return Notify(untold)
    is_all_asked = seen.spots | seen.condemned <= seen.asked
    if reclaim.state is State.EVICTING and is_all_asked:
        return Enter(State.VERIFYING)
    if reclaim.state is State.VERIFYING and not is_all_asked:
        return Enter(State.EVICTING)
    due = seen.condemned | {server for server in seen.spots if _may_go(seen.notices[server], now)}
    if not due and not seen.moved:
        return Wait("the host has not been seen clean")
    if seen.occupants is None:
        # The host may be down: a delete would take the instance's row and leave the instance running.
        return Wait("it cannot be seen who is on the host")
    return Evict(frozenset(due), seen.moved)


def _when_clean(reclaim: Reclaim) -> Step:
    """READY is entered from VERIFYING only, so that the record always shows that the host was looked at."""
    return Enter(State.VERIFYING if reclaim.state is State.EVICTING else State.READY)


def _while_ready(seen: Seen) -> Step:
    if seen.occupants:
        return Enter(State.EVICTING)
    return Wait("the host is clean and waits for its reservation")


def _without_notice(seen: Seen) -> frozenset[str]:
    return seen.spots - seen.notices.keys()


def _may_go(notice: Notice, now: int) -> bool:
    """Its notice has run its length, or its holder does not need that."""
    return notice.ready_at is not None or (notice.given_at is not None and notice.deadline_at <= now)
