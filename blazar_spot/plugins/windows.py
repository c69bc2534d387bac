# SPDX-License-Identifier: Apache-2.0
"""When reservations have hosts, for whoever looks for one: updates that are under way or only judged included.

To everybody else a reservation that is being changed has what it had, what it gets, and all between. To the others of
its own lease it has only what it gets, or stays where it is in the new window until it is its turn: they move together
or not at all. What ``supposing`` is told is seen by its own thread alone. What a reservation may get back is its own
while it is ``keeping`` it.
"""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from blazar.db.sqlalchemy import models

from blazar_spot.plugins.rows import naive, rows
from blazar_spot.plugins.servings import SLOTS
from blazar_spot.plugins.updates import SIZE, UPDATES, Update, settle


@dataclass(frozen=True, slots=True)
class Row:
    """A host that a reservation would have, as ``rows`` says it of those that it has."""

    reservation_id: str
    compute_host_id: str
    start_date: datetime
    end_date: datetime
    _mapping: Mapping[str, Any]

    @property
    def vcpus(self) -> int | None:
        """What says that it is a slot and not a whole host."""
        vcpus: int | None = self._mapping["vcpus"]
        return vcpus


@dataclass(frozen=True, slots=True)
class Supposed:
    """The new window of a lease, and what those of its reservations would have that were judged already."""

    lease_id: str
    start_date: datetime
    end_date: datetime
    given: dict[str, list[Row]] = field(default_factory=dict)

    def give(self, reservation: Mapping[str, Any], hosts: Iterable[str]) -> None:
        """Suppose that the reservation has these hosts, by their ids, one for each slot."""
        is_slots = reservation["resource_type"] in SLOTS.resource_types
        size = {name: reservation[name] if is_slots else None for name in SIZE}
        name = reservation["id"]
        self.given[name] = [Row(name, host, self.start_date, self.end_date, size) for host in hosts]


_SUPPOSED: ContextVar[Supposed | None] = ContextVar("supposed", default=None)
_KEPT: list[Row] = []


@contextmanager
def keeping(reservation_id: str, host: str, lease: Mapping[str, Any]) -> Iterator[None]:
    """To everybody else the reservation has this host, by its id, whatever becomes of its row in here."""
    row = Row(reservation_id, host, lease["start_date"], lease["end_date"], dict.fromkeys(SIZE))
    _KEPT.append(row)
    try:
        yield
    finally:
        _KEPT.remove(row)


@contextmanager
def supposing(lease_id: str, dates: Mapping[str, Any]) -> Iterator[Supposed]:
    """Judge in here what reservations of this lease would get together."""
    supposed = Supposed(lease_id, dates["start_date"], dates["end_date"])
    token = _SUPPOSED.set(supposed)
    try:
        yield supposed
    finally:
        _SUPPOSED.reset(token)


@dataclass(frozen=True, slots=True)
class _Moved:
    """A row in another window."""

    row: Any
    start_date: datetime
    end_date: datetime

    def __getattr__(self, name: str) -> Any:
        return getattr(self.row, name)


@dataclass(frozen=True, slots=True)
class Had:
    """A row that its reservation gets back if its update comes to nothing."""

    row: Any

    def __getattr__(self, name: str) -> Any:
        return getattr(self.row, name)


def windows(after: int, without: str | None, wanted: Any = None, columns: tuple[str, ...] = ()) -> list[Any]:
    """What reservations but this one have been given, and still have after that instant."""
    settle()
    updates, supposed = dict(UPDATES), _SUPPOSED.get()
    together = supposed or (updates.get(without) if without is not None else None)
    lease_id = together.lease_id if together else None
    reservation, lease = models.Reservation, models.Lease
    lasts = (lease.end_date > naive(after)) | reservation.id.in_(list(updates)) | (lease.id == lease_id)
    conditions = [models.ComputeHostAllocation.compute_host_id.isnot(None), lasts]
    if without is not None:
        conditions.append(reservation.id != without)
    given = supposed.given if supposed else {}
    found = [row for row in rows(*conditions, wanted=wanted, columns=columns) if row.reservation_id not in given]
    return [
        *(_in(row, together) if row.lease_id == lease_id else _around(row, updates) for row in found),
        *(Had(row) for one in updates.values() if one.lease_id != lease_id for row in list(one.removed)),
        *(row for name, had in given.items() if name != without for row in had),
        *(row for row in list(_KEPT) if row.reservation_id != without),
    ]


def _in(row: Any, together: Any) -> Any:
    return _Moved(row, together.start_date, together.end_date)


def _around(row: Any, updates: Mapping[str, Update]) -> Any:
    update = updates.get(row.reservation_id)
    return row if update is None else _Moved(row, *update.around(row.start_date, row.end_date))
