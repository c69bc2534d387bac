# SPDX-License-Identifier: Apache-2.0
"""How the records of Nova's API are read: pure functions from JSON to the port's values.

Extra specs are left out of a record when our account may not read them. Then no server would be spot and every host
would look free of them, so a record without extra specs is an error.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from functools import lru_cache
from types import MappingProxyType
from typing import Any, NamedTuple

from blazar_spot.core.departures import Deletion
from blazar_spot.core.errors import Forbidden
from blazar_spot.core.flavors import Flavor, devices, is_preemptible, resources, unpooled
from blazar_spot.core.instants import from_datetime
from blazar_spot.core.terms import MIN_UPTIME, NOTICE, own
from blazar_spot.ports.compute import Server

_GOING_TASKS = frozenset({"deleting", "soft-deleting"})
_GOING_STATES = frozenset({"deleted", "soft-delete"})

DELETIONS = frozenset({"delete", "forceDelete"})
"""What a request to delete a server is recorded as."""

Record = Mapping[str, Any]


Aliases = Mapping[str, str]
"""The resource class that each PCI alias stands for."""

_NO_ALIASES: Aliases = MappingProxyType({})


def server(record: Record, aliases: Aliases = _NO_ALIASES) -> Server:
    """A record of the detailed list of servers; its flavor is the one that it was booted with."""
    launched_at = record["OS-SRV-USG:launched_at"]
    booted = _booted_with(record["flavor"], aliases)
    return Server(
        id=record["id"],
        name=record["name"],
        project_id=record["tenant_id"],
        host=record["OS-EXT-SRV-ATTR:hypervisor_hostname"],
        status=record["status"],
        flavor=record["flavor"]["original_name"],
        is_spot=booted.is_spot,
        is_going=_is_going(record),
        is_gone=record["status"] == "DELETED",
        unpooled=booted.unpooled,
        created_at=_instant(record["created"]),
        launched_at=_instant(launched_at) if launched_at else None,
        metadata=record["metadata"],
        size=booted.size,
        min_uptime=booted.min_uptime,
        notice=booted.notice,
        tags=tuple(sorted(record["tags"])),
    )


def deletion(record: Record) -> Deletion:
    """A record of the action of a delete, with the events that tell what nova-compute did about it."""
    if "events" not in record:
        raise Forbidden("compute: our account may not read the events of instance actions")
    events = {event["event"]: event["result"] for event in record["events"]}
    return Deletion(is_taken=bool(events), is_done=events.get("compute_terminate_instance") == "Success")


def flavor(record: Record, aliases: Aliases = _NO_ALIASES) -> Flavor:
    """A record of the detailed list of flavors."""
    specs = _extra_specs(record)
    return Flavor(
        name=record["name"],
        vcpus=record["vcpus"],
        memory_mb=record["ram"],
        disk_gb=record["disk"] + record["OS-FLV-EXT-DATA:ephemeral"],
        swap_mb=record["swap"],
        extra_specs=specs,
        devices=devices(specs, aliases),
        is_public=record.get("os-flavor-access:is_public", True),
    )


class _Size(NamedTuple):
    """The numbers of a flavor, as ``Flavor`` calls them."""

    vcpus: int
    memory_mb: int
    disk_gb: int
    swap_mb: int


class _Booted(NamedTuple):
    """What follows from the flavor that a server was booted with; of one that is not spot nothing else matters."""

    is_spot: bool
    unpooled: Mapping[str, int] = MappingProxyType({})
    size: Mapping[str, int] = MappingProxyType({})
    min_uptime: int | None = None
    notice: int | None = None


_NOT_SPOT = _Booted(is_spot=False)


def _booted_with(embedded: Record, aliases: Aliases) -> _Booted:
    specs = _extra_specs(embedded)
    if not is_preemptible(specs):
        return _NOT_SPOT
    size = _Size(embedded["vcpus"], embedded["ram"], embedded["disk"] + embedded["ephemeral"], embedded["swap"])
    return _spot(size, frozenset(specs.items()), frozenset(devices(specs, aliases).items()))


@lru_cache(maxsize=1024)
def _spot(size: _Size, items: frozenset[tuple[str, str]], parts: frozenset[tuple[str, int]]) -> _Booted:
    """Worked out once for each flavor: there are very many more servers."""
    specs = dict(items)
    flavor = Flavor(name="", extra_specs=specs, devices=dict(parts), **size._asdict())
    return _Booted(True, unpooled(flavor), resources(flavor), own(specs, MIN_UPTIME), own(specs, NOTICE))


def _extra_specs(record: Record) -> Mapping[str, str]:
    if "extra_specs" not in record:
        raise Forbidden("compute: our account may not read the extra specs of flavors")
    specs: Mapping[str, str] = record["extra_specs"]
    return specs


def _is_going(record: Record) -> bool:
    return record["OS-EXT-STS:task_state"] in _GOING_TASKS or record["OS-EXT-STS:vm_state"] in _GOING_STATES


def _instant(text: str) -> int:
    """Nova writes UTC, once with and once without saying so."""
    return from_datetime(datetime.fromisoformat(text).replace(tzinfo=UTC))
