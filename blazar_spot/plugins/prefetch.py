# SPDX-License-Identifier: Apache-2.0
"""What Blazar asks of hosts, one after another, read in one go before it asks.

When it has been given hosts for a reservation it wants everything about each of them, as often as it was given one.
Upstream asks two questions for each. What is kept is for the thread that asked, and for once. Next: ``matching``.
"""

import threading
from collections import Counter
from collections.abc import Sequence
from typing import Any

from blazar.plugins.oshosts.host_plugin import QUERY_TYPE_ALLOCATION

from blazar_spot.plugins import calendar
from blazar_spot.plugins.matching import details


class Prefetch:
    """The hosts that are asked for next."""

    def __init__(self) -> None:
        self._next = threading.local()

    def read(self, hosts: Sequence[str]) -> None:
        """These, by their ids."""
        times = Counter(hosts)
        self._next.told = {host: [told] * times[host] for host, told in details(times.keys()).items()}

    def take(self, host_id: str) -> dict[str, Any] | None:
        """Everything about one of them, None if it was not read or has been taken."""
        told = getattr(self._next, "told", {}).get(host_id)
        return dict(told.pop()) if told else None

    def allocations(self, plugin: Any, query: dict[str, Any]) -> list[dict[str, Any]]:
        """The plugin's ``list_allocations`` as upstream, without loading everything about every host of the cloud."""
        options = plugin.get_query_options(query, QUERY_TYPE_ALLOCATION)
        found = plugin.query_allocations(calendar.host_ids(), **options)
        if options:
            self.read([host for host, reservations in found.items() if reservations])
        return [{"resource_id": host, "reservations": reservations} for host, reservations in found.items()]
