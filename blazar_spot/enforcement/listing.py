# SPDX-License-Identifier: Apache-2.0
"""The hosts that can be reserved are written down, for those who plan outside the reservation service.

Its keeper calls this with all of them now and then. Nothing that is decided for a reservation depends on it.
"""

from collections.abc import Iterable
from dataclasses import replace

from blazar_spot.core.reservable import ReservableHost
from blazar_spot.ports.store import Store


class Listing:
    """Writes only what has changed."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def publish(self, hosts: Iterable[ReservableHost]) -> None:
        """Let these be the hosts that there are."""
        now = {host.id: host for host in hosts}
        with self._store.begin() as work:
            before = {host.id: host for host in work.reservable_hosts()}
            versions = {one: host.version for one, host in before.items()}
            same = [replace(host, version=versions.get(one, 0)) for one, host in now.items()]
            work.put_reservable_hosts([host for host in same if host != before.get(host.id)])
            work.drop_reservable_hosts(sorted(before.keys() - now.keys()))
