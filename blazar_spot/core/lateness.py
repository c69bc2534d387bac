# SPDX-License-Identifier: Apache-2.0
"""Why a host is not clean at the start of its reservation: the one cause to put on record."""

from collections.abc import Collection

from blazar_spot.core.evictions import Eviction, Measure
from blazar_spot.core.policy import Policy
from blazar_spot.core.promises import Instance, Reclaim
from blazar_spot.core.record import Cause
from blazar_spot.core.steps import Seen


def is_fence_late(reclaim: Reclaim, policy: Policy, now: int) -> bool:
    """Whether the pool is closed late although the reclaim was known in time; one tick late is in time."""
    was_known = reclaim.planned_at is not None and reclaim.planned_at <= reclaim.fence_at
    return was_known and now > reclaim.fence_at + policy.notice_slack


def is_unfenced(reclaim: Reclaim, created_at: int) -> bool:
    """Whether an instance came after its host should have been closed for this reclaim."""
    return created_at > max(reclaim.fence_at, reclaim.planned_at or 0)


def is_short(instance: Instance, now: int, policy: Policy) -> bool:
    """Whether an instance that goes now has run shorter than it was promised; one that never ran has."""
    return now < (instance.running_since or now) + policy.min_uptime_of(instance.min_uptime)


def why_late(
    reclaim: Reclaim,
    seen: Seen,
    strangers: Collection[str],
    unfenced: Collection[str],
    evictions: Collection[Eviction],
) -> Cause:
    """What comes first explains the most: what could not be seen, then who may not be touched."""
    if seen.occupants is None:
        return Cause.NOT_SEEN
    if seen.occupants <= seen.unproven:
        return Cause.UNPROVEN
    if strangers:
        return Cause.STRANGER
    if unfenced:
        return Cause.UNFENCED_BOOT
    told = [seen.notices[one] for one in seen.spots if one in seen.notices]
    if any(notice.deadline_at > reclaim.evict_at and notice.ready_at is None for notice in told):
        return Cause.NOTICE_RUNS
    if any(one.measure is Measure.ALARM for one in evictions):
        return Cause.STUCK
    return Cause.LEAD_SHORT
