# SPDX-License-Identifier: Apache-2.0
"""Blazar's reservations, each with its lease and with what it has been given, as its tables have them now.

Whatever is asked about them is asked here, in one query however many there are, so an answer is never put together
from two different states. What the answers mean is said in ``windows``, ``parts``, ``published`` and ``servings``.
"""

from datetime import datetime
from typing import Any

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
                held.id.label("allocation_id"),
                held.compute_host_id,
                held.created_at.label("given_at"),
                host.hypervisor_hostname.label("host"),
                host.service_name.label("service_host"),
                host.reservable,
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


def naive(instant: int) -> datetime:
    """An instant as Blazar stores it."""
    return to_datetime(instant).replace(tzinfo=None)
