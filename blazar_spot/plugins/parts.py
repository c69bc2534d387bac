# SPDX-License-Identifier: Apache-2.0
"""The part of Blazar's calendar that is about parts of hosts: reservations of instances and of flavors.

As ``calendar``: read only, one query a question. Both kinds of reservation have one allocation for each slot, and say
how much a slot is in two ways.
"""

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from blazar import status
from blazar.db.sqlalchemy import facade_wrapper, models
from blazar.plugins.flavor import RESOURCE_TYPE as FLAVORS
from blazar.plugins.instances import RESOURCE_TYPE as INSTANCES
from oslo_config import cfg

from blazar_spot.core.booking import Candidate, Part
from blazar_spot.core.flavors import Flavor, resources
from blazar_spot.core.instants import to_datetime
from blazar_spot.core.model import Size
from blazar_spot.enforcement.publishing import Entry
from blazar_spot.plugins.calendar import Reservable, Serving, instant
from blazar_spot.plugins.matching import matching

RESOURCE_TYPES = (INSTANCES, FLAVORS)
EPHEMERAL = "OS-FLV-EXT-DATA:ephemeral"


def flavor_of(source: Mapping[str, Any]) -> Flavor:
    """A flavor as Blazar keeps it. The one that it makes for a reservation has no swap."""
    return Flavor(
        name=source["name"],
        vcpus=int(source["vcpus"]),
        memory_mb=int(source["ram"]),
        disk_gb=int(source["disk"]) + int(source[EPHEMERAL]),
        extra_specs=source["extra_specs"],
    )


def size_of(reservation: Any) -> Size:
    """What one slot of the reservation takes of its host; Blazar keeps a flavor where properties would be."""
    properties = reservation["resource_properties"]
    if properties and EPHEMERAL in properties:
        return resources(flavor_of(json.loads(properties)))
    size = {
        "VCPU": reservation["vcpus"],
        "MEMORY_MB": reservation["memory_mb"],
        "DISK_GB": reservation["disk_gb"],
    }
    return {name: amount for name, amount in size.items() if amount}


def _times(size: Size, slots: int) -> Size:
    return {name: slots * amount for name, amount in size.items()}


def hosts(
    requirements: Iterable[str], *, size: Size, is_real: bool, from_at: int, without: str | None = None
) -> list[Reservable]:
    """The hosts that meet the requirements and may have one slot of this size, with what they have to give in all and
    what reservations hold of them after ``from_at``; ``without`` leaves one reservation out.

    With ``is_real`` they give no more than the hypervisor has.
    """
    cleaning = cfg.CONF.cleaning_time * 60
    busy, parts = defaultdict(list), defaultdict(list)
    for (host, _), rows in _by_host(_windows(from_at - cleaning, without)).items():
        window = instant(rows[0].start_date) - cleaning, instant(rows[0].end_date) + cleaning
        if rows[0].vcpus is None:
            busy[host].append(window)
        else:
            parts[host].append(Part(*window, room=_times(size_of(rows[0]._mapping), len(rows))))
    inventories, real = _inventories(), _real() if is_real else {}
    return [
        Reservable(
            host.id,
            Candidate(
                host.hypervisor_hostname,
                host.service_name,
                busy=tuple(sorted(busy[host.id])),
                capacity=_least(_capacity(inventories[host.id]), real.get(host.id, {})),
                parts=tuple(parts[host.id]),
            ),
            bool(host.reservable),
        )
        for host in matching(requirements)
        if _takes_units(inventories[host.id], size)
    ]


def _by_host(rows: Iterable[Any]) -> dict[tuple[str, str], list[Any]]:
    """The allocations of each reservation on each host."""
    found = defaultdict(list)
    for row in rows:
        found[row.compute_host_id, row.reservation_id].append(row)
    return found


def _capacity(inventories: Iterable[Any]) -> Size:
    return {row.resource_class: int((row.total - row.reserved) * row.allocation_ratio) for row in inventories}


def _real() -> dict[str, Size]:
    """What each host's hypervisor has."""
    host = models.ComputeHost
    with facade_wrapper.session_for_read() as session:
        rows = session.query(host.id, host.vcpus, host.memory_mb, host.local_gb).all()
    return {row.id: {"VCPU": row.vcpus, "MEMORY_MB": row.memory_mb, "DISK_GB": row.local_gb} for row in rows}


def _least(capacity: Size, real: Size) -> Size:
    return {**capacity, **{name: min(amount, capacity.get(name, amount)) for name, amount in real.items()}}


def _takes_units(inventories: Iterable[Any], size: Size) -> bool:
    return all(size.get(row.resource_class, 0) <= row.max_unit for row in inventories)


