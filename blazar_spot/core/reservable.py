# SPDX-License-Identifier: Apache-2.0
"""The hosts that can be reserved, as they were published, and which of them a lease may have.

What a lease asks of its hosts it says in Blazar's own words, and those are read here as Blazar reads them: a column of
its table is compared as what it is, whatever else an operator has said of a host as text.
"""

import json
import operator
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from blazar_spot.core.errors import BadLease

COLUMNS = frozenset(
    {
        "id",
        "vcpus",
        "cpu_info",
        "hypervisor_type",
        "hypervisor_version",
        "hypervisor_hostname",
        "service_name",
        "memory_mb",
        "local_gb",
        "status",
        "availability_zone",
        "reservable",
        "created_at",
        "updated_at",
    }
)
"""What Blazar knows of every host; its other properties are an operator's."""

_COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "==": operator.eq,
    "=": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}

Value = str | int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReservableHost:
    """A host as Blazar knows it; ``cleaning`` is for how many seconds it is kept free around each reservation."""

    id: str
    host: str
    service_host: str
    cleaning: int = 0
    properties: Mapping[str, Value] = field(default_factory=dict)
    version: int = 0

    @property
    def is_offered(self) -> bool:
        """Whether it may be given to somebody new."""
        return bool(self.properties.get("reservable", True))


class Requirement(NamedTuple):
    """One thing that a host has to be."""

    key: str
    comparison: str
    value: str


def parsed(text: str) -> tuple[Requirement, ...]:
    """What is required, from the text of a lease; ``BadLease`` if it says nothing that can be understood."""
    if not text:
        return ()
    try:
        return tuple(_read(json.loads(text)))
    except (ValueError, RecursionError):
        raise BadLease('Requirements look like ["=", "$vcpus", "4"] or ["and", [...], [...]].') from None


def _read(said: Any) -> list[Requirement]:
    match said:
        case []:
            return []
        case [str(comparison), str(key), str(value)] if comparison in _COMPARE:
            if key[:1] == "$" and key[1:] and " " not in key and value:
                return [Requirement(key[1:], comparison, value)]
        case ["and", *several] if several:
            # Of one that is itself several Blazar takes the first.
            return [_read(one)[:1][0] if _read(one) else _nothing() for one in several]
    return [_nothing()]


def _nothing() -> Requirement:
    raise ValueError("no requirement")


def meeting(hosts: Sequence[ReservableHost], requirements: Iterable[Requirement]) -> list[ReservableHost]:
    """The hosts that meet all of these; ``BadLease`` if one is about something that no host has."""
    wanted = list(requirements)
    known = COLUMNS.union(*(host.properties for host in hosts)) if hosts else frozenset()
    for one in wanted:
        if hosts and one.key not in known:
            raise BadLease(f"No host has a property {one.key!r}.")
    return [host for host in hosts if all(_meets(host.properties, one) for one in wanted)]


def _meets(properties: Mapping[str, Value], requirement: Requirement) -> bool:
    key, comparison, value = requirement
    has, compare = properties.get(key), _COMPARE[comparison]
    if key in COLUMNS and value == "null":
        return compare is operator.eq if has is None else compare is operator.ne
    if has is None:
        return False
    if isinstance(has, str):
        return compare(has, value)
    try:
        return compare(has, float(value))
    except ValueError:
        return False
