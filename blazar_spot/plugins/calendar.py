# SPDX-License-Identifier: Apache-2.0
"""Blazar's calendar as it is now, with sessions of our own on Blazar's tables.

Each question is one query, however many hosts and leases there are, so an answer is never put together from two
different states. Blazar's naive UTC datetimes become whole seconds here. Whoever reads the calendar in order to change
it holds ``CHANGES`` from the reading to the writing; Nova is never waited for meanwhile. Only ``allocate`` writes,
since Blazar's own function reads each row again.
"""

import threading
import uuid
from calendar import timegm
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from blazar import status
from blazar.db.sqlalchemy import facade_wrapper, models
from blazar.plugins.oshosts import RESOURCE_TYPE
from oslo_config import cfg

from blazar_spot.core.booking import Candidate
from blazar_spot.core.instants import to_datetime
from blazar_spot.enforcement.handback import Books, Holding
from blazar_spot.enforcement.publishing import OVERRUN, Entry
from blazar_spot.plugins.matching import matching

CHANGES = threading.RLock()
"""Blazar has many threads and not one lock, and its database calls are one session each."""


@dataclass(frozen=True, slots=True)
class Reservable:
    """A host as Blazar knows it; one that failed keeps its reservations but ``is_offered`` to no new one."""

    id: str
    candidate: Candidate
    is_offered: bool


@dataclass(frozen=True, slots=True)
class Serving:
    """A reservation of hosts with what it takes to bring them to it."""

    reservation_id: str
    lease_id: str
    aggregate_id: int
    count_min: int
    is_flagged: bool
    hosts: tuple[Candidate, ...] = ()


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
    for host, start, end in _windows(from_at - cleaning, without):
        busy[host].append((instant(start) - cleaning, instant(end) + cleaning))
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
    rows = {host: str(uuid.uuid4()) for host in hosts}
    with facade_wrapper.session_for_write() as session:
        session.add_all(
            models.ComputeHostAllocation(id=row, compute_host_id=host, reservation_id=reservation_id)
            for host, row in rows.items()
        )
    return rows


def _windows(after: int, without: str | None) -> list[Any]:
    held = models.ComputeHostAllocation
    with facade_wrapper.session_for_read() as session:
        query = (
            session.query(held.compute_host_id, models.Lease.start_date, models.Lease.end_date)
            .join(models.Reservation, models.Reservation.id == held.reservation_id)
            .join(models.Lease, models.Lease.id == models.Reservation.lease_id)
            .filter(models.Lease.end_date > to_datetime(after).replace(tzinfo=None))
        )
        if without is not None:
            query = query.filter(held.reservation_id != without)
        rows: list[Any] = query.all()
        return rows


def entries() -> tuple[list[Entry], frozenset[str]]:
    """What whole-host reservations hold now and later, and the reservations whose lease is just being changed."""
    published, unsettled = [], set()
    for row in _reservations():
        if row.lease_status in status.lease.TRANSITIONAL:
            unsettled.add(row.reservation_id)
        elif row.host is not None:
            published.append(
                Entry(
                    reservation_id=row.reservation_id,
                    lease_id=row.lease_id,
                    host=row.host,
                    service_host=row.service_host,
                    start_at=instant(row.start_date),
                    end_at=instant(row.end_date),
                )
            )
    return published, frozenset(unsettled)


def _reservations() -> list[Any]:
    lease, reservation, host = models.Lease, models.Reservation, models.ComputeHost
    open_statuses = (status.reservation.PENDING, status.reservation.ACTIVE)
    with facade_wrapper.session_for_read() as session:
        rows: list[Any] = (
            session.query(
                reservation.id.label("reservation_id"),
                lease.id.label("lease_id"),
                lease.status.label("lease_status"),
                lease.start_date,
                lease.end_date,
                host.hypervisor_hostname.label("host"),
                host.service_name.label("service_host"),
            )
            .join(lease, lease.id == reservation.lease_id)
            .outerjoin(models.ComputeHostAllocation, models.ComputeHostAllocation.reservation_id == reservation.id)
            .outerjoin(host, host.id == models.ComputeHostAllocation.compute_host_id)
            .filter(reservation.resource_type == RESOURCE_TYPE)
            .filter(reservation.status.in_(open_statuses) | lease.status.in_(status.lease.TRANSITIONAL))
            .all()
        )
        return rows


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
    holdings: dict[str, Holding] = {}
    for row in _allocated():
        end_at = instant(row.end_date)
        before = holdings.get(row.reservation_id)
        mine = before.service_hosts if before else frozenset[str]()
        holdings[row.reservation_id] = Holding(
            service_hosts=mine if row.service_host is None else mine | {row.service_host},
            is_settled=row.lease_status not in status.lease.TRANSITIONAL or end_at + OVERRUN <= now,
            is_running=row.status == status.reservation.ACTIVE and now < end_at,
        )
    return Books(known_hosts(), holdings)


