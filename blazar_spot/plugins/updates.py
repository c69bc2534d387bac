# SPDX-License-Identifier: Apache-2.0
"""Updates of leases that are under way: what it takes to have the reservations of such a lease as they were.

Blazar changes one reservation after another and commits the dates of the lease last; if anything fails between, it
undoes nothing. So what an update takes out of the calendar is remembered, and stays its reservation's for everybody
else, until it is known what became of the lease: with its old dates it gets its old rows back. At once if one of its
reservations is refused, or else before anybody reads the calendar next. Next: ``windows``, by which it is read.
"""

import logging
import threading
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from blazar import status
from blazar.db import api as db_api
from blazar.db.sqlalchemy import facade_wrapper, models
from blazar.enforcement.exceptions import ExternalServiceFilterException

from blazar_spot.core.errors import NotNow
from blazar_spot.plugins import at_work
from blazar_spot.plugins.answers import unharmed
from blazar_spot.plugins.attempts import tried
from blazar_spot.plugins.rows import rows
from blazar_spot.plugins.servings import HOSTS, SLOTS

LOG = logging.getLogger(__name__)

CHANGES = threading.RLock()
"""Blazar has many threads and not one lock, and its database calls are one session each."""

SIZE = ("vcpus", "memory_mb", "disk_gb", "resource_properties")
"""The columns that say how much a slot is."""

_ASKED = {
    HOSTS.wanted: ("count_range", "hypervisor_properties", "resource_properties"),
    SLOTS.wanted: (*SIZE, "amount", "affinity"),
}
"""What an update may change of what a reservation has asked for."""


@dataclass(slots=True)
class Update:
    """One reservation of a lease that is being updated: the window that it gets, the rows that it has lost and got by
    that, what it had asked for before, and what is done ``afterwards`` if it has it all back: to its flavor."""

    lease_id: str
    start_date: datetime
    end_date: datetime
    asked: Mapping[Any, Mapping[str, Any]]
    removed: list[Any] = field(default_factory=list)
    added: set[str] = field(default_factory=set)
    afterwards: Callable[[], object] | None = None
    has_failed: bool = False

    def around(self, start: datetime, end: datetime) -> tuple[datetime, datetime]:
        """From the earlier start to the later end, of this window and of the one that the reservation gets."""
        return min(start, self.start_date), max(end, self.end_date)


UPDATES: dict[str, Update] = {}
"""By reservation. Written with ``CHANGES`` held."""


@contextmanager
def together(reservation_id: str, dates: Mapping[str, Any]) -> Iterator[None]:
    """Change the reservation in here. If that fails, all reservations of its lease are as they were before the update
    that has these dates, and so is the lease."""
    if UPDATES:
        _conclude_earlier(reservation_id, dates)
    try:
        yield
    except Exception:
        if not UPDATES or _fail(reservation_id):
            with unharmed():
                raise
        raise


def begin(reservation_id: str, dates: Mapping[str, Any]) -> dict[str, Any]:
    """The reservation is going to be changed, to have these dates; returns its lease's id and the dates it has now.

    One that came so late that its lease was put back is refused: it has dates again that others count on."""
    with CHANGES:
        lease, asked = _before(reservation_id)
        if lease["status"] != status.lease.UPDATING:
            sentence = f"The update of lease {lease['id']} took too long and was given up; code={NotNow.code}"
            raise ExternalServiceFilterException(message=sentence)
        at_work.note(lease["id"])
        UPDATES[reservation_id] = Update(lease["id"], dates["start_date"], dates["end_date"], asked)
    return lease


def add(reservation_id: str, added: Iterable[str]) -> None:
    """These rows are the reservation's only if its update comes to something."""
    UPDATES[reservation_id].added.update(added)


def remove(reservation_id: str, removed: Collection[str]) -> None:
    """Take these rows from the reservation, if its update comes to something. What is not there any more was of a host
    that failed, and is not put back."""
    update, held = UPDATES[reservation_id], models.ComputeHostAllocation
    update.removed += [
        row
        for row in rows(held.id.in_(removed), wanted=SLOTS.wanted, columns=SIZE)
        if row.allocation_id not in update.added
    ]
    with facade_wrapper.session_for_write() as session:
        session.query(held).filter(held.id.in_(removed)).delete(synchronize_session=False)


def afterwards(reservation_id: str, do: Callable[[], object]) -> None:
    """Do this, too, if a refusal gives the reservation back what it had; it may ask Nova."""
    UPDATES[reservation_id].afterwards = do


def forget(reservation_id: str) -> None:
    """The reservation is over."""
    UPDATES.pop(reservation_id, None)


def is_remembered(lease_id: str) -> bool:
    """Whether it is known here what an update of the lease has taken and given."""
    with CHANGES:
        return bool(_of(lease_id))