def _inventories() -> dict[str, list[Any]]:
    """What each host's own provider had when the host was brought to Blazar."""
    found: dict[str, list[Any]] = defaultdict(list)
    with facade_wrapper.session_for_read() as session:
        for row in session.query(models.ComputeHostResourceInventory).all():
            found[row.computehost_id].append(row)
    return found


def _windows(after: int, without: str | None) -> list[Any]:
    held, wanted = models.ComputeHostAllocation, models.InstanceReservations
    with facade_wrapper.session_for_read() as session:
        query = (
            session.query(
                held.compute_host_id,
                held.reservation_id,
                models.Lease.start_date,
                models.Lease.end_date,
                wanted.vcpus,
                wanted.memory_mb,
                wanted.disk_gb,
                wanted.resource_properties,
            )
            .join(models.Reservation, models.Reservation.id == held.reservation_id)
            .join(models.Lease, models.Lease.id == models.Reservation.lease_id)
            .outerjoin(wanted, wanted.reservation_id == held.reservation_id)
            .filter(models.Lease.end_date > to_datetime(after).replace(tzinfo=None))
        )
        if without is not None:
            query = query.filter(held.reservation_id != without)
        rows: list[Any] = query.all()
        return rows


def entries() -> tuple[list[Entry], frozenset[str]]:
    """What reservations hold of hosts now and later, and the reservations whose lease is just being changed."""
    unsettled = set()
    settled: list[Any] = []
    for row in _reservations():
        if row.lease_status in status.lease.TRANSITIONAL:
            unsettled.add(row.reservation_id)
        elif row.compute_host_id is not None:
            settled.append(row)
    published = [
        Entry(
            reservation_id=rows[0].reservation_id,
            lease_id=rows[0].lease_id,
            host=rows[0].host,
            service_host=rows[0].service_host,
            start_at=instant(rows[0].start_date),
            end_at=instant(rows[0].end_date),
            room=_times(size_of(rows[0]._mapping), len(rows)),
        )
        for rows in _by_host(settled).values()
    ]
    return published, frozenset(unsettled)


def _reservations() -> list[Any]:
    lease, reservation, host = models.Lease, models.Reservation, models.ComputeHost
    held, wanted = models.ComputeHostAllocation, models.InstanceReservations
    open_statuses = (status.reservation.PENDING, status.reservation.ACTIVE)
    with facade_wrapper.session_for_read() as session:
        rows: list[Any] = (
            session.query(
                reservation.id.label("reservation_id"),
                lease.id.label("lease_id"),
                lease.status.label("lease_status"),
                lease.start_date,
                lease.end_date,
                held.compute_host_id,
                host.hypervisor_hostname.label("host"),
                host.service_name.label("service_host"),
                wanted.vcpus,
                wanted.memory_mb,
                wanted.disk_gb,
                wanted.resource_properties,
            )
            .join(lease, lease.id == reservation.lease_id)
            .outerjoin(wanted, wanted.reservation_id == reservation.id)
            .outerjoin(held, held.reservation_id == reservation.id)
            .outerjoin(host, host.id == held.compute_host_id)
            .filter(reservation.resource_type.in_(RESOURCE_TYPES))
            .filter(reservation.status.in_(open_statuses) | lease.status.in_(status.lease.TRANSITIONAL))
            .all()
        )
        return rows


def serving_as(resource_id: str) -> Serving:
    """The reservation by the id that events know it by."""
    return _servings(models.InstanceReservations.id == resource_id)[0]


def running(reservation_id: str | None = None) -> list[Serving]:
    """The reservations that are active now, or this one if it is; none whose lease is just being changed."""
    conditions = [
        models.Reservation.resource_type.in_(RESOURCE_TYPES),
        models.Reservation.status == status.reservation.ACTIVE,
        models.Lease.status == status.lease.ACTIVE,
    ]
    if reservation_id is not None:
        conditions.append(models.Reservation.id == reservation_id)
    return _servings(*conditions)


def _servings(*conditions: Any) -> list[Serving]:
    reservation, wanted, host = models.Reservation, models.InstanceReservations, models.ComputeHost
    found: dict[str, Serving] = {}
    slots: dict[str, Counter[tuple[str, str]]] = defaultdict(Counter)
    with facade_wrapper.session_for_read() as session:
        rows = (
            session.query(
                reservation.id.label("reservation_id"),
                reservation.lease_id,
                reservation.missing_resources,
                wanted.aggregate_id,
                wanted.amount,
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
            found[row.reservation_id] = Serving(
                reservation_id=row.reservation_id,
                lease_id=row.lease_id,
                aggregate_id=row.aggregate_id,
                count_min=row.amount,
                is_flagged=row.missing_resources,
            )
            if row.host is not None:
                slots[row.reservation_id][row.host, row.service_host] += 1
    return [
        replace(one, hosts=tuple(Candidate(*name, slots=count) for name, count in slots[one.reservation_id].items()))
        for one in found.values()
    ]
