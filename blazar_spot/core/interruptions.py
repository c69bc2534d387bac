# SPDX-License-Identifier: Apache-2.0
"""Notices that somebody orders for one instance: rehearsals, and interruptions, at whose end the instance goes.

Those who are told cannot tell them from a reclaim's, which is what they are for. A reclaim does not know them: it tells
the instance itself, and what was ordered gives way. Only an interruption whose time has come is as good as its own.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from blazar_spot.core.notice import counted_from, promised_until
from blazar_spot.core.policy import Policy
from blazar_spot.core.promises import Instance, Notice, NoticeState, Purpose


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What is ordered: a notice of so many seconds, of the usual length if that is None. As with every notice there is
    some time besides, in which it is written where it can be read.

    With ``evicts`` the instance goes at its end. Who orders that for an instance that is their own (``is_own``) may do
    without any promise.
    """

    seconds: int | None = None
    evicts: bool = False
    is_own: bool = False
    reason: str = ""


def ordered(order: Order, instance: Instance, now: int, policy: Policy, notice_id: str) -> Notice:
    """The notice that is ordered."""
    length = policy.notice_of(instance.notice) if order.seconds is None else order.seconds
    until = now + max(length, 1)
    if order.evicts and not order.is_own:
        until = max(until, promised_until(instance, now, policy))
    return Notice(
        id=notice_id,
        instance_id=instance.id,
        project_id=instance.project_id,
        host=instance.host,
        decided_at=now,
        deadline_at=until + policy.notice_slack,
        given_at=None,
        state=NoticeState.SCHEDULED,
        purpose=Purpose.INTERRUPTION if order.evicts else Purpose.REHEARSAL,
    )


def is_due(notice: Notice, now: int) -> bool:
    """Whether this is an interruption whose instance may go now."""
    has_run = notice.given_at is not None and notice.deadline_at <= now
    return notice.purpose is Purpose.INTERRUPTION and (has_run or notice.ready_at is not None)


def known_to_reclaims(notices: Iterable[Notice], now: int) -> dict[str, Notice]:
    """By instance the notices that count for a reclaim; whoever has none of these has to be told."""
    return {one.instance_id: one for one in notices if one.purpose is Purpose.RECLAIM or is_due(one, now)}


def played(notice: Notice, now: int) -> Notice:
    """What was ordered as it is now: a rehearsal is over at its deadline."""
    is_over = notice.purpose is Purpose.REHEARSAL and notice.deadline_at <= now
    return called_off(notice) if is_over else notice


def called_off(notice: Notice) -> Notice:
    """The notice withdrawn."""
    return replace(notice, state=NoticeState.WITHDRAWN, revision=notice.revision + 1)


def is_too_short(notice: Notice, instance: Instance, now: int, policy: Policy) -> bool:
    """Whether an instance that goes now has run shorter than it was to when this was ordered: it booted slowly."""
    uptime = policy.min_uptime_of(instance.min_uptime)
    was_promised = notice.deadline_at >= counted_from(instance, policy) + uptime
    return was_promised and now < (instance.running_since or now) + uptime
