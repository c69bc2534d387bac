# SPDX-License-Identifier: Apache-2.0
"""Starts, ends and deletions that came to nothing because Keystone, the database or blazar-manager was away.

Blazar marks them as under way before it does them, a whole minute's at once, and never takes them up again. A lease
would stay in STARTING for good, neither serving nor ending, or in ERROR with all its hosts after its end. What becomes
of it is said in ``leftovers``. That somebody has given up is known from the event; if nobody said so, only a mark that
is older than whatever can last so long counts. To start or to end again is safe: the doors and the ways back find what
has been done already. A lease that has anything else in it than our own reservations is left alone.
"""

import logging
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any

from blazar import status
from blazar.db.sqlalchemy import facade_wrapper, models

from blazar_spot.plugins.attempts import tried
from blazar_spot.plugins.calendar import instant
from blazar_spot.plugins.leftovers import ENDED, ENDING, ERROR, IN_PROGRESS, Found, State, put_back
from blazar_spot.ports.clock import Clock

LOG = logging.getLogger(__name__)

HANGING = 120
"""How long a reservation may take beside the budget for its hosts: two answers, each of which takes a minute at most.
"""

START, END = "start_lease", "end_lease"
_AT_IT = (status.lease.STARTING, status.lease.TERMINATING, status.lease.DELETING)
_CHANGING = (status.lease.CREATING, status.lease.UPDATING)

Batch = tuple[str, datetime]
"""What Blazar does together: events of a type that are due at the same time."""


class Interrupted:
    """Looks for them, for as long as the process lives."""

    def __init__(self, clock: Clock, budget: int) -> None:
        self._clock = clock
        self._longest = budget + HANGING
        self._ends: dict[str, Callable[[str], None]] = {}

    def look_after(self, resource_type: str, on_end: Callable[[str], None]) -> None:
        """Reservations of this type can be started again, and ended again, without anybody's token."""
        self._ends[resource_type] = on_end

    def begin_again(self) -> None:
        """Put back what nobody can be doing any more."""
        leases = _marked(self._ends)
        moved = _moved(leases)
        most = max((len(lease.reservations) for lease in leases), default=0)
        for lease in leases:
            with tried(f"Lease {lease.id} could not be started or ended again, it is tried again later"):
                self._begin(lease, _found(lease, moved, self._longest, most))

    def _begin(self, lease: Any, found: Found) -> None:
        to = put_back(found, self._clock.now())
        if to is not None and _put(lease, to):
            LOG.warning("Lease %s was left in %s (%s); it is %s now", lease.id, found.lease, _told(found), to.lease)
            if to is ENDING:
                self._end(lease)

    def _end(self, lease: Any) -> None:
        """Without a token, so that nobody is told of it. What fails is found cut off later."""
        for reservation in lease.reservations:
            if reservation.status != status.reservation.DELETED:
                self._ends[reservation.resource_type](reservation.resource_id)
        with facade_wrapper.session_for_write() as session:
            if _set(session.query(models.Lease).filter_by(id=lease.id, status=ENDING.lease), ENDED.lease):
                _write(session, lease.id, ENDED)


def _marked(types: Iterable[str]) -> list[Any]:
    """The leases of these types of reservations alone that are marked with something under way, or given up."""
    lease, reservation, event = models.Lease, models.Reservation, models.Event
    is_marked = event.event_type.in_((START, END)) & event.status.in_((IN_PROGRESS, ERROR))
    with facade_wrapper.session_for_read() as session:
        found: list[Any] = (
            session.query(lease)
            .filter(lease.status.in_(_AT_IT) | lease.events.any(is_marked), lease.status.notin_(_CHANGING))
            .filter(lease.reservations.any(), ~lease.reservations.any(reservation.resource_type.notin_(list(types))))
            .all()
        )
        return found


def _moved(leases: Iterable[Any]) -> Mapping[Batch, int]:
    """When Blazar last got on with each batch that one of the leases is in: each that is done is marked so."""
    event = models.Event
    times = {one.time for lease in leases for one in lease.events}
    with facade_wrapper.session_for_read() as session:
        query = session.query(event.event_type, event.time, event.updated_at).filter(event.time.in_(times))
        latest_last = query.filter(event.updated_at.isnot(None)).order_by(event.updated_at)
        return {(kind, time): instant(at) for kind, time, at in latest_last}


def _found(lease: Any, moved: Mapping[Batch, int], longest: int, most: int) -> Found:
    """Who is at it has taken its turn; who is only marked waits for one of the batch, which may have ``most``
    reservations."""
    start, end = _event(lease, START), _event(lease, END)
    changed_at = _at(lease.updated_at)
    waiting = start if start.status == IN_PROGRESS else end
    turn_until = moved.get((waiting.event_type, waiting.time), 0) + most * longest
    is_at_it = lease.status in _AT_IT
    return Found(
        lease=lease.status,
        start=start.status,
        end=end.status,
        reservations=frozenset(one.status for one in lease.reservations),
        changed_at=changed_at,
        start_at=instant(start.time),
        tried_at=_at(start.updated_at),
        end_at=instant(lease.end_date),
        under_way_until=changed_at + len(lease.reservations) * longest if is_at_it else turn_until,
    )


def _event(lease: Any, event_type: str) -> Any:
    return next(one for one in lease.events if one.event_type == event_type)


def _at(moment: datetime | None) -> int:
    return instant(moment) if moment else 0


def _told(found: Found) -> str:
    return f"start {found.start}, end {found.end}, reservations {', '.join(sorted(found.reservations))}"


def _put(seen: Any, to: State) -> bool:
    """All of it at once, if the lease is as it was seen still; of two processes that try, one does."""
    lease = models.Lease
    conditions = [lease.id == seen.id, lease.status == seen.status, lease.updated_at == seen.updated_at]
    conditions += [_is_still(_event(seen, kind)) for kind in (START, END)]
    with facade_wrapper.session_for_write() as session:
        if not _set(session.query(lease).filter(*conditions), to.lease):
            return False
        _write(session, seen.id, to)
    return True


def _is_still(seen: Any) -> Any:
    event = models.Event
    is_same = (event.id == seen.id) & (event.status == seen.status) & (event.updated_at == seen.updated_at)
    return models.Lease.events.any(is_same)


def _write(session: Any, lease_id: str, to: State) -> None:
    """The statuses of what a lease consists of."""
    for kind, value in ((START, to.start), (END, to.end)):
        _set(session.query(models.Event).filter_by(lease_id=lease_id, event_type=kind), value)
    if to.reservations is not None:
        _set(session.query(models.Reservation).filter_by(lease_id=lease_id), to.reservations)


def _set(query: Any, value: str) -> int:
    """The status of all that it finds; how many they are."""
    return int(query.update({"status": value}, synchronize_session=False))
