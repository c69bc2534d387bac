# SPDX-License-Identifier: Apache-2.0
"""The gate through which a running reservation gets its part of a host that it shares.

The host stays in the freepool, and whoever else is on it stays too: what is looked for is room, not emptiness. Nobody
new comes to the host from then on. The reservation's slots are put on it before it joins the aggregate, so whatever is
found inside has them.
"""

import logging
from collections.abc import Callable, Iterable, Mapping, Sequence, Set

from blazar_spot.core.booking import Candidate
from blazar_spot.core.errors import SpotError
from blazar_spot.core.policy import Policy
from blazar_spot.core.promises import Claim
from blazar_spot.enforcement.aggregates import inside
from blazar_spot.enforcement.handover import HandOver
from blazar_spot.enforcement.sharing import Sharing
from blazar_spot.enforcement.witnesses import Witnesses
from blazar_spot.ports.clock import Clock
from blazar_spot.ports.compute import Compute
from blazar_spot.ports.pool import Pool
from blazar_spot.ports.store import Store

LOG = logging.getLogger(__name__)

Furnish = Callable[[str, Candidate], bool]
"""Puts the slots of a reservation on a host, as often as it is asked to; whether that was done."""


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

    def _served(self, reservation_id: str, aggregate_id: int, hosts: Sequence[Candidate]) -> Set[str]:
        """Let those that have room join. One whose claim is not known yet is late like one without room."""
        arrived = self._arrived(aggregate_id)
        with self._store.begin() as work:
            claims = work.open_claims()
        mine = {claim.host: claim for claim in claims if claim.reservation_id == reservation_id}
        return {
            host.host for host in hosts if host.service_host in arrived or self._admit(host, aggregate_id, mine, claims)
        }

    def _arrived(self, aggregate_id: int) -> frozenset[str]:
        try:
            return inside(one for one in self._compute.all_aggregates() if one.id == aggregate_id)
        except SpotError as error:
            LOG.warning("It is not known which hosts are in aggregate %d: %s", aggregate_id, error)
            return frozenset()

    def _admit(self, host: Candidate, aggregate_id: int, mine: Mapping[str, Claim], claims: Iterable[Claim]) -> bool:
        claim = mine.get(host.host)
        if claim is None or not self._is_closed(host):
            return False
        if not self._sharing.has_room(claim, claims) or not self._furnish(claim.reservation_id, host):
            return False
        try:
            self._compute.join_aggregate(aggregate_id, host.service_host)
        except SpotError as error:
            LOG.warning("%s cannot join aggregate %d: %s", host.host, aggregate_id, error)
            return False
        return True
