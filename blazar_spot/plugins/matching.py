# SPDX-License-Identifier: Apache-2.0
"""Blazar's hosts by what they are, each question in one query.

Upstream's own functions load every trait and inventory of every host along, or ask for one host after another. What
matches is the same: columns are compared by the database, capabilities that an operator has added as text, and a host
that lacks one does not match. What makes no sense is ``MalformedRequirements``, which upstream says of some of it only.
Like ``calendar`` and ``rows`` it has sessions of its own on Blazar's tables.
"""

import operator
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable
from typing import Any

from blazar.db.sqlalchemy import facade_wrapper, models
from blazar.manager.exceptions import MalformedRequirements
from blazar.utils import plugins

_COMPARE: dict[str, Callable[[Any, Any], Any]] = {
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}

_STOCK = models.ComputeHostResourceInventory
_OF_STOCK = ("resource_class", "total", "reserved", "max_unit", "allocation_ratio")

Requirement = tuple[str, str, str]


def required(properties: Any) -> list[str]:
    """The requirements in what a user has written. Upstream's function fails at JSON that is no list."""
    try:
        found: list[str] = plugins.convert_requirements(properties)
    except (LookupError, TypeError):
        raise MalformedRequirements(rqrms=properties) from None
    return found


def matching(requirements: Iterable[str]) -> list[Any]:
    """The id, both names, ``reservable`` and what its hypervisor has, of each host that meets the requirements."""
    return [rows[0] for rows in _found(requirements)]


def stocked(requirements: Iterable[str]) -> list[tuple[Any, list[Any]]]:
    """The same of each of these hosts, and what its own provider had when it was brought to Blazar."""
    added = (_STOCK.id.label("stock_id"), *(getattr(_STOCK, name) for name in _OF_STOCK))
    return [
        (rows[0], list({row.stock_id: row for row in rows if row.stock_id is not None}.values()))
        for rows in _found(requirements, *added)
    ]


def _found(requirements: Iterable[str], *stock: Any) -> list[list[Any]]:
    """The rows of each host."""
    host = models.ComputeHost
    split = [_split(one) for one in requirements]
    extra = [one for one in split if one[0] not in host.__table__.columns]
    by_host = defaultdict(list)
    with facade_wrapper.session_for_read() as session:
        has = (host.vcpus, host.memory_mb, host.local_gb)
        query = session.query(host.id, host.hypervisor_hostname, host.service_name, host.reservable, *has, *stock)
        if stock:
            query = query.outerjoin(_STOCK, _STOCK.computehost_id == host.id)
        for key, comparison, value in split:
            if key in host.__table__.columns:
                query = query.filter(_COMPARE[comparison](getattr(host, key), None if value == "null" else value))
        for row in _having(session, query, extra) if extra else query:
            by_host[row.id].append(row)
    return list(by_host.values())


def _split(requirement: str) -> Requirement:
    key, comparison, value = requirement.split(" ", 2)
    if comparison not in _COMPARE:  # a key with a space in it
        raise MalformedRequirements(rqrms=requirement)
    return key, comparison, value


def _having(session: Any, query: Any, extra: Collection[Requirement]) -> list[Any]:
    """The rows of those of the hosts that have these capabilities."""
    added, named = models.ComputeHostExtraCapability, models.ResourceProperty
    rows = (
        query.join(added, added.computehost_id == models.ComputeHost.id)
        .join(named, named.id == added.property_id)
        .filter(named.property_name.in_([key for key, _, _ in extra]))
        .add_columns(named.property_name, added.capability_value)
        .all()
    )
    values: dict[str, dict[str, str]] = defaultdict(dict)
    for row in rows:
        values[row.id][row.property_name] = row.capability_value
    for key in {key for key, _, _ in extra} - {row.property_name for row in rows}:
        _must_be_known(session, key)
    able = {host for host, has in values.items() if all(_meets(has, one) for one in extra)}
    return [row for row in rows if row.id in able]


def _meets(has: dict[str, str], requirement: Requirement) -> bool:
    key, comparison, value = requirement
    return key in has and bool(_COMPARE[comparison](has[key], value))


def _must_be_known(session: Any, key: str) -> None:
    """A capability that no host has is a mistake in the request. Upstream's ``BlazarDBNotFound`` hides which one, and
    leaves a lease that is updated in ERROR."""
    added, named = models.ComputeHostExtraCapability, models.ResourceProperty
    is_known = session.query(added.id).join(named, named.id == added.property_id).filter(named.property_name == key)
    if is_known.first() is None:
        raise MalformedRequirements(rqrms=f"(no host has a capability {key})")


def details(hosts: Collection[str]) -> dict[str, dict[str, Any]]:
    """By id, everything that upstream tells of each of these hosts: its columns and its capabilities."""
    host, added, named = models.ComputeHost, models.ComputeHostExtraCapability, models.ResourceProperty
    told: dict[str, dict[str, Any]] = {}
    if not hosts:
        return told
    with facade_wrapper.session_for_read() as session:
        rows = (
            session.query(*host.__table__.columns, named.property_name, added.capability_value)
            .outerjoin(added, added.computehost_id == host.id)
            .outerjoin(named, named.id == added.property_id)
            .filter(host.id.in_(hosts))
        )
        for row in rows:
            one = told.setdefault(row.id, _columns(row._mapping))
            if row.property_name is not None:
                one[row.property_name] = row.capability_value
    return told


def _columns(row: Any) -> dict[str, Any]:
    values = {column.name: row[column] for column in models.ComputeHost.__table__.columns}
    return values | {
        name: values[name].isoformat(" ") for name in ("created_at", "updated_at") if values[name] is not None
    }
