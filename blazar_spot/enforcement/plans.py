# SPDX-License-Identifier: Apache-2.0
"""Every open claim has a reclaim that follows it, and a claim that was only held does not stay for ever."""

import logging
from dataclasses import replace

from blazar_spot.core.audit import of_reclaim
from blazar_spot.core.instants import iso
from blazar_spot.core.leads import leads
from blazar_spot.core.planning import followed, led, planned
from blazar_spot.core.policy import Policy
from blazar_spot.core.promises import Standing
from blazar_spot.enforcement.audit import rewrite
from blazar_spot.ports.store import Store

LOG = logging.getLogger(__name__)


class Plans:
    """Keeps claims and reclaims in step."""

    def __init__(self, store: Store, policy: Policy) -> None:
        self._store = store
        self._policy = policy

    def keep(self, now: int) -> None:
        """Withdraw held claims that were never committed, plan new claims, follow moved ones, share the deletes."""
        with self._store.begin() as work:
            claims = []
            for claim in work.open_claims():
                if claim.standing is Standing.HELD and claim.held_until <= now:
                    LOG.warning("Reservation %s never came for %s", claim.reservation_id, claim.host)
                    after = replace(claim, standing=Standing.WITHDRAWN)
                    rewrite(work, claim, after, now, f"it was held until {iso(claim.held_until)} and never committed")
                else:
                    claims.append(claim)
            reclaims = {reclaim.id: reclaim for reclaim in work.reclaims_of_open_claims()}
            lead_of = leads(claims, reclaims, self._policy, now)
            for claim in claims:
                reclaim = reclaims.get(claim.id)
                if reclaim is None:
                    work.put_reclaim(planned(claim, lead_of[claim.id], self._policy, now))
                    continue
                moved = followed(reclaim, claim, self._policy, now)
                if claim.id in lead_of:
                    moved = led(moved, lead_of[claim.id], self._policy, now)
                if moved != reclaim:
                    work.add(of_reclaim(reclaim, moved, now))
                    work.put_reclaim(moved)
