# SPDX-License-Identifier: Apache-2.0
"""How a claim becomes a reclaim, and how the reclaim follows when the claim moves."""

from dataclasses import replace

from blazar_spot.core.leads import is_fixed
from blazar_spot.core.policy import Policy
from blazar_spot.core.promises import Claim, Reclaim
from blazar_spot.core.reclaim import ENDED, State


def planned(claim: Claim, lead: int, policy: Policy, now: int) -> Reclaim:
    """The reclaim of a new claim."""
    instants = policy.instants(claim.start_at, lead)
    return Reclaim(
        id=claim.id,
        host=claim.host,
        state=State.PLANNED,
        fence_at=instants.fence_at,
        notice_at=instants.notice_at,
        evict_at=instants.evict_at,
        start_at=instants.start_at,
        planned_at=now,
    )


def followed(reclaim: Reclaim, claim: Claim, policy: Policy, now: int, lead: int | None = None) -> Reclaim:
    """The reclaim after its claim moved; the same one if it did not.

    The life begins again, so that every step is checked against the new instants; what was done already (a closed
    pool, a given notice, a delete) is found done. Its lead stays what was promised, unless another one is promised now.
    """
    if claim.start_at == reclaim.start_at or reclaim.state in ENDED:
        return reclaim
    moved = reclaim.moved_to(policy.instants(claim.start_at, reclaim.lead if lead is None else lead))
    return replace(moved, state=State.PLANNED, planned_at=now)


def led(reclaim: Reclaim, lead: int, policy: Policy, now: int) -> Reclaim:
    """The reclaim with this lead, or the same one if its lead is fixed."""
    if lead == reclaim.lead or is_fixed(reclaim, now):
        return reclaim
    return reclaim.moved_to(policy.instants(reclaim.start_at, lead))
