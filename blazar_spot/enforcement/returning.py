# SPDX-License-Identifier: Apache-2.0
"""Which hosts are on their way back from a reservation, for those who have no part in bringing them back.

Their reservation's claims are over and its servers may be there yet. Whoever brings them back knows which they are, in
his own process; everybody else sees that they are reservable, serve no reservation and are not in the freepool. One
that is in the aggregate of a reservation that runs on other hosts may stay there as long as that.
"""

from collections.abc import Mapping, Sequence

from blazar_spot.core.reservable import ReservableHost
from blazar_spot.core.stays import Stay
from blazar_spot.ports.clock import Clock
from blazar_spot.ports.compute import Compute
from blazar_spot.ports.store import Store


class Returning:
    """Asks anew each time."""

    def __init__(self, store: Store, compute: Compute, clock: Clock) -> None:
        self._store = store
        self._compute = compute
        self._clock = clock

    def __call__(self, after: int) -> dict[str, Stay]:
        """The hypervisors; those whose servers are told to go by this instant may be left out."""
        now = self._clock.now()
        with self._store.begin() as work:
            serving = [claim for claim in work.open_claims() if claim.start_at <= now < claim.end_at]
            hosts = work.reservable_hosts()
        cleaning = max((one.cleaning for one in hosts), default=0)
        whole = (claim for claim in serving if claim.room is None and not claim.is_drain)
        ends = {claim.reservation_id: claim.end_at + cleaning for claim in whole}
        served = {claim.host for claim in serving}
        away = [one for one in hosts if one.host not in served]
        if not away or max([now, *ends.values()]) <= after:
            return {}
        home = {one.host for one in self._compute.freepool_hosts()}
        return self._stays([one for one in away if one.host not in home], ends)

    def _stays(self, hosts: Sequence[ReservableHost], ends: Mapping[str, int]) -> dict[str, Stay]:
        if not hosts:
            return {}
        running = [one for one in self._compute.all_aggregates() if one.name in ends]
        where = {service_host: one.name for one in running for service_host in one.service_hosts}
        names = {host.host: where.get(host.service_host, "") for host in hosts}
        return {host: Stay(name, ends.get(name, 0)) for host, name in names.items()}
