# SPDX-License-Identifier: Apache-2.0
"""The doors through which hosts reach a running reservation, at its start and later, and leave it at its end.

A door waits for no server to die and raises nothing that would end a lease in ERROR: what is not clean stays outside
and is swapped for a clean spare if there is one; else the lease is degraded until it is whole, and the next poll tries
again. Blazar sets these flags but never clears them; here both are done. Whether a host is clean is for enforcement to
see.
"""

import logging
import threading

from blazar.plugins.oshosts import RESOURCE_TYPE
from oslo_config import cfg

from blazar_spot.core.booking import Candidate
from blazar_spot.enforcement.handback import HandBack
from blazar_spot.enforcement.handover import HandOver
from blazar_spot.plugins import calendar
from blazar_spot.plugins.calendar import Serving
from blazar_spot.plugins.flags import degrade, restore
from blazar_spot.plugins.spares import Spares
from blazar_spot.ports.clock import Clock

LOG = logging.getLogger(__name__)
CONF = cfg.CONF


class Doors:
    """Brings hosts to reservations and takes them away again."""

    def __init__(self, handover: HandOver, handback: HandBack, spares: Spares, clock: Clock) -> None:
        self._handover = handover
        self._handback = handback
        self._spares = spares
        self._clock = clock
        self._late_join = threading.Lock()

    def start(self, resource_id: str) -> None:
        """Hand over what is clean; the lease starts with that."""
        until = self._clock.now() + self._handover.budget
        try:
            reservation = calendar.serving_as(resource_id)
            late = self._handover.hand_over(reservation.reservation_id, reservation.aggregate_id, reservation.hosts)
            if late and self._spares.swap(reservation, late, until):
                degrade(reservation)
        except Exception:
            # Blazar never tries a start again, the poll does: better a lease that is not whole yet than one in ERROR.
            LOG.exception("The hosts of host reservation %s were not all handed over, trying again soon", resource_id)

    def join_late(self) -> None:
        """Hand over what is still missing in every reservation that is running, and keep its flags true."""
        for reservation in calendar.running():
            try:
                self._join(reservation.reservation_id)
            except Exception:
                LOG.exception("Reservation %s could not be looked after, trying again", reservation.reservation_id)

    def end(self, aggregate_id: int) -> None:
        """Take the hosts of a reservation that is over away; what does not come free soon is left to ``tidy``.

        First wait until no late host is on its way any more. A reservation that ends is not running from then on, so
        none can set out after this.
        """
        with self._late_join:
            pass
        self._handback.end(aggregate_id, calendar.known_hosts())

    def tidy(self) -> None:
        """Take home every host that is where it does not belong."""
        prefix = CONF[RESOURCE_TYPE].blazar_az_prefix
        self._handback.sweep(prefix, lambda: calendar.books(self._clock.now()))

    def _join(self, reservation_id: str) -> None:
        with self._late_join:
            for reservation in calendar.running(reservation_id):
                late = self._hand_over_missing(reservation)
                is_whole = not late and len(reservation.hosts) >= reservation.count_min
                if late and not reservation.is_flagged:
                    degrade(reservation)
                if is_whole and reservation.is_flagged:
                    restore(reservation)

    def _hand_over_missing(self, reservation: Serving) -> list[Candidate]:
        hosts = self._handover.missing(reservation.reservation_id, reservation.hosts)
        if not hosts:
            return []
        return self._handover.hand_over(reservation.reservation_id, reservation.aggregate_id, hosts)
