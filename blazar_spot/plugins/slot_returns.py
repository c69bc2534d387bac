# SPDX-License-Identifier: Apache-2.0
"""Takes away what a reservation of slots leaves behind: servers, slots, the flavor, and the aggregate last.

Blazar's one thread waits a little and no longer, and nothing is raised that would end a lease in ERROR. What is left is
found by the polls, by the aggregates that Blazar has made for reservations which there are not any more. Whole hosts
come back in ``returns``.
"""

import logging
from collections.abc import Iterable

from blazar.plugins.instances.instance_plugin import RESERVATION_PREFIX

from blazar_spot.enforcement.vacating import Vacating
from blazar_spot.plugins import calendar
from blazar_spot.plugins.attempts import tried
from blazar_spot.plugins.furnishing import Furnishing

LOG = logging.getLogger(__name__)


class SlotReturns:
    """Takes parts of hosts away from reservations."""

    def __init__(self, vacating: Vacating, furnishing: Furnishing) -> None:
        self._vacating = vacating
        self._furnishing = furnishing

    def end(self, reservation_id: str, hosts: Iterable[str]) -> None:
        """Take away what a reservation had on these hosts, by their hypervisors' names, as far as that is soon done."""
        names = list(hosts)
        with tried(f"Reservation {reservation_id} is not cleared away yet, trying again soon"):
            self._furnishing.close(reservation_id)
            if self._vacating.wait(reservation_id, names, lambda: self._furnishing.servers(reservation_id)):
                self._clear(reservation_id, names)
            else:
                LOG.warning("Servers of reservation %s are still there", reservation_id)

    def tidy(self) -> None:
        """Go on with every reservation that is over. The aggregates are read before the calendar: one that is younger
        would seem to be nobody's."""
        made = self._vacating.marked(RESERVATION_PREFIX)
        over = made.keys() - calendar.slot_reservations() if made else set[str]()
        hosts = calendar.known_hosts() if over else []
        for reservation_id in sorted(over):
            names = [host.host for host in hosts if host.service_host in made[reservation_id]]
            with tried(f"Reservation {reservation_id} is not cleared away yet, trying again"):
                self._furnishing.close(reservation_id)
                if self._vacating.press(reservation_id, names, self._furnishing.servers(reservation_id)):
                    self._clear(reservation_id, names)

    def leave(self, reservation_id: str, host: str, service_host: str) -> None:
        """Take a host away from a reservation that goes on. Raises what the clients raise."""
        self._vacating.leave(reservation_id, service_host)
        self._furnishing.take(reservation_id, host)

    def _clear(self, reservation_id: str, hosts: Iterable[str]) -> None:
        """The aggregate goes last: by it all the rest is found."""
        self._furnishing.strip(reservation_id, hosts)
        self._vacating.dissolve(reservation_id)
