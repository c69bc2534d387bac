# SPDX-License-Identifier: Apache-2.0
"""What to do next with a reclaim, given what was just observed.

``next_step`` is the whole decision. It remembers nothing, so a restarted engine, or a second one, decides the same.
Unknown is never clean: what could not be observed is None, and then the only answer is to wait or to keep on.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from blazar_spot.core.policy import Policy
from blazar_spot.core.promises import Claim, Notice, Reclaim, Standing
from blazar_spot.core.reclaim import State


@dataclass(frozen=True, slots=True)
class Seen:
    """What was observed about a reclaim's host in this tick.

    ``spots``: the spot instances on it, being built or being deleted included. ``going``: those whose deletion is
    under way. ``occupants``: everything either witness names, None if one of them did not answer.
    """

    is_closed: bool
    spots: frozenset[str]
    going: frozenset[str]
    occupants: frozenset[str] | None
    notices: Mapping[str, Notice]


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
    """Delete these instances; ``force`` when a plain delete had its time and was not enough."""

    instances: frozenset[str]
    force: bool


@dataclass(frozen=True, slots=True)
class Enter:
    """Record that the reclaim is now in this state."""

    state: State


Step = Wait | Notify | Evict | Enter

_NOT_CLOSED = Wait("the host's pool is not closed")


def next_step(reclaim: Reclaim, claim: Claim | None, seen: Seen, policy: Policy, now: int) -> Step:
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
            return _while_evicting(reclaim, seen, policy, now)
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
    if any(notice.given_at is None for notice in seen.notices.values()):
        return Wait("a notice has not been given yet")
    if reclaim.state is State.FENCED:
        return Enter(State.NOTIFIED)
    if now < reclaim.evict_at:
        return Wait("the notices are running")
    return Enter(State.EVICTING)


def _while_evicting(reclaim: Reclaim, seen: Seen, policy: Policy, now: int) -> Step:
    untold = _without_notice(seen)
    if untold:
        return Notify(untold)
    due = frozenset(server for server in seen.spots if _has_run_out(seen.notices[server], now))
    force = now >= reclaim.evict_at + policy.delete_p99
    to_delete = due if force else due - seen.going
    if seen.occupants is not None and not seen.occupants:
        return _when_clean(reclaim)
    if reclaim.state is not State.OVERDUE and now >= reclaim.start_at:
        return Enter(State.OVERDUE)
    if to_delete:
        return Evict(to_delete, force) if reclaim.state is not State.VERIFYING else Enter(State.EVICTING)
    if reclaim.state is State.EVICTING and seen.spots <= seen.going:
        return Enter(State.VERIFYING)
    return Wait("the host has not been seen clean")


def _when_clean(reclaim: Reclaim) -> Step:
    """READY is entered from VERIFYING only, so that the record always shows that the host was looked at."""
    return Enter(State.VERIFYING if reclaim.state is State.EVICTING else State.READY)


def _while_ready(seen: Seen) -> Step:
    if seen.occupants:
        return Enter(State.EVICTING)
    return Wait("the host is clean and waits for its reservation")


def _without_notice(seen: Seen) -> frozenset[str]:
    return seen.spots - seen.notices.keys()


def _has_run_out(notice: Notice, now: int) -> bool:
    return notice.given_at is not None and notice.deadline_at <= now
