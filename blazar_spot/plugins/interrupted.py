# SPDX-License-Identifier: Apache-2.0
"""What Blazar does to leases, and came to nothing because Keystone, the database or blazar-manager was away.

Blazar marks them as under way before it does them, all that are due at once, and never takes them up again. A lease
would stay in STARTING for good, neither serving nor ending, or in ERROR with all its hosts after its end; in CREATING
it could not even be deleted. What becomes of it is said in ``leftovers``. That somebody has given up is known from the
event; if nobody said so, only a mark that is older than whatever can last so long counts, and none of a creation or an
update that this process is at (``at_work``). To start or to end again is safe: the doors and the ways back find what
has been done already. A lease that has anything else in it than our own reservations is left alone.
"""

import logging
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from blazar import status
from blazar.db import api as db_api
from blazar.db.sqlalchemy import facade_wrapper, models

from blazar_spot.plugins.at_work import is_at_work
from blazar_spot.plugins.attempts import tried
from blazar_spot.plugins.calendar import instant
from blazar_spot.plugins.leftovers import DONE, ENDED, ENDING, ERROR, IN_PROGRESS, Found, State, put_back
from blazar_spot.plugins.updates import CHANGES, is_remembered, settle
from blazar_spot.ports.clock import Clock

LOG = logging.getLogger(__name__)

HANGING = 120
"""How long a reservation may take beside the budget for its hosts: two answers, each of which takes a minute at most.
"""

MAKING = 480
"""How long it may take beside that when it is new: Nova and Placement make what it needs in eight answers at most. What
is undone is gone, so this is rather too long."""

ENDING_FOR = 30
"""For so many seconds a poll begins to end leases itself. What it publishes waits for that, and claims that are held
until then wait no longer than two minutes."""

START, END = "start_lease", "end_lease"
CREATING, UPDATING = status.lease.CREATING, status.lease.UPDATING


@dataclass(frozen=True, slots=True)
class Turns:
    """How the batch gets on in which an event may wait: when it was marked, when Blazar last wrote to one like it, and
    how many reservations those have to which it has written since."""

    marked_at: int = 0
    moved_at: int = 0
    had: int = 0

    def until(self, longest: int, most: int) -> int:
        """When the turn of whoever has it now is over, who may have ``most`` reservations. A batch has an end: one that
        is tried again and again does not make it last."""
        return min(self.moved_at, self.marked_at + self.had * longest) + most * longest


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
        turns = _turns(leases)
        most = max((len(lease.reservations) for lease in leases), default=0)
        until = self._clock.now() + ENDING_FOR
        for lease in leases:
            if is_at_work(lease.id):
                continue
            with tried(f"Lease {lease.id} could not be put back, it is tried again later"):
                if lease.status == CREATING:
                    self._undo(lease)
                else:
                    self._begin(lease, _found(lease, turns, self._longest, most), until)

    def _undo(self, lease: Any) -> None:
        """As Blazar does if a creation fails. What is held for the lease, and what Nova has of it, is then found to be
        nobody's."""
        if _last_trace(lease) + self._longest + MAKING < self._clock.now() and _destroy(lease):
            LOG.warning("Lease %s was left in %s; it is gone now", lease.id, CREATING)

    def _begin(self, lease: Any, found: Found, until: int) -> None:
        now = self._clock.now()
        to = put_back(found, now)
        if to is None or (to is ENDING and now >= until):
            return
        settle(cut_off=lease.id)  # first, since the next process would not know what to give back
        if _put(lease, to):
            LOG.warning("Lease %s was left in %s (%s); it is %s now", lease.id, found.lease, _told(found), to.lease)
            if to is ENDING:
                self._end(lease)

    def _end(self, lease: Any) -> None:
        """Without a token, so that nobody is told of it. What fails is found cut off later."""
        for reservation in lease.reservations:
            if reservation.status != status.reservation.DELETED:
                self._ends[reservation.resource_type](reservation.resource_id)
        with facade_wrapper.session_for_write() as session:
            if _set(session.query(models.Lease).filter_by(id=lease.id, status=ENDING.lease), status=ENDED.lease):
                _write(session, lease, ENDED)


