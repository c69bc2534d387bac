# SPDX-License-Identifier: Apache-2.0
"""Starts that were cut off by the death of their blazar-manager, which Blazar itself never takes up again.

It marks a start as under way before it does it, and nobody looks at such a mark afterwards: the lease would stay in
STARTING for good, neither serving nor ending. Here it is put back to where it was before, so that Blazar starts it
once more. Another blazar-manager may live and be starting it, so only a mark that is older than any start can last
counts. That is safe for hosts, which the doors find where they have been brought already; a lease that has anything
else in it is left alone. Next: ``doors``.
"""

import logging
from collections import Counter

from blazar import status
from blazar.db.sqlalchemy import facade_wrapper, models
from blazar.plugins.oshosts import RESOURCE_TYPE

from blazar_spot.plugins.rows import naive
from blazar_spot.ports.clock import Clock

LOG = logging.getLogger(__name__)

HANGING = 120
"""How long the start of a reservation may last beside its hand-over: two answers, each of which takes a minute at most.
"""


class Interrupted:
    """Looks for them, for as long as the process lives."""

    def __init__(self, clock: Clock, budget: int) -> None:
        self._clock = clock
        self._began_at = clock.now()
        self._longest = budget + HANGING

    def begin_again(self) -> None:
        """Let the starts that nobody can be doing any more be done once more.

        What this very process does is left to it, however long it takes.
        """
        for lease_id, reservations in _starting().items():
            before = min(self._began_at, self._clock.now() - reservations * self._longest)
            if _put_back(lease_id, before):
                LOG.warning("The start of lease %s was cut off; it is started again", lease_id)


def _starting() -> Counter[str]:
    """How many reservations each lease of hosts alone has whose start is marked as under way."""
    lease, reservation = models.Lease, models.Reservation
    with facade_wrapper.session_for_read() as session:
        others = session.query(reservation.lease_id).filter(reservation.resource_type != RESOURCE_TYPE)
        found = (
            session.query(reservation.lease_id)
            .join(lease, lease.id == reservation.lease_id)
            .filter(lease.status == status.lease.STARTING, lease.id.notin_(others))
        )
        return Counter(row.lease_id for row in found)


def _put_back(lease_id: str, before: int) -> bool:
    """All of it at once, if it was marked before that instant; of two processes that try, one does."""
    lease, reservation, event = models.Lease, models.Reservation, models.Event
    with facade_wrapper.session_for_write() as session:
        marked = session.query(lease).filter(
            lease.id == lease_id, lease.status == status.lease.STARTING, lease.updated_at < naive(before)
        )
        if not marked.update({"status": status.lease.PENDING}, synchronize_session=False):
            return False
        begun = session.query(reservation).filter(reservation.lease_id == lease_id)
        begun.update({"status": status.reservation.PENDING}, synchronize_session=False)
        starts = session.query(event).filter(event.lease_id == lease_id, event.event_type == "start_lease")
        starts.update({"status": status.event.UNDONE}, synchronize_session=False)
    return True
