# SPDX-License-Identifier: Apache-2.0
"""The gate through which a host reaches a running reservation.

It waits for nobody: it looks, moves the hosts that both witnesses call clean, each on its own, and names the others.
Nothing is deleted here, ever. A host that is late is tried again by whoever called, as often as it takes.
"""

import logging
from collections.abc import Iterable, Sequence
from dataclasses import replace

from blazar_spot.core.booking import Candidate
from blazar_spot.core.errors import SpotError
from blazar_spot.core.planning import planned
from blazar_spot.core.policy import Policy
from blazar_spot.core.promises import Claim
from blazar_spot.core.reclaim import State
from blazar_spot.enforcement.witnesses import Witnesses
from blazar_spot.ports.compute import Compute
from blazar_spot.ports.store import Store

LOG = logging.getLogger(__name__)


class HandOver:
    """Moves clean hosts from the freepool to a reservation's aggregate."""

    def __init__(self, store: Store, compute: Compute, witnesses: Witnesses, policy: Policy) -> None:
        self._store = store
        self._compute = compute
        self._witnesses = witnesses
        self._policy = policy

    def hand_over(self, reservation_id: str, aggregate_id: int, hosts: Iterable[Candidate]) -> list[Candidate]:
        """Hand over what is clean; returns the hosts that are late.

        A host that is in the aggregate was handed over before, though nobody may have lived to record it: it serves
        its reservation, and who is on it now belongs there.
        """
        late = []
        served = set()
        inside = self._inside(aggregate_id)
        for host in hosts:
            if host.service_host in inside or (self._witnesses.is_clean(host.host) and self._move(host, aggregate_id)):
                LOG.info("%s serves reservation %s", host.host, reservation_id)
                served.add(host.host)
            else:
                LOG.warning("%s is late for reservation %s", host.host, reservation_id)
                late.append(host)
        self._record(reservation_id, served)
        return late

    def missing(self, reservation_id: str, hosts: Iterable[Candidate]) -> list[Candidate]:
        """Those of the reservation's hosts that are not known to have been given to it.

        A host whose claim is yet to be published is one of them: nobody can have recorded its hand-over.
        """
        with self._store.begin() as work:
            claims = work.claims_of(reservation_id)
            served = {reclaim.id for reclaim in work.reclaims_of_open_claims() if reclaim.state is State.HANDED_OVER}
        given = {claim.host for claim in claims if claim.id in served}
        return [host for host in hosts if host.host not in given]

    def _inside(self, aggregate_id: int) -> frozenset[str]:
        try:
            return self._compute.aggregate_hosts(aggregate_id)
        except SpotError as error:
            LOG.warning("It is not known which hosts are in aggregate %d: %s", aggregate_id, error)
            return frozenset()

    def _move(self, host: Candidate, aggregate_id: int) -> bool:
        try:
            freepool = self._compute.freepool_aggregate()
            self._compute.leave_aggregate(freepool, host.service_host)
        except SpotError as error:
            LOG.warning("%s cannot leave the freepool: %s", host.host, error)
            return False
        try:
            self._compute.join_aggregate(aggregate_id, host.service_host)
        except SpotError as error:
            LOG.warning("%s cannot join aggregate %d, going back: %s", host.host, aggregate_id, error)
            self._go_back(host, freepool)
            return False
        return True

    def _go_back(self, host: Candidate, freepool: int) -> None:
        try:
            self._compute.join_aggregate(freepool, host.service_host)
        except SpotError as error:
            LOG.error("%s is in no aggregate now: %s", host.host, error)

    def _record(self, reservation_id: str, served: set[str]) -> None:
        with self._store.begin() as work:
            claims: Sequence[Claim] = work.claims_of(reservation_id)
            reclaims = {reclaim.id: reclaim for reclaim in work.reclaims_of_open_claims()}
            for claim in claims:
                if claim.host not in served:
                    continue
                lead = self._policy.lead_for_hosts(len(claims))
                reclaim = reclaims.get(claim.id) or planned(claim, lead, self._policy, claim.start_at)
                if reclaim.state is not State.HANDED_OVER:
                    work.put_reclaim(replace(reclaim, state=State.HANDED_OVER))
