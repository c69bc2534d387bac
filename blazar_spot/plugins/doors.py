# SPDX-License-Identifier: Apache-2.0
"""The doors through which hosts, or parts of them, reach a running reservation: at its start and later.

A door waits for no server to die and raises nothing that would end a lease in ERROR: what is not ready stays outside
and is swapped for a clean spare if there can be one; else the lease is degraded until it is whole, and the next poll
tries again. So it is with a host that has failed and could not be replaced yet: nobody brings it in until it is back.
Blazar sets these flags but never clears them; here both are done. Who may come in is for the gate, in
``enforcement``, to see. There are no spares for parts of hosts: a shared host that is late has room for others, and a
place elsewhere would not be nearer. The way back is in ``returns``.
"""

import threading
from collections import defaultdict

from blazar_spot.core.booking import Candidate
from blazar_spot.enforcement.handover import HandOver
from blazar_spot.plugins import servings
from blazar_spot.plugins.attempts import tried
from blazar_spot.plugins.flags import degrade, restore
from blazar_spot.plugins.servings import Kind, Serving
from blazar_spot.plugins.spares import Spares
from blazar_spot.ports.clock import Clock


class Doors:
    """Brings to the reservations of one kind what they hold."""

    def __init__(self, kind: Kind, gate: HandOver, clock: Clock, spares: Spares | None = None) -> None:
        self._kind = kind
        self._gate = gate
        self._clock = clock
        self._spares = spares
        self._late_joins: defaultdict[str, threading.Lock] = defaultdict(threading.Lock)

    def start(self, resource_id: str) -> None:
        """Hand over what is ready; the lease starts with that."""
        until = self._clock.now() + self._gate.budget
        # Blazar never tries a start again, the poll does: better a lease that is not whole yet than one in ERROR.
        with tried(f"Reservation {resource_id} did not get all that it holds, trying again soon"):
            reservation = servings.serving_as(self._kind, resource_id)
            late = [*self._hand_over(reservation, reservation.hosts), *reservation.failed]
            if late and self._spares is not None:
                late = self._spares.swap(reservation, late, until)
            if late:
                degrade(reservation)

    def join_late(self) -> None:
        """Hand over what is still missing in every reservation that is running, and keep its flags true."""
        for reservation in servings.running(self._kind, self._clock.now()):
            with tried(f"Reservation {reservation.reservation_id} could not be looked after, trying again"):
                self._join(reservation.reservation_id)

    def close(self, reservation_id: str) -> None:
        """Return when no late host is on its way to the reservation any more, but for one that was given up. One that
        ends is not running from then on, so none can set out after this."""
        with self._late_joins[reservation_id]:
            self._late_joins.pop(reservation_id, None)

    def _join(self, reservation_id: str) -> None:
        with self._late_joins[reservation_id]:
            for reservation in servings.running(self._kind, self._clock.now(), reservation_id):
                missing = self._gate.missing(reservation_id, reservation.hosts)
                late = [*(self._hand_over(reservation, missing) if missing else []), *reservation.failed]
                if late and not reservation.is_flagged:
                    degrade(reservation)
                if reservation.is_flagged and reservation.is_complete and not late:
                    self._restore(reservation)

    def _restore(self, reservation: Serving) -> None:
        """If all its hosts are inside: healing may have taken one out that has come back since."""
        if not self._hand_over(reservation, reservation.hosts):
            restore(reservation)

    def _hand_over(self, reservation: Serving, hosts: tuple[Candidate, ...] | list[Candidate]) -> list[Candidate]:
        return self._gate.hand_over(reservation.reservation_id, reservation.aggregate_id, hosts)
