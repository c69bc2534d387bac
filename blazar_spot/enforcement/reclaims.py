# SPDX-License-Identifier: Apache-2.0
"""Takes each reclaim as far as it can go now: look at its host, ask the rules for the next step, do it, record it.

A reclaim whose host cannot be looked at stays where it is and the others go on. What is done on the cloud is done
before it is recorded and can be done twice; what is recorded is checked against the one table of transitions.
"""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import replace

from blazar_spot.core.errors import SpotError, StaleVersion
from blazar_spot.core.policy import Policy
from blazar_spot.core.promises import Claim, Instance, Notice, Reclaim
from blazar_spot.core.reclaim import ENDED, MAY_FOLLOW, State
from blazar_spot.core.steps import Enter, Evict, Notify, Seen, next_step
from blazar_spot.enforcement.ledger import as_seen
from blazar_spot.enforcement.notices import Notices
from blazar_spot.enforcement.witnesses import Witnesses
from blazar_spot.ports.clock import Clock
from blazar_spot.ports.compute import Compute, Server
from blazar_spot.ports.store import Store

LOG = logging.getLogger(__name__)


class Reclaims:
    """Advances every open reclaim."""

    def __init__(
        self, store: Store, compute: Compute, witnesses: Witnesses, notices: Notices, clock: Clock, policy: Policy
    ) -> None:
        self._store = store
        self._compute = compute
        self._witnesses = witnesses
        self._notices = notices
        self._clock = clock
        self._policy = policy

    def advance(self, servers: Mapping[str, Server], closed: frozenset[str]) -> None:
        """Take each open reclaim as many steps as it can go now."""
        with self._store.begin() as work:
            reclaims = work.open_reclaims()
            claims = {claim.id: claim for claim in work.open_claims()}
            notices = {notice.instance_id: notice for notice in work.open_notices()}
            instances = {instance.id: instance for instance in work.instances()}
        for reclaim in reclaims:
            spots, seen = self._look(reclaim, servers, closed, notices)
            known = [as_seen(server, reclaim.host, instances.get(server.id)) for server in spots]
            try:
                self._walk(reclaim, claims.get(reclaim.id), seen, known)
            except StaleVersion:
                LOG.info("Reclaim %s was changed by somebody else; deciding again", reclaim.id)
            except SpotError as error:
                LOG.warning("Reclaim %s of %s stays %s: %s", reclaim.id, reclaim.host, reclaim.state, error)

    def _look(
        self, reclaim: Reclaim, servers: Mapping[str, Server], closed: frozenset[str], notices: Mapping[str, Notice]
    ) -> tuple[list[Server], Seen]:
        is_due = reclaim.fence_at <= self._clock.now()
        occupants = self._witnesses.occupants(reclaim.host) if is_due else None
        # A server that is being built has no host yet, but the scheduler's books already say where it will be.
        building = occupants or frozenset()
        spots = [server for server in servers.values() if server.host == reclaim.host or server.id in building]
        return spots, Seen(
            is_closed=reclaim.host in closed,
            spots=frozenset(server.id for server in spots),
            going=frozenset(server.id for server in spots if server.is_going),
            occupants=occupants,
            notices={server.id: notices[server.id] for server in spots if server.id in notices},
        )

    def _walk(self, reclaim: Reclaim, claim: Claim | None, seen: Seen, spots: Sequence[Instance]) -> None:
        while reclaim.state not in ENDED:
            match next_step(reclaim, claim, seen, self._policy, self._clock.now()):
                case Enter(state):
                    reclaim = self._enter(reclaim, state)
                case Notify(untold):
                    self._notices.decide([spot for spot in spots if spot.id in untold], reclaim.evict_at)
                    return
                case Evict(due, force):
                    self._evict(due, force)
                    return
                case wait:
                    LOG.debug("Reclaim %s of %s is %s: %s", reclaim.id, reclaim.host, reclaim.state, wait)
                    return

    def _enter(self, reclaim: Reclaim, state: State) -> Reclaim:
        if state not in MAY_FOLLOW[reclaim.state]:
            raise AssertionError(f"{state} may not follow {reclaim.state}")
        with self._store.begin() as work:
            after = work.put_reclaim(replace(reclaim, state=state))
        log = LOG.error if state is State.OVERDUE else LOG.info
        log("Reclaim %s: %s is %s", reclaim.id, reclaim.host, state)
        return after

    def _evict(self, due: frozenset[str], force: bool) -> None:
        for server in sorted(due)[: self._policy.parallel_deletes]:
            try:
                self._compute.delete(server, force=force)
            except SpotError as error:
                LOG.warning("%s was not deleted, trying again: %s", server, error)
            else:
                LOG.info("Deletion of %s was accepted", server)
