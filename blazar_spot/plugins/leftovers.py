# SPDX-License-Identifier: Apache-2.0
"""What becomes of a lease that Blazar has left in the middle of a start, an end, a deletion, an update or a creation.

It is put to a state that Blazar itself knows what to do with. There are five of them, and this is the table of which:

* A start that was *cut off*, by the death of its blazar-manager, or *given up*, for want of a token or of the database,
  is TO_START again. If all of its reservations serve it is STARTED. When the lease is over it is not started any more:
  what may have got hosts is STARTED, so that it is ended, and what cannot have got any is DEAD.
* An end that was cut off or given up makes the lease STARTED, so that Blazar ends it once more; so does a deletion that
  was given up. If all of its reservations are gone it is ENDED. If Blazar still cannot end it after a while, as without
  a trust it never can, if a deletion was cut off, and if one was given up of what had not started, it is ENDING: ended
  here, with nobody's token. What is TERMINATING before its end is a deletion that was cut off.
* An update that was cut off has come to nothing, unless the lease has its new dates already: the lease is TO_START,
  STARTED or ENDED, whatever its reservations say, or DEAD if it is over and had not begun. It is left alone if it may
  have got hosts that are others' in the window that it still has: nobody remembers which of them to take from it.
* An update that came to nothing so late that the lease has gone on meanwhile gives it the status it had before. What
  has begun is STARTED, and what has ended ENDED.
* A creation that was cut off is undone, as Blazar undoes one that failed. Of that ``interrupted`` alone knows.

All else is left alone: above all what may still be under way, and what Blazar never began, as a start after an update
that failed. Nothing is read or written here, that is done in ``interrupted``.
"""

from dataclasses import dataclass

from blazar import status

GRACE = 60
"""For so many seconds after it was due whatever was given up is tried again at each poll; a start later only as seldom
as this, since each attempt that fails fills Blazar's log."""

PENDING, ACTIVE, DELETED = status.reservation.PENDING, status.reservation.ACTIVE, status.reservation.DELETED
UNDONE, IN_PROGRESS, DONE, ERROR = status.event.UNDONE, status.event.IN_PROGRESS, status.event.DONE, status.event.ERROR


@dataclass(frozen=True, slots=True)
class State:
    """The statuses of a lease, of the events of its start and its end, and of all its reservations if they change."""

    lease: str
    start: str
    end: str
    reservations: str | None


TO_START = State(status.lease.PENDING, UNDONE, UNDONE, PENDING)
STARTED = State(status.lease.ACTIVE, DONE, UNDONE, ACTIVE)
ENDING = State(status.lease.TERMINATING, DONE, IN_PROGRESS, None)
ENDED = State(status.lease.TERMINATED, DONE, DONE, DELETED)
DEAD = State(status.lease.ERROR, ERROR, ERROR, None)


@dataclass(frozen=True, slots=True)
class Found:
    """A lease as it was found; instants in seconds.

    ``under_way_until`` is when nobody can be doing to it any more what it is marked with; ``tried_at`` when its start
    was marked last; ``is_unsure`` whether an update may have brought hosts that nobody can tell from its own.
    """

    lease: str
    start: str
    end: str
    reservations: frozenset[str]
    changed_at: int
    start_at: int
    tried_at: int
    end_at: int
    under_way_until: int
    is_unsure: bool = False


def put_back(found: Found, now: int) -> State | None:
    """The state that the lease is to be put to, None if it is left alone."""
    is_cut_off = found.under_way_until < now
    if found.lease == status.lease.DELETING:
        return ENDING if is_cut_off else None
    if found.lease == status.lease.UPDATING:
        is_let_be = found.is_unsure and now < found.end_at
        return _of_update(found, now) if is_cut_off and not is_let_be else None
    if found.lease == status.lease.STARTING or found.start == IN_PROGRESS:
        return _of_start(found, now) if is_cut_off or found.start == ERROR else None
    if found.lease == status.lease.TERMINATING or found.end in (IN_PROGRESS, ERROR):
        return _of_end(found, now) if is_cut_off or found.end == ERROR else None
    return _of_end(found, now) if found.end == DONE else _of_start(found, now)


def _of_update(found: Found, now: int) -> State | None:
    return ENDED if found.reservations == {DELETED} else _of_start(found, now)


def _of_start(found: Found, now: int) -> State | None:
    if not found.reservations <= {PENDING, ACTIVE}:
        return None
    if found.reservations == {ACTIVE}:
        return STARTED
    if found.end_at <= now or not _is_startable(found):
        return _never_to_start(found)
    is_too_soon = found.start_at + GRACE < found.tried_at and now < found.tried_at + GRACE
    return None if found.start == ERROR and is_too_soon else TO_START


def _is_startable(found: Found) -> bool:
    """A lease that was in ERROR before its start was due is so for another reason: its hosts may be others' by now."""
    was_in_error = found.lease == status.lease.ERROR and found.changed_at < found.start_at
    return ACTIVE in found.reservations or not was_in_error


def _never_to_start(found: Found) -> State | None:
    """A start that was cut off may have brought hosts that nothing tells of."""
    is_given_up = found.start == ERROR
    if ACTIVE in found.reservations or (found.lease == status.lease.STARTING and not is_given_up):
        return STARTED
    return None if is_given_up and found.lease != status.lease.UPDATING else DEAD


def _of_end(found: Found, now: int) -> State | None:
    if found.reservations == {PENDING} and found.lease != status.lease.TERMINATING:
        return ENDING if found.end == IN_PROGRESS else None
    if found.reservations == {DELETED}:
        return ENDED
    is_hopeless = found.end == ERROR and found.end_at + GRACE <= now
    is_deletion = found.lease == status.lease.TERMINATING and now < found.end_at
    return ENDING if is_hopeless or is_deletion else STARTED
