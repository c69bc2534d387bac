# SPDX-License-Identifier: Apache-2.0
"""Blazar's reservations, each with its lease and with what it has been given, as its tables have them now.

Whatever is asked about them is asked here, in one query however many there are, so an answer is never put together
from two different states. What the answers mean is said in ``calendar``, ``parts``, ``published`` and ``servings``.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from blazar import status
from blazar.db.sqlalchemy import facade_wrapper, models

from blazar_spot.core.instants import to_datetime


def rows(*conditions: Any, wanted: Any = None, columns: tuple[str, ...] = ()) -> list[Any]:
    """A row for each allocation of the reservations that meet the conditions; one without any has one without a host.

    ``columns`` of what was ``wanted`` are there too, empty for a reservation of another kind.
    """
    reservation, lease, held, host = models.Reservation, models.Lease, models.ComputeHostAllocation, models.ComputeHost
    with facade_wrapper.session_for_read() as session:
        query = (
            session.query(
                reservation.id.label("reservation_id"),
                reservation.resource_type,
                reservation.status,
                reservation.missing_resources,
                lease.id.label("lease_id"),
                lease.status.label("lease_status"),
                lease.name.label("lease_name"),
                lease.project_id,
                lease.start_date,
                lease.end_date,
                held.compute_host_id,
                host.hypervisor_hostname.label("host"),
                host.service_name.label("service_host"),
            )
            .join(lease, lease.id == reservation.lease_id)
            .outerjoin(held, held.reservation_id == reservation.id)
            .outerjoin(host, host.id == held.compute_host_id)
        )
        if wanted is not None:
            query = query.outerjoin(wanted, wanted.reservation_id == reservation.id)
            query = query.add_columns(*(getattr(wanted, name) for name in columns))
        found: list[Any] = query.filter(*conditions).order_by(reservation.id, host.hypervisor_hostname).all()
        return found


MOVING: dict[str, tuple[datetime, datetime]] = {}
"""By reservation, the window that an update under way gives it: Blazar commits the dates of a lease only after all of
its reservations have been changed. Written while the calendar is locked."""


@dataclass(frozen=True, slots=True)
class _Moving:
    """A row of a reservation that is being moved: until that is settled it has both windows, and all between."""

    row: Any
    start_date: datetime
    end_date: datetime

    def __getattr__(self, name: str) -> Any:
        return getattr(self.row, name)


def windows(after: int, without: str | None, wanted: Any = None, columns: tuple[str, ...] = ()) -> list[Any]:
    """What reservations but this one have been given, and still have after that instant."""
    moving = dict(MOVING)
    lasts = (models.Lease.end_date > naive(after)) | models.Reservation.id.in_(list(moving))
    conditions = [models.ComputeHostAllocation.compute_host_id.isnot(None), lasts]
    if without is not None:
        conditions.append(models.Reservation.id != without)
    found = rows(*conditions, wanted=wanted, columns=columns)
    return [_moved(row, moving) for row in found]


def _moved(row: Any, moving: Mapping[str, tuple[datetime, datetime]]) -> Any:
    if row.reservation_id not in moving or row.lease_status not in status.lease.TRANSITIONAL:
        return row
    start, end = moving[row.reservation_id]
    return _Moving(row, min(row.start_date, start), max(row.end_date, end))


def naive(instant: int) -> datetime:
    """An instant as Blazar stores it."""
    return to_datetime(instant).replace(tzinfo=None)
