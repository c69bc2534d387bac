# SPDX-License-Identifier: Apache-2.0
"""The gate through which a host reaches a running reservation.

It waits for no server: it looks, moves the hosts that both witnesses call clean, several at a time and each on its
own, and names the others. If the cloud itself is slow, what is not done within the budget is late too; it may still
arrive, and is then found where it belongs. Nothing is deleted here, ever. A host that is late is tried again by
whoever called, as often as it takes.
"""

import logging
import threading
from collections.abc import Callable, Iterable, Sequence, Set
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import dataclass, replace

from blazar_spot.core.booking import Candidate
from blazar_spot.core.errors import NotFound, SpotError
from blazar_spot.core.planning import planned
from blazar_spot.core.policy import Policy
from blazar_spot.core.promises import Claim
from blazar_spot.core.reclaim import State
from blazar_spot.core.record import deed
from blazar_spot.enforcement.aggregates import freepool, inside
from blazar_spot.enforcement.witnesses import Witnesses
from blazar_spot.ports.clock import Clock
from blazar_spot.ports.compute import Aggregate, Compute
from blazar_spot.ports.pool import Pool
from blazar_spot.ports.store import Store

LOG = logging.getLogger(__name__)

AT_ONCE = 8
"""So many hosts are looked at and moved at the same time."""

Serve = Callable[[Candidate, threading.Event], bool]
"""Brings a host to a reservation unless the gate is shut before it sets out; whether it is there."""


@dataclass(frozen=True, slots=True)
class _Way:
    """From the freepool to a reservation's aggregate, as the aggregates are now."""

    freepool: int
    target: int
    arrived: frozenset[str]
    elsewhere: frozenset[str]


class HandOver:
    """Moves clean hosts from the freepool to a reservation's aggregate."""

    def __init__(
        self,
        store: Store,
        compute: Compute,
        pool: Pool,
        witnesses: Witnesses,
        clock: Clock,
        policy: Policy,
        budget: int,
    ) -> None:
        self._store = store
        self._compute = compute
        self._pool = pool
        self._witnesses = witnesses
        self._clock = clock
        self._policy = policy
        self.budget = budget

    def hand_over(self, reservation_id: str, aggregate_id: int, hosts: Iterable[Candidate]) -> list[Candidate]:
        """Hand over what is clean; returns the hosts that are late.

        A host that is in the aggregate was handed over before, though nobody may have lived to record it: it serves
        its reservation, and who is on it now belongs there.
        """
        wanted = list(hosts)
        served = self._served(reservation_id, aggregate_id, wanted) if wanted else set()
        late = [host for host in wanted if host.host not in served]
        for name in sorted(served):
            LOG.info("%s serves reservation %s", name, reservation_id)
        for host in late:
            LOG.warning("%s is late for reservation %s", host.host, reservation_id)
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

    def _served(self, reservation_id: str, aggregate_id: int, hosts: Sequence[Candidate]) -> Set[str]:
        """The hosts that are in the aggregate now, by name."""
        try:
            serve = self._serving(reservation_id, aggregate_id)
        except SpotError as error:
            LOG.warning("No host can be brought to reservation %s: %s", reservation_id, error)
            return set()
        is_shut = threading.Event()
        threads = ThreadPoolExecutor(min(len(hosts), AT_ONCE))
        answers = {threads.submit(serve, host, is_shut): host.host for host in hosts}
        done, _ = wait(answers, timeout=self.budget)
        is_shut.set()
        threads.shutdown(wait=False, cancel_futures=True)
        return {answers[answer] for answer in done if answer.result()}

    def _serving(self, reservation_id: str, aggregate_id: int) -> Serve:
        """How hosts come to the reservation, as things are now."""
        way = _way(self._compute.all_aggregates(), aggregate_id)
        return lambda host, is_shut: self._serve(host, way, is_shut)

    def _serve(self, host: Candidate, way: _Way, is_shut: threading.Event) -> bool:
        if host.service_host in way.arrived:
            return True
        if host.service_host in way.elsewhere:
            LOG.warning("%s has not come back from its last reservation", host.host)
            return False
        is_clean = self._is_closed(host) and self._witnesses.is_clean(host.host)
        return is_clean and not is_shut.is_set() and self._move(host, way)

    def _is_closed(self, host: Candidate) -> bool:
        """Close the pool, as a rule once more: nobody can come in any more between the look and the move, not even if
        there was no engine to close it in time. Nobody comes to a host without a pool."""
        try:
            self._pool.close(host.host)
        except NotFound:
            return True
        except SpotError as error:
            LOG.warning("The spot pool of %s cannot be closed: %s", host.host, error)
            return False
        return True

    def _move(self, host: Candidate, way: _Way) -> bool:
        try:
            self._compute.leave_aggregate(way.freepool, host.service_host)
        except SpotError as error:
            LOG.warning("%s cannot leave the freepool: %s", host.host, error)
            return False
        try:
            self._compute.join_aggregate(way.target, host.service_host)
        except SpotError as error:
            LOG.warning("%s cannot join aggregate %d, going back: %s", host.host, way.target, error)
            self._go_back(host, way.freepool)
            return False
        return True

    def _go_back(self, host: Candidate, freepool: int) -> None:
        try:
            self._compute.join_aggregate(freepool, host.service_host)
        except SpotError as error:
            LOG.error("%s is in no aggregate now: %s", host.host, error)

    def _record(self, reservation_id: str, served: Set[str]) -> None:
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
                    work.add(deed(f"is {State.HANDED_OVER}", self._clock.now(), claim.id, claim.host))


def _way(aggregates: Sequence[Aggregate], target: int) -> _Way:
    home = freepool(aggregates).id
    here = (one for one in aggregates if one.id == target)
    others = (one for one in aggregates if one.zone and one.id not in (target, home))
    return _Way(home, target, inside(here), inside(others))
