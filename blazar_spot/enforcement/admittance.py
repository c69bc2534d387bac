# SPDX-License-Identifier: Apache-2.0
"""The gate through which a running reservation gets its part of a host that it shares.

The host stays in the freepool, and whoever else is on it stays too: what is looked for is room, not emptiness. Nobody
new comes to the host from then on. The reservation's slots are put on it before it joins the aggregate, so whatever is
found inside has them.
"""

import logging
import threading
from collections.abc import Callable, Iterable

from blazar_spot.core.booking import Candidate
from blazar_spot.core.errors import SpotError
from blazar_spot.core.policy import Policy
from blazar_spot.core.promises import Claim
from blazar_spot.enforcement.aggregates import inside
from blazar_spot.enforcement.handover import HandOver, Serve
from blazar_spot.enforcement.sharing import Sharing
from blazar_spot.enforcement.witnesses import Witnesses
from blazar_spot.ports.clock import Clock
from blazar_spot.ports.compute import Compute
from blazar_spot.ports.pool import Pool
from blazar_spot.ports.store import Store

LOG = logging.getLogger(__name__)

Furnish = Callable[[str, Candidate, threading.Event], bool]
"""Puts the slots of a reservation on a host, as often as it is asked to, and lets its owner ask for them unless the
gate is shut by then; whether all that was done."""


class Admittance(HandOver):
    """Lets hosts with room join a reservation's aggregate."""

    def __init__(
        self,
        store: Store,
        compute: Compute,
        pool: Pool,
        witnesses: Witnesses,
        clock: Clock,
        policy: Policy,
        budget: int,
        sharing: Sharing,
        furnish: Furnish,
    ) -> None:
        super().__init__(store, compute, pool, witnesses, clock, policy, budget)
        self._sharing = sharing
        self._furnish = furnish

    def _serving(self, reservation_id: str, aggregate_id: int) -> Serve:
        """Those that have room join. One whose claim is not known yet is late like one without room."""
        arrived = inside(one for one in self._compute.all_aggregates() if one.id == aggregate_id)
        with self._store.begin() as work:
            claims = work.open_claims()
        mine = {claim.host: claim for claim in claims if claim.reservation_id == reservation_id}

        def serve(host: Candidate, is_shut: threading.Event) -> bool:
            if host.service_host in arrived:
                return True
            has_room = self._has_room(host, mine.get(host.host), claims)
            return has_room and not is_shut.is_set() and self._admit(host, reservation_id, aggregate_id, is_shut)

        return serve

    def _has_room(self, host: Candidate, claim: Claim | None, claims: Iterable[Claim]) -> bool:
        return claim is not None and self._is_closed(host) and self._sharing.has_room(claim, claims)

    def _admit(self, host: Candidate, reservation_id: str, aggregate_id: int, is_shut: threading.Event) -> bool:
        if not self._furnish(reservation_id, host, is_shut) or is_shut.is_set():
            return False
        try:
            self._compute.join_aggregate(aggregate_id, host.service_host)
        except SpotError as error:
            LOG.warning("%s cannot join aggregate %d: %s", host.host, aggregate_id, error)
            return False
        return True
