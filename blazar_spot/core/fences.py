# SPDX-License-Identifier: Apache-2.0
"""Which pools must be closed, always computed as a whole from the claims, never counted up and down.

A claim closes its host's pool from its fence's instant until the claim has ended or been withdrawn: not only until
the hand-over.
"""

from collections.abc import Iterable

from blazar_spot.core.promises import Claim, Reclaim


def hosts_to_close(claims: Iterable[Claim], reclaims: Iterable[Reclaim], now: int) -> frozenset[str]:
    """The hosts whose pools the open claims want closed at ``now``."""
    fence_at = {reclaim.id: reclaim.fence_at for reclaim in reclaims}
    return frozenset(
        claim.host for claim in claims if claim.is_open and claim.id in fence_at and fence_at[claim.id] <= now
    )
