# SPDX-License-Identifier: Apache-2.0
"""A clean host in the place of one that is late, at the start of a lease.

The spare is held and written into the calendar under the lock, then closed and looked into, then handed over. If
anything of that fails, the reservation has the late host as before, and the spare is nobody's again. Nobody else gets
the late host meanwhile.
"""

import logging

from blazar.db import api as db_api

from blazar_spot.core.booking import Candidate
from blazar_spot.core.errors import SpotError
from blazar_spot.enforcement.handover import HandOver
from blazar_spot.plugins import calendar
from blazar_spot.plugins.admission import Admission, Held
from blazar_spot.plugins.calendar import Allocation
from blazar_spot.plugins.servings import Serving
from blazar_spot.plugins.windows import keeping
from blazar_spot.ports.clock import Clock

LOG = logging.getLogger(__name__)


class Spares:
    """Swaps hosts."""

    def __init__(self, admission: Admission, handover: HandOver, clock: Clock) -> None:
        self._admission = admission
        self._handover = handover
        self._clock = clock

    def swap(self, reservation: Serving, late: list[Candidate], until: int) -> list[Candidate]:
        """Those that are late still, when the others were swapped or the time was over."""
        return [host for host in late if self._clock.now() >= until or not self._swap(reservation, host)]

    def _swap(self, reservation: Serving, late: Candidate) -> bool:
        before = calendar.allocation(reservation.reservation_id, late.host)
        with keeping(before.reservation_id, before.compute_host_id, db_api.lease_get(reservation.lease_id)):
            return self._swap_kept(reservation, before, late)

    def _swap_kept(self, reservation: Serving, before: Allocation, late: Candidate) -> bool:
        try:
            spare = self._exchange(before)
        except SpotError as error:
            LOG.warning("There is no spare for %s: %s", late.host, error)
            return False
        is_had = False
        try:
            self._admission.secure(spare)
            is_had = not self._handover.hand_over(before.reservation_id, reservation.aggregate_id, spare.hosts)
        except SpotError as error:
            LOG.warning("The spare for %s cannot be had: %s", late.host, error)
        finally:
            if not is_had:
                self._exchange_back(before, spare)
        return is_had

    def _exchange(self, before: Allocation) -> Held:
        reservation = db_api.reservation_get(before.reservation_id)
        lease = db_api.lease_get(reservation["lease_id"])
        with calendar.CHANGES:
            spare = self._admission.hold_now(reservation, lease)
            db_api.host_allocation_update(before.id, {"compute_host_id": spare.ids[0]})
        return spare

    def _exchange_back(self, before: Allocation, spare: Held) -> None:
        with calendar.CHANGES:
            db_api.host_allocation_update(before.id, {"compute_host_id": before.compute_host_id})
        self._admission.release(spare)
