# SPDX-License-Identifier: Apache-2.0
"""Blazar's calendar as it is now: which hosts there are, and when reservations have them.

Blazar's naive UTC datetimes become whole seconds here. Whoever reads the calendar in order to change it holds
``CHANGES`` from the reading to the writing; Nova is never waited for meanwhile. ``allocate``, ``reserve`` and their
likes write here, since Blazar's own functions ask for each row again.
"""

import uuid
from calendar import timegm
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from blazar import status
from blazar.db.sqlalchemy import facade_wrapper, models
from blazar.plugins.oshosts import RESOURCE_TYPE
from oslo_config import cfg

from blazar_spot.core.booking import Candidate
from blazar_spot.enforcement.handback import Books, Holding
from blazar_spot.enforcement.publishing import OVERRUN
from blazar_spot.plugins import updates
from blazar_spot.plugins.matching import matching
from blazar_spot.plugins.rows import rows
from blazar_spot.plugins.servings import SLOTS
from blazar_spot.plugins.windows import windows

CHANGES = updates.CHANGES

_ASKED = ("resource_properties", "hypervisor_properties", "count_range", "before_end")


@dataclass(frozen=True, slots=True)
class Reservable:
    """A host as Blazar knows it; one that failed keeps its reservations but ``is_offered`` to no new one."""

    id: str
    candidate: Candidate
    is_offered: bool


@dataclass(frozen=True, slots=True)
class Allocation:
    """The row that gives a host to a reservation."""

    id: str
    reservation_id: str
    compute_host_id: str


def instant(moment: datetime) -> int:
    """A moment as Blazar stores it, in seconds."""
    return timegm(moment.timetuple())


def hosts(requirements: Iterable[str], *, from_at: int, without: str | None = None) -> list[Reservable]:
    """The hosts that meet the requirements, with what reservations hold of them after ``from_at``.

    ``without`` leaves one reservation's own windows out. The cleaning time is part of what a reservation holds.
    """
    cleaning = cfg.CONF.cleaning_time * 60
    busy = defaultdict(list)
    for row in windows(from_at - cleaning, without):
        busy[row.compute_host_id].append((instant(row.start_date) - cleaning, instant(row.end_date) + cleaning))
    return [
        Reservable(
            host.id,
            Candidate(host.hypervisor_hostname, host.service_name, tuple(sorted(busy[host.id]))),
            bool(host.reservable),
        )
        for host in matching(requirements)
    ]


def allocate(reservation_id: str, hosts: Iterable[str]) -> dict[str, str]:
    """Give hosts, by their ids, to a reservation; returns the id of each one's row."""
    given = list(hosts)
    return dict(zip(given, allocate_slots(reservation_id, given), strict=True))


def allocate_slots(reservation_id: str, hosts: Iterable[str]) -> list[str]:
    """Give slots to a reservation, one of a host for each time that its id is there; returns the ids of their rows."""
    allocations = [(str(uuid.uuid4()), host) for host in hosts]
    with facade_wrapper.session_for_write() as session:
        session.add_all(
            models.ComputeHostAllocation(id=row, compute_host_id=host, reservation_id=reservation_id)
            for row, host in allocations
        )
    return [row for row, _ in allocations]


def reserve(reservation_id: str, aggregate_id: int, values: Mapping[str, Any]) -> str:
    """Write down what hosts a reservation has asked for, and which aggregate they join; returns the row's id."""
    asked = {name: values[name] for name in _ASKED}
    reserved = str(uuid.uuid4())
    with facade_wrapper.session_for_write() as session:
        session.add(
            models.ComputeHostReservation(
                id=reserved,
                reservation_id=reservation_id,
                aggregate_id=aggregate_id,
                **asked,
            )
        )
    return reserved


def reserve_slots(reservation_id: str, values: Mapping[str, Any]) -> dict[str, Any]:
    """Write down what slots a reservation has asked for; returns the row."""
    reserved = models.InstanceReservations(id=str(uuid.uuid4()), reservation_id=reservation_id, **values)
    with facade_wrapper.session_for_write() as session:
        session.add(reserved)
        session.flush()
        return {column.name: getattr(reserved, column.name) for column in reserved.__table__.columns}


def amend_slots(resource_id: str, values: Mapping[str, Any]) -> None:
    """Write down what has become different of what slots a reservation has asked for."""
    wanted = models.InstanceReservations
    with facade_wrapper.session_for_write() as session:
        session.query(wanted).filter(wanted.id == resource_id).update(dict(values), synchronize_session=False)


def deallocate(rows: Iterable[str]) -> None:
    """Take these rows out. One that is not there any more was of a host that failed, and for which there is no other:
    Blazar's own function raises then, which would leave a lease in ERROR whose hosts are of no window of its own."""
    held = models.ComputeHostAllocation
    with facade_wrapper.session_for_write() as session:
        session.query(held).filter(held.id.in_(list(rows))).delete(synchronize_session=False)


def known_hosts() -> list[Candidate]:
    """Every host that Blazar has."""
    host = models.ComputeHost
    with facade_wrapper.session_for_read() as session:
        return [Candidate(*row) for row in session.query(host.hypervisor_hostname, host.service_name)]


def host_ids() -> list[str]:
    """The id of every host that Blazar has."""
    with facade_wrapper.session_for_read() as session:
        return [row.id for row in session.query(models.ComputeHost.id)]


def books(now: int) -> Books:
    """Who has which hosts. A reservation that is in a change long after its end is stuck in it, and is settled so."""
    reservation, cleaning = models.Reservation, cfg.CONF.cleaning_time * 60
    is_here = (reservation.status != status.reservation.DELETED) | models.Lease.status.in_(status.lease.TRANSITIONAL)
    holdings: dict[str, Holding] = {}
    for row in rows(reservation.resource_type == RESOURCE_TYPE, is_here):
        end_at = instant(row.end_date)
        before = holdings.get(row.reservation_id)
        mine = before.service_hosts if before else frozenset[str]()
        holdings[row.reservation_id] = Holding(
            service_hosts=mine if row.service_host is None else mine | {row.service_host},
            is_settled=row.lease_status not in status.lease.TRANSITIONAL or end_at + OVERRUN <= now,
            running_until=end_at + cleaning if row.status == status.reservation.ACTIVE and now < end_at else 0,
        )
    return Books(known_hosts(), holdings)


def slot_reservations() -> frozenset[str]:
    """The reservations of parts of hosts that are not over, or are just being changed."""
    reservation, lease = models.Reservation, models.Lease
    is_here = (reservation.status != status.reservation.DELETED) | lease.status.in_(status.lease.TRANSITIONAL)
    found = rows(reservation.resource_type.in_(SLOTS.resource_types), is_here)
    return frozenset(row.reservation_id for row in found)


def allocation(reservation_id: str, host: str) -> Allocation:
    """The row that gives this host to the reservation."""
    held = models.ComputeHostAllocation
    with facade_wrapper.session_for_read() as session:
        row = (
            session.query(held.id, held.reservation_id, held.compute_host_id)
            .join(models.ComputeHost, models.ComputeHost.id == held.compute_host_id)
            .filter(held.reservation_id == reservation_id, models.ComputeHost.hypervisor_hostname == host)
            .one()
        )
        return Allocation(*row)
