# SPDX-License-Identifier: Apache-2.0
"""The part of Blazar's calendar that is about parts of hosts: reservations of instances and of flavors.

As ``calendar``: read only, one query a question. Both kinds of reservation have one allocation for each slot, and say
how much a slot is in two ways.
"""

import json
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any

from oslo_config import cfg

from blazar_spot.core.booking import Candidate, Part
from blazar_spot.core.flavors import Flavor, resources
from blazar_spot.core.model import Size, times
from blazar_spot.plugins.calendar import Reservable, instant
from blazar_spot.plugins.matching import stocked
from blazar_spot.plugins.servings import SLOTS
from blazar_spot.plugins.updates import SIZE
from blazar_spot.plugins.windows import Had, windows

EPHEMERAL = "OS-FLV-EXT-DATA:ephemeral"
DEVICES = "blazar_spot:devices"
"""What its PCI aliases stood for when the flavor was reserved: they may stand for something else later."""


def flavor_of(source: Mapping[str, Any]) -> Flavor:
    """A flavor as Blazar keeps it. The one that it makes for a reservation has no swap."""
    return Flavor(
        name=source["name"],
        vcpus=int(source["vcpus"]),
        memory_mb=int(source["ram"]),
        disk_gb=int(source["disk"]) + int(source[EPHEMERAL]),
        extra_specs=source["extra_specs"],
        devices=source.get(DEVICES, {}),
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


def hosts(
    requirements: Iterable[str], *, size: Size, is_real: bool, from_at: int, without: str | None = None
) -> list[Reservable]:
    """The hosts that meet the requirements and may have one slot of this size, with what they have to give in all and
    what reservations hold of them after ``from_at``; ``without`` leaves one reservation out.

    With ``is_real`` they give no more than the hypervisor has.
    """
    cleaning = cfg.CONF.cleaning_time * 60
    busy: dict[str, list[tuple[int, int]]] = defaultdict(list)
    parts: dict[str, list[Part]] = defaultdict(list)
    for (host, _), rows in by_host(windows(from_at - cleaning, without, SLOTS.wanted, SIZE)).items():
        if rows[0].vcpus is None:
            busy[host].append(_window(rows[0], cleaning))
        else:
            parts[host] += _parts(rows, cleaning)
    return [
        Reservable(
            host.id,
            Candidate(
                host.hypervisor_hostname,
                host.service_name,
                busy=tuple(sorted(busy[host.id])),
                capacity=_least(_capacity(stock), _real(host) if is_real else {}),
                parts=tuple(parts[host.id]),
            ),
            bool(host.reservable),
        )
        for host, stock in stocked(requirements)
        if _takes_units(stock, size)
    ]


def _window(row: Any, cleaning: int) -> tuple[int, int]:
    return instant(row.start_date) - cleaning, instant(row.end_date) + cleaning


def _parts(rows: Collection[Any], cleaning: int) -> Iterator[Part]:
    """What one reservation has of a host: its slots, and what those that it may get back take more than these. It will
    not have both."""
    own = [row for row in rows if not isinstance(row, Had)]
    may_come_back = [row for row in rows if isinstance(row, Had)]
    has: Size = {}
    for slots in (own, may_come_back):
        room = times(size_of(slots[0]._mapping), len(slots)) if slots else {}
        more = {name: amount - has.get(name, 0) for name, amount in room.items() if amount > has.get(name, 0)}
        if more:
            yield Part(*_window(slots[0], cleaning), room=more)
        has = room


def known(requirements: Iterable[str]) -> dict[str, frozenset[str]]:
    """By its hypervisor's name, of which resources each host that meets the requirements is known to have any."""
    return {
        host.hypervisor_hostname: frozenset(row.resource_class for row in stock)
        for host, stock in stocked(requirements)
    }


def by_host(rows: Iterable[Any]) -> dict[tuple[str, str], list[Any]]:
    """The allocations of each reservation on each host."""
    found = defaultdict(list)
    for row in rows:
        found[row.compute_host_id, row.reservation_id].append(row)
    return found


def _capacity(stock: Iterable[Any]) -> Size:
    return {row.resource_class: int((row.total - row.reserved) * row.allocation_ratio) for row in stock}


def _real(host: Any) -> Size:
    """What the host's hypervisor has."""
    return {"VCPU": host.vcpus, "MEMORY_MB": host.memory_mb, "DISK_GB": host.local_gb}


def _least(capacity: Size, real: Size) -> Size:
    return {**capacity, **{name: min(amount, capacity.get(name, amount)) for name, amount in real.items()}}


def _takes_units(stock: Iterable[Any], size: Size) -> bool:
    return all(size.get(row.resource_class, 0) <= row.max_unit for row in stock)
