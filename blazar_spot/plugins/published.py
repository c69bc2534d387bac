# SPDX-License-Identifier: Apache-2.0
"""What is published of Blazar's calendar: what reservations of every kind hold of hosts, now and later."""

from blazar import status
from blazar.db.sqlalchemy import models

from blazar_spot.core.model import times
from blazar_spot.enforcement.publishing import Entry
from blazar_spot.plugins.calendar import instant
from blazar_spot.plugins.parts import by_host, size_of
from blazar_spot.plugins.rows import rows
from blazar_spot.plugins.servings import HOSTS, SLOTS
from blazar_spot.plugins.updates import SIZE, UPDATES, settle


def entries() -> tuple[list[Entry], frozenset[str]]:
    """What is held, and the reservations whose lease is just being changed."""
    settle()
    reservation = models.Reservation
    is_open = reservation.status.in_((status.reservation.PENDING, status.reservation.ACTIVE))
    is_changing = models.Lease.status.in_(status.lease.TRANSITIONAL)
    is_ours = reservation.resource_type.in_(HOSTS.resource_types + SLOTS.resource_types)
    found = rows(is_ours, is_open | is_changing, wanted=SLOTS.wanted, columns=SIZE)
    changing = {row.reservation_id for row in found if row.lease_status in status.lease.TRANSITIONAL}
    unsettled = changing | UPDATES.keys()
    settled = [row for row in found if row.reservation_id not in unsettled and row.host is not None]
    published = [
        Entry(
            reservation_id=held[0].reservation_id,
            lease_id=held[0].lease_id,
            host=held[0].host,
            service_host=held[0].service_host,
            start_at=instant(held[0].start_date),
            end_at=instant(held[0].end_date),
            project_id=held[0].project_id,
            lease_name=held[0].lease_name,
            room=times(size_of(held[0]._mapping), len(held)) if held[0].resource_type in SLOTS.resource_types else None,
        )
        for held in by_host(settled).values()
    ]
    return published, frozenset(unsettled)