def _marked(types: Iterable[str]) -> list[Any]:
    """The leases of these types of reservations alone that are marked with something under way, or given up, or as if
    what is done were still to come. One that is being created may have none yet."""
    lease, reservation, event = models.Lease, models.Reservation, models.Event
    is_marked = event.event_type.in_((START, END)) & event.status.in_((IN_PROGRESS, ERROR))
    has_begun = (event.event_type == START) & (event.status == DONE)
    has_ended = (event.event_type == END) & (event.status == DONE)
    is_behind = ((lease.status == status.lease.PENDING) & lease.events.any(has_begun)) | (
        (lease.status == status.lease.ACTIVE) & lease.events.any(has_ended)
    )
    with facade_wrapper.session_for_read() as session:
        found: list[Any] = (
            session.query(lease)
            .filter(lease.status.in_(status.lease.TRANSITIONAL) | lease.events.any(is_marked) | is_behind)
            .filter((lease.status == CREATING) | lease.reservations.any())
            .filter(~lease.reservations.any(reservation.resource_type.notin_(list(types))))
            .all()
        )
        return found


def _turns(leases: Iterable[Any]) -> Mapping[str, Turns]:
    """By event, how the batch gets on in which one of the leases' may wait. Blazar takes all of a type into it that are
    due by then, whenever they were, marks them all, and writes to each once more when it is done."""
    event, reservation = models.Event, models.Reservation
    mine = [one for lease in leases for one in lease.events if one.event_type in (START, END)]
    marked = [one for one in mine if one.status == IN_PROGRESS and one.updated_at]
    if not marked:
        return {}
    times = [one.updated_at for one in marked]
    with facade_wrapper.session_for_read() as session:
        query = session.query(event.event_type, event.time, event.updated_at, reservation.id)
        query = query.join(reservation, reservation.lease_id == event.lease_id)
        written = query.filter(event.updated_at >= min(times), event.time <= max(times)).all()
    return {one.id: _turns_since(one, written) for one in marked}


def _turns_since(marked: Any, written: Iterable[Any]) -> Turns:
    at = marked.updated_at
    since = [
        one.updated_at
        for one in written
        if one.event_type == marked.event_type and one.time <= at and one.updated_at > at
    ]
    return Turns(instant(at), instant(max(since, default=at)), len(since))


def _found(lease: Any, turns: Mapping[str, Turns], longest: int, most: int) -> Found:
    """Who is at it has taken its turn; who is only marked waits for one of the batch."""
    start, end = _event(lease, START), _event(lease, END)
    changed_at = _at(lease.updated_at)
    waiting = start if start.status == IN_PROGRESS else end
    turn_until = turns.get(waiting.id, Turns()).until(longest, most)
    is_at_it = lease.status in status.lease.TRANSITIONAL
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
        is_unsure=lease.status == UPDATING and _is_unsure(lease),
    )


def _is_unsure(lease: Any) -> bool:
    """Whether a host that has come in since the lease was marked may be another's in the window that the lease has. One
    that is degraded may have been marked earlier: whoever flags it writes to the lease, too."""
    given = [row for one in lease.reservations for row in one.computehost_allocations]
    is_new = any(_at(lease.updated_at) <= _at(row.created_at) for row in given)
    return (is_new or bool(lease.degraded)) and not is_remembered(lease.id)


def _last_trace(lease: Any) -> int:
    """When its creation last wrote anything."""
    written = [lease, *lease.reservations, *lease.events]
    for one in lease.reservations:
        written += [*one.computehost_allocations, one.computehost_reservation, one.instance_reservation]
    return max(_at(row.updated_at or row.created_at) for row in written if row is not None)


def _destroy(seen: Any) -> bool:
    """All of it at once, if it is being created still. The row that is written first is locked: of two processes that
    try, one does."""
    with CHANGES, facade_wrapper.session_for_write() as session:
        if not _set(session.query(models.Lease).filter_by(id=seen.id, status=CREATING), status=status.lease.DELETING):
            return False
        db_api.lease_destroy(seen.id)
    return True


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
        if not _set(session.query(lease).filter(*conditions), status=to.lease):
            return False
        _write(session, seen, to)
    return True


def _is_still(seen: Any) -> Any:
    event = models.Event
    is_same = (event.id == seen.id) & (event.status == seen.status) & (event.updated_at == seen.updated_at)
    return models.Lease.events.any(is_same)


def _write(session: Any, lease: Any, to: State) -> None:
    """The statuses of what a lease consists of. Its events are moved before its dates, which say when they are due."""
    for kind, value, time in ((START, to.start, lease.start_date), (END, to.end, lease.end_date)):
        _set(session.query(models.Event).filter_by(lease_id=lease.id, event_type=kind), status=value, time=time)
    if to.reservations is not None:
        _set(session.query(models.Reservation).filter_by(lease_id=lease.id), status=to.reservations)


def _set(query: Any, **values: Any) -> int:
    """What is different now of all that it finds; how many they are."""
    return int(query.update(values, synchronize_session=False))
