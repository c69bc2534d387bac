# SPDX-License-Identifier: Apache-2.0
"""Writes a claim together with the entry that says why it changed: one does not become known without the other."""

from blazar_spot.core.audit import of_claim
from blazar_spot.core.promises import Claim, Reclaim
from blazar_spot.ports.store import Work


def rewrite(work: Work, before: Claim, after: Claim, at: int, because: str, reclaim: Reclaim | None = None) -> Claim:
    """Store a claim that was there before."""
    entry = of_claim(before, after, at, because, reclaim)
    if entry is not None:
        work.add(entry)
    return work.put_claim(after)