def settle(cut_off: str | None = None) -> None:
    """Have done with the updates that are not under way any more, and with that of a lease of which it was cut off; but
    somebody may have begun another one since the lease was looked at."""
    if not UPDATES:
        return
    lease = models.Lease
    with CHANGES:
        mine = {update.lease_id for update in UPDATES.values()}
        with facade_wrapper.session_for_read() as session:
            found = session.query(lease.id, lease.status, lease.start_date, lease.end_date).filter(lease.id.in_(mine))
            leases = {row.id: row for row in found}
        for lease_id in mine - leases.keys():
            _drop(lease_id)
        for row in leases.values():
            if row.status != status.lease.UPDATING or (row.id == cut_off and not at_work.is_at_work(row.id)):
                _conclude(row.id, (row.start_date, row.end_date))


def as_moved(reservation_id: str, lease: Mapping[str, Any]) -> dict[str, Any]:
    """The lease with its window as it is and, if an update under way moves the reservation, as it will be, and all
    between: what a host that replaces another one has to be free for."""
    update = UPDATES.get(reservation_id)
    if update is None:
        return dict(lease)
    start, end = update.around(lease["start_date"], lease["end_date"])
    return {**lease, "start_date": start, "end_date": end}


def _conclude_earlier(reservation_id: str, dates: Mapping[str, Any]) -> None:
    """Have done with an update of the same lease before this one, of which the lease's own dates still tell what became
    of it. Blazar gives the very same objects for dates to all reservations of one update."""
    with CHANGES:
        lease, _ = _before(reservation_id)
        mine = _of(lease["id"])
        if reservation_id in mine or any(one.start_date is not dates["start_date"] for one in mine.values()):
            _conclude(lease["id"], (lease["start_date"], lease["end_date"]))


def _fail(reservation_id: str) -> bool:
    """Whether the lease has its rows back."""
    is_back = False
    with tried(f"The lease of {reservation_id} has not got all of it back; trying again soon"):
        with CHANGES:
            lease_id = db_api.reservation_get(reservation_id)["lease_id"]
            mine = _of(lease_id)
            for update in mine.values():
                update.has_failed = True
            _put_back(lease_id)
            is_back = True
        for name, update in mine.items():
            if update.afterwards is not None:
                with tried(f"Reservation {name} has not got its flavor back; it is made at the start"):
                    update.afterwards()
    return is_back


def _conclude(lease_id: str, window: tuple[datetime, datetime]) -> None:
    """The lease has this window now, which says whether its update has been committed."""
    if any(one.has_failed or (one.start_date, one.end_date) != window for one in _of(lease_id).values()):
        _put_back(lease_id)
        LOG.warning("The update of lease %s came to nothing; its reservations have what they had", lease_id)
    else:
        _drop(lease_id)


def _put_back(lease_id: str) -> None:
    """Whatever the database did of what it was asked for; but nobody gets a host that is not Blazar's any more.

    The rows are as old as they were: whoever finds the lease cut off later would take new ones for the update's."""
    held, host = models.ComputeHostAllocation, models.ComputeHost
    with facade_wrapper.session_for_write() as session:
        for name, update in _of(lease_id).items():
            ids = update.added | {row.allocation_id for row in update.removed}
            session.query(held).filter(held.id.in_(ids)).delete(synchronize_session=False)
            left = {row.compute_host_id for row in update.removed}
            here = {row.id for row in session.query(host.id).filter(host.id.in_(left))}
            session.add_all(
                held(
                    id=row.allocation_id,
                    compute_host_id=row.compute_host_id,
                    reservation_id=name,
                    created_at=row.given_at,
                )
                for row in update.removed
                if row.compute_host_id in here
            )
            for wanted, asked in update.asked.items():
                session.query(wanted).filter(wanted.reservation_id == name).update(asked, synchronize_session=False)
    _drop(lease_id)


def _before(reservation_id: str) -> tuple[dict[str, Any], dict[Any, dict[str, Any]]]:
    """The reservation's lease, and what the reservation asks for, read in one go."""
    reservation, lease = models.Reservation, models.Lease
    with facade_wrapper.session_for_read() as session:
        query = (
            session.query(lease.id, lease.status, lease.start_date, lease.end_date, *_ASKED)
            .join(reservation, reservation.lease_id == lease.id)
            .filter(reservation.id == reservation_id)
        )
        for wanted in _ASKED:
            query = query.outerjoin(wanted, wanted.reservation_id == reservation.id)
        lease_id, lease_status, start, end, *found = query.one()
        asked = {
            type(one): {name: getattr(one, name) for name in _ASKED[type(one)]} for one in found if one is not None
        }
    return {"id": lease_id, "status": lease_status, "start_date": start, "end_date": end}, asked


def _of(lease_id: str) -> dict[str, Update]:
    return {name: update for name, update in UPDATES.items() if update.lease_id == lease_id}


def _drop(lease_id: str) -> None:
    for name in _of(lease_id):
        del UPDATES[name]
