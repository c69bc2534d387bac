# SPDX-License-Identifier: Apache-2.0
"""Starts and ends that came to nothing because Keystone, the database or blazar-manager was away, done once more.

Blazar marks a start or an end as under way before it does it, and never takes it up again. If its blazar-manager dies,
the lease would stay in STARTING for good, neither serving nor ending; if Keystone gives it no token, it would stay in
ERROR, at its end with all its hosts. Here it is put back to where it was before, so that Blazar does it once more. That
somebody has given up is known from the event; if nobody said so, only a mark that is older than any start or end can
last counts. To do it again is safe for hosts, which the doors and the way back find where they have been brought
already; a lease that has anything else in it is left alone. Next: ``doors``, ``returns``.
"""

import logging
from collections import Counter
from dataclasses import dataclass
from typing import Any

from blazar import status
from blazar.db.sqlalchemy import facade_wrapper, models
from blazar.plugins.oshosts import RESOURCE_TYPE

from blazar_spot.plugins.rows import naive
from blazar_spot.ports.clock import Clock

LOG = logging.getLogger(__name__)

HANGING = 120
"""How long a reservation may take beside the budget for its hosts: two answers, each of which takes a minute at most.
"""


@dataclass(frozen=True)
class Deed:
    """What Blazar does to a lease when its time has come, and what the lease and its reservations are before it."""

    event: str
    under_way: str
    lease: str
    reservation: str


START = Deed("start_lease", status.lease.STARTING, status.lease.PENDING, status.reservation.PENDING)
END = Deed("end_lease", status.lease.TERMINATING, status.lease.ACTIVE, status.reservation.ACTIVE)


class Interrupted:
    """Looks for them, for as long as the process lives."""

    def __init__(self, clock: Clock, budget: int) -> None:
        self._clock = clock
        self._longest = budget + HANGING

    def begin_again(self) -> None:
        """Let what nobody can be doing any more be done once more."""
        now = self._clock.now()
        for deed in (START, END):
            for lease_id in _given_up(deed, now):
                if _put_back(deed, lease_id):
                    LOG.warning("%s of lease %s failed; it is done again", deed.event, lease_id)
            for lease_id, reservations in _under_way(deed).items():
                if _put_back(deed, lease_id, now - reservations * self._longest):
                    LOG.warning("%s of lease %s was cut off; it is done again", deed.event, lease_id)


def _given_up(deed: Deed, now: int) -> list[str]:
    """The leases of hosts alone for which it failed before it came to any of their reservations. What has not begun
    when it is over need not begin."""
    lease, reservation, event = models.Lease, models.Reservation, models.Event
    with facade_wrapper.session_for_read() as session:
        touched = session.query(reservation.lease_id).filter(
            (reservation.resource_type != RESOURCE_TYPE) | (reservation.status != deed.reservation)
        )
        found = (
            session.query(lease.id)
            .join(event, event.lease_id == lease.id)
            .filter(event.event_type == deed.event, event.status == status.event.ERROR)
            .filter(lease.status.in_((deed.under_way, status.lease.ERROR)), lease.id.notin_(touched))
        )
        if deed is START:
            found = found.filter(lease.end_date > naive(now))
        return [row.id for row in found]


def _under_way(deed: Deed) -> Counter[str]:
    """How many reservations each lease of hosts alone has for which it is marked as under way."""
    lease, reservation = models.Lease, models.Reservation
    with facade_wrapper.session_for_read() as session:
        others = session.query(reservation.lease_id).filter(reservation.resource_type != RESOURCE_TYPE)
        found = (
            session.query(reservation.lease_id)
            .join(lease, lease.id == reservation.lease_id)
            .filter(lease.status == deed.under_way, lease.id.notin_(others))
        )
        return Counter(row.lease_id for row in found)


def _put_back(deed: Deed, lease_id: str, before: int | None = None) -> bool:
    """All of it at once, if it was given up, or marked before that instant; of two processes that try, one does."""
    lease, reservation, event = models.Lease, models.Reservation, models.Event
    with facade_wrapper.session_for_write() as session:
        leases = session.query(lease).filter(lease.id == lease_id)
        events = session.query(event).filter(event.lease_id == lease_id, event.event_type == deed.event)
        if before is None:
            is_ours = _set(events.filter(event.status == status.event.ERROR), status.event.UNDONE)
            leases = leases.filter(lease.status.in_((deed.under_way, status.lease.ERROR)))
        else:
            is_ours = True
            leases = leases.filter(lease.status == deed.under_way, lease.updated_at < naive(before))
        if not (is_ours and _set(leases, deed.lease)):
            return False
        _set(session.query(reservation).filter(reservation.lease_id == lease_id), deed.reservation)
        _set(events, status.event.UNDONE)
    return True


def _set(query: Any, value: str) -> int:
    """The status of all that it finds; how many they are."""
    return int(query.update({"status": value}, synchronize_session=False))