def _allocated() -> list[Any]:
    lease, reservation, host = models.Lease, models.Reservation, models.ComputeHost
    with facade_wrapper.session_for_read() as session:
        rows: list[Any] = (
            session.query(
                reservation.id.label("reservation_id"),
                reservation.status,
                lease.status.label("lease_status"),
                lease.end_date,
                host.service_name.label("service_host"),
            )
            .join(lease, lease.id == reservation.lease_id)
            .outerjoin(models.ComputeHostAllocation, models.ComputeHostAllocation.reservation_id == reservation.id)
            .outerjoin(host, host.id == models.ComputeHostAllocation.compute_host_id)
            .filter(reservation.resource_type == RESOURCE_TYPE)
            .filter((reservation.status != status.reservation.DELETED) | lease.status.in_(status.lease.TRANSITIONAL))
            .all()
        )
        return rows


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


def cut_off(before: int) -> list[str]:
    """The leases of hosts alone whose start was marked as under way before that instant, and still is."""
    lease, reservation = models.Lease, models.Reservation
    with facade_wrapper.session_for_read() as session:
        others = session.query(reservation.lease_id).filter(reservation.resource_type != RESOURCE_TYPE)
        rows = (
            session.query(lease.id)
            .filter(lease.status == status.lease.STARTING)
            .filter(lease.updated_at < to_datetime(before).replace(tzinfo=None))
            .filter(lease.id.notin_(others))
        )
        return [row.id for row in rows]


def serving(reservation_id: str) -> Serving:
    """The reservation, whatever its state."""
    return _servings(models.Reservation.id == reservation_id)[0]


def serving_as(resource_id: str) -> Serving:
    """The reservation by the id that events know it by."""
    return _servings(models.ComputeHostReservation.id == resource_id)[0]


def running(reservation_id: str | None = None) -> list[Serving]:
    """The reservations that are active now, or this one if it is; none whose lease is just being changed."""
    conditions = [
        models.Reservation.resource_type == RESOURCE_TYPE,
        models.Reservation.status == status.reservation.ACTIVE,
        models.Lease.status == status.lease.ACTIVE,
    ]
    if reservation_id is not None:
        conditions.append(models.Reservation.id == reservation_id)
    return _servings(*conditions)


def _servings(*conditions: Any) -> list[Serving]:
    reservation, wanted, host = models.Reservation, models.ComputeHostReservation, models.ComputeHost
    found: dict[str, Serving] = {}
    with facade_wrapper.session_for_read() as session:
        rows = (
            session.query(
                reservation.id.label("reservation_id"),
                reservation.lease_id,
                reservation.missing_resources,
                wanted.aggregate_id,
                wanted.count_range,
                host.hypervisor_hostname.label("host"),
                host.service_name.label("service_host"),
            )
            .join(models.Lease, models.Lease.id == reservation.lease_id)
            .join(wanted, wanted.reservation_id == reservation.id)
            .outerjoin(models.ComputeHostAllocation, models.ComputeHostAllocation.reservation_id == reservation.id)
            .outerjoin(host, host.id == models.ComputeHostAllocation.compute_host_id)
            .filter(*conditions)
            .order_by(reservation.id, host.hypervisor_hostname)
        )
        for row in rows:
            one = found.get(row.reservation_id) or Serving(
                reservation_id=row.reservation_id,
                lease_id=row.lease_id,
                aggregate_id=row.aggregate_id,
                count_min=int(row.count_range.split("-")[0]),
                is_flagged=row.missing_resources,
            )
            if row.host is not None:
                one = replace(one, hosts=(*one.hosts, Candidate(row.host, row.service_host)))
            found[row.reservation_id] = one
    return list(found.values())
