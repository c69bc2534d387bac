# SPDX-License-Identifier: Apache-2.0
"""The spot pools: there is one for each host that may run spot instances, and each is closed exactly when a claim
wants it closed.

Both are reconciled on every tick from what is observed, so a pool that somebody deleted or opened by hand comes back
as it must be.
"""

import logging
from collections.abc import Callable

from blazar_spot.core.errors import SpotError
from blazar_spot.core.fences import hosts_to_close
from blazar_spot.ports.compute import Compute
from blazar_spot.ports.pool import Pool
from blazar_spot.ports.store import Store

LOG = logging.getLogger(__name__)


class Pools:
    """Keeps the pools as the hosts and the claims want them."""

    def __init__(self, store: Store, compute: Compute, pool: Pool) -> None:
        self._store = store
        self._compute = compute
        self._pool = pool

    def create_missing(self) -> None:
        """Give a pool to each host of the freepool."""
        try:
            free = {host.host for host in self._compute.freepool_hosts()}
            for host in sorted(free - self._pool.pools().keys()):
                self._try("create", self._pool.ensure, host)
        except SpotError as error:
            LOG.warning("New hosts have to wait: %s", error)

    def fence(self, now: int) -> frozenset[str]:
        """Close and open pools as the claims want it; returns the hosts whose pools are known to be closed.

        The pools are read before the claims. A booking writes its claim before it closes a pool, so whatever is seen
        closed here has its claim already; and a pool that was closed once more since then is not opened.
        """
        present = self._pool.pools()
        with self._store.begin() as work:
            wanted = hosts_to_close(work.open_claims(), work.reclaims_of_open_claims(), now)
        closed = {host for host, sight in present.items() if sight.is_closed}
        for host in sorted(wanted - closed):
            if self._try("close", self._pool.close, host):
                closed.add(host)
        for host in sorted(closed - wanted):
            if self._try("open", lambda name: self._pool.open(name, present[name]), host):
                closed.discard(host)
        return frozenset(closed)

    def _try(self, verb: str, act: Callable[[str], None], host: str) -> bool:
        try:
            act(host)
        except SpotError as error:
            LOG.warning("Could not %s the spot pool of %s, trying again: %s", verb, host, error)
            return False
        LOG.info("The spot pool of %s: %s is done", host, verb)
        return True
