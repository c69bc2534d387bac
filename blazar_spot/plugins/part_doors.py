# SPDX-License-Identifier: Apache-2.0
"""The doors through which a running reservation gets its parts of hosts, at its start and later.

As ``doors`` for whole hosts: nothing is waited for, nothing is raised, and what has no room yet is tried again by the
next poll. There are no spares: a shared host that is late has room for others, and a whole lease elsewhere would not
be nearer.
"""

import logging
import threading

from blazar_spot.core.booking import Candidate
from blazar_spot.enforcement.admittance import Admittance
from blazar_spot.plugins import parts
from blazar_spot.plugins.calendar import Serving
from blazar_spot.plugins.flags import degrade, restore

LOG = logging.getLogger(__name__)


class PartDoors:
    """Brings parts of hosts to reservations."""

    def __init__(self, admittance: Admittance) -> None:
        self._admittance = admittance
        self._late_join = threading.Lock()

    def start(self, resource_id: str) -> None:
        """Let the hosts with room join; the lease starts with that."""
        try:
            reservation = parts.serving_as(resource_id)
            if self._bring(reservation, reservation.hosts):
                degrade(reservation)
        except Exception:
            # Blazar never tries a start again, the poll does: better a lease that is not whole yet than one in ERROR.
            LOG.exception("Reservation %s did not get all its parts of hosts, trying again soon", resource_id)

    def join_late(self) -> None:
        """Bring what is still missing in every reservation that is running, and keep its flags true."""
        for reservation in parts.running():
            try:
                self._join(reservation.reservation_id)
            except Exception:
                LOG.exception("Reservation %s could not be looked after, trying again", reservation.reservation_id)

    def close(self) -> None:
        """Return when no late host is on its way any more; a reservation that ends is not running from then on."""
        with self._late_join:
            pass

    def _join(self, reservation_id: str) -> None:
        with self._late_join:
            for reservation in parts.running(reservation_id):
                missing = self._admittance.missing(reservation.reservation_id, reservation.hosts)
                late = self._bring(reservation, missing) if missing else []
                is_whole = not late and sum(host.slots for host in reservation.hosts) >= reservation.count_min
                if late and not reservation.is_flagged:
                    degrade(reservation)
                if is_whole and reservation.is_flagged:
                    restore(reservation)

    def _bring(self, reservation: Serving, hosts: tuple[Candidate, ...] | list[Candidate]) -> list[Candidate]:
        return self._admittance.hand_over(reservation.reservation_id, reservation.aggregate_id, hosts)
