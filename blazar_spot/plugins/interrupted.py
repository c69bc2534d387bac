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
        now, lease = self._clock.now(), models.Lease
        for deed in (START, END):
            is_given_up = _is_given_up(deed)
            for lease_id in _given_up(deed, is_given_up, now):
                if _put_back(deed, lease_id, is_given_up):
                    LOG.warning("%s of lease %s failed; it is done again", deed.event, lease_id)
            for lease_id, reservations in _under_way(deed).items():
                before = now - reservations * self._longest
                if _put_back(deed, lease_id, (lease.status == deed.under_way) & (lease.updated_at < naive(before))):
                    LOG.warning("%s of lease %s was cut off; it is done again", deed.event, lease_id)


def _is_given_up(deed: Deed) -> Any:
    """Whether a lease's deed has ended without having been done: Blazar says so last, and of the event."""
    lease, event = models.Lease, models.Event
    has_failed = (event.event_type == deed.event) & (event.status == status.event.ERROR)
    return lease.status.in_((deed.under_way, status.lease.ERROR)) & lease.events.any(has_failed)


def _given_up(deed: Deed, is_given_up: Any, now: int) -> list[str]:
    """The leases of hosts alone for which it came to none of their reservations. What has not begun when it is over
    need not begin."""
    lease, reservation = models.Lease, models.Reservation
    is_touched = (reservation.resource_type != RESOURCE_TYPE) | (reservation.status != deed.reservation)
    with facade_wrapper.session_for_read() as session:
        found = session.query(lease.id).filter(is_given_up, ~lease.reservations.any(is_touched))
        if deed is START:
            found = found.filter(lease.end_date > naive(now))
        return [row.id for row in found]


def _under_way(deed: Deed) -> Counter[str]:
    """How many reservations each lease of hosts alone has for which it is marked as under way."""
    lease, reservation = models.Lease, models.Reservation
    is_other = reservation.resource_type != RESOURCE_TYPE
    with facade_wrapper.session_for_read() as session:
        each = session.query(lease.id).join(lease.reservations)
        found = each.filter(lease.status == deed.under_way, ~lease.reservations.any(is_other))
        return Counter(row.id for row in found)


def _put_back(deed: Deed, lease_id: str, is_left: Any) -> bool:
    """All of it at once, if the lease is left so still; of two processes that try, one does."""
    lease, reservation, event = models.Lease, models.Reservation, models.Event
    with facade_wrapper.session_for_write() as session:
        if not _set(session.query(lease).filter(lease.id == lease_id, is_left), deed.lease):
            return False
        _set(session.query(reservation).filter(reservation.lease_id == lease_id), deed.reservation)
        events = session.query(event).filter(event.lease_id == lease_id, event.event_type == deed.event)
        _set(events, status.event.UNDONE)
    return True


def _set(query: Any, value: str) -> int:
    """The status of all that it finds; how many they are."""
    return int(query.update({"status": value}, synchronize_session=False))
