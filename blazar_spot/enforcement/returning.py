# SPDX-License-Identifier: Apache-2.0
"""Which hosts are on their way back from a reservation, for those who have no part in bringing them back.

Their reservation's claims are over and its servers may be there yet. Whoever brings them back knows which they are, in
his own process; everybody else sees that they are reservable, serve no reservation and are not in the freepool.
"""

from blazar_spot.ports.clock import Clock
from blazar_spot.ports.compute import Compute
from blazar_spot.ports.store import Store


class Returning:
    """Asks anew each time."""

    def __init__(self, store: Store, compute: Compute, clock: Clock) -> None:
        self._store = store
        self._compute = compute
        self._clock = clock

    def __call__(self) -> frozenset[str]:
        """The hypervisors."""
        now = self._clock.now()
        with self._store.begin() as work:
            serving = {claim.host for claim in work.open_claims() if claim.start_at <= now < claim.end_at}
            hosts = frozenset(one.host for one in work.reservable_hosts()) - serving
        return hosts - {one.host for one in self._compute.freepool_hosts()} if hosts else hosts
