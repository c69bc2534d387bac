# SPDX-License-Identifier: Apache-2.0
"""The rules of a notice: when it must end at the earliest, and when it is revised or withdrawn.

A deadline only ever moves later. What the guest reads is derived from the notice and nothing else.
"""

from collections.abc import Collection
from dataclasses import replace

from blazar_spot.core.policy import Policy
from blazar_spot.core.promises import Instance, Notice, NoticeState, Purpose, Reclaim

SCHEDULED_KEY = "cloud_termination_scheduled_event_time"
TERMINATION_KEY = "cloud_termination_time"
KEYS = (TERMINATION_KEY, SCHEDULED_KEY)
"""In the order in which they are taken away, which Nova does one by one: without the first there is no notice."""


def counted_from(instance: Instance, policy: Policy) -> int:
    """From when the minimum uptime is counted: the instance's first ACTIVE.

    One that took longer than the boot allowance is counted from the end of that: its host was closed in time for it.
    """
    allowed = instance.created_at + policy.boot_allowance
    return allowed if instance.running_since is None else min(instance.running_since, allowed)


def deadline(instance: Instance, evict_at: int, now: int, policy: Policy) -> int:
    """The instant to tell: the reclaim's, unless that would break a promise and the policy does not want that. It is
    later than the decision in any case."""
    promised = now if policy.breaks_promises else promised_until(instance, now, policy)
    return max(evict_at, promised, now + 1)


def promised_until(instance: Instance, now: int, policy: Policy) -> int:
    """What an instance that is told now may count on: the notice and the uptime that it was promised."""
    uptime = policy.min_uptime_of(instance.min_uptime)
    return max(now + policy.notice_of(instance.notice), counted_from(instance, policy) + uptime)


def given(notice: Notice, at: int, policy: Policy, own: int | None = None) -> Notice:
    """The notice after the instance could first read it at ``at``: its length, if it was promised, runs from there.
    ``own`` is the length that the instance's flavor says. What somebody ordered may be shorter from the beginning."""
    seen = replace(notice, given_at=at)
    if notice.purpose is not Purpose.RECLAIM:
        ordered = notice.deadline_at - notice.decided_at - policy.notice_slack
        return _not_before(seen, at + min(policy.notice_of(own), ordered))
    return seen if policy.breaks_promises else _not_before(seen, at + policy.notice_of(own))


def acknowledged(notice: Notice, at: int, *, is_ready: bool) -> Notice:
    """The notice after its holder said that it is known and, if ``is_ready``, that the instance may go from now on.

    Said again it changes nothing, and nobody takes back what was agreed to: somebody may have acted on it.
    """
    ready_at = at if is_ready and notice.ready_at is None else notice.ready_at
    if notice.acknowledged_at is not None and ready_at == notice.ready_at:
        return notice
    known_at = at if notice.acknowledged_at is None else notice.acknowledged_at
    return replace(notice, acknowledged_at=known_at, ready_at=ready_at, revision=notice.revision + 1)


def revised(notice: Notice, reclaims: Collection[Reclaim]) -> Notice:
    """The notice as the open reclaims of its host want it now: later, withdrawn, or the same."""
    if not reclaims:
        return replace(notice, state=NoticeState.WITHDRAWN, revision=notice.revision + 1)
    return _not_before(notice, min(reclaim.evict_at for reclaim in reclaims))


def _not_before(notice: Notice, deadline_at: int) -> Notice:
    if deadline_at <= notice.deadline_at:
        return notice
    return replace(notice, deadline_at=deadline_at, revision=notice.revision + 1)


def metadata(notice: Notice) -> dict[str, str]:
    """What the guest reads: when the end was decided, and when it comes."""
    return {SCHEDULED_KEY: str(notice.decided_at), TERMINATION_KEY: str(notice.deadline_at)}
