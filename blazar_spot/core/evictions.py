# SPDX-License-Identifier: Apache-2.0
"""How an instance is made to go: one measure after another, each with its time.

An eviction is the record of what was sent when. Every engine reads the same record, so a measure is not sent again on
each tick nor by each replica, and the time from the first delete to the end can be told afterwards.
"""

from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from enum import StrEnum

from blazar_spot.core.policy import Policy


class Measure(StrEnum):
    """In the order in which they are taken."""

    SHUTDOWN = "shutdown"
    """The guest is asked to shut down; only if the policy gives it time."""
    DELETE = "delete"
    FORCE = "force"
    """A delete that soft deletion does not turn into a mark."""
    RESET = "reset"
    """The server's state is set to ERROR, which ends a task that hangs, then it is deleted by force."""
    ALARM = "alarm"
    """Nothing helped; it is deleted by force again and again, and somebody has to look."""


class Outcome(StrEnum):
    """What became of the measure; SENT is also what a process leaves that died while it asked."""

    SENT = "sent"
    ACCEPTED = "accepted"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True, kw_only=True)
class Eviction:
    """The end of one instance; it has the instance's id. ``tried_at`` is when its present measure was first sent."""

    id: str
    host: str
    asked_at: int
    measure: Measure
    tried_at: int
    outcome: Outcome
    gone_at: int | None = None
    version: int = 0

    @property
    def is_accepted(self) -> bool:
        return self.measure is not Measure.SHUTDOWN and (
            self.outcome is Outcome.ACCEPTED or self.measure is not Measure.DELETE
        )


CLAIMED_FOR = 10
"""How long a measure that was sent belongs to the engine that sent it, before another one sends it again."""

_LADDER = list(Measure)


def next_measure(before: Eviction | None, policy: Policy, now: int, *, is_soft_deleted: bool = False) -> Measure | None:
    """What to send now, None if the last measure still has time. One that is soft-deleted was only marked: nothing
    but force is of use then, and waiting would cost it the time that was counted for its delete."""
    if before is None or before.gone_at is not None:
        return _first(policy, is_soft_deleted=is_soft_deleted)
    is_free = before.outcome is not Outcome.SENT or now - before.tried_at >= CLAIMED_FOR
    if is_soft_deleted and is_free and before.measure in (Measure.SHUTDOWN, Measure.DELETE):
        return Measure.FORCE
    if now - before.tried_at >= _time_for(before.measure, policy):
        return _LADDER[min(_LADDER.index(before.measure) + 1, len(_LADDER) - 1)]
    return before.measure if is_free and before.outcome is not Outcome.ACCEPTED else None


def _first(policy: Policy, *, is_soft_deleted: bool) -> Measure:
    if is_soft_deleted:
        return Measure.FORCE
    return Measure.SHUTDOWN if policy.shutdown_allowance else Measure.DELETE


def _time_for(measure: Measure, policy: Policy) -> int:
    match measure:
        case Measure.SHUTDOWN:
            return policy.shutdown_allowance
        case Measure.DELETE:
            return policy.delete_p99
        case Measure.FORCE:
            return policy.force_allowance
        case _:
            return policy.reset_allowance


def is_room_kept(due_at: Iterable[int], policy: Policy, now: int) -> bool:
    """Whether whoever may go early has to wait: its delete might still take up room when others fall due, and the lead
    was not counted for that."""
    return any(now <= at <= now + policy.delete_p99 for at in due_at)


def allowed(wanted: Iterable[str], host: str, under_way: Collection[Eviction], policy: Policy, now: int) -> list[str]:
    """Those of the new evictions on a host for which there is room beside those under way, in order.

    An eviction that has had the time of a slow delete holds up nobody any more.
    """
    working = Counter(one.host for one in under_way if now - one.asked_at < policy.delete_p99)
    room = min(policy.parallel_deletes - working.total(), policy.parallel_deletes_per_host - working[host])
    return sorted(wanted)[: max(room, 0)]
