# SPDX-License-Identifier: Apache-2.0
"""Blazar's hosts by what they are, each question in one query.

Upstream's own functions load every trait and inventory of every host along, or ask for one host after another. What
matches is the same: columns are compared by the database, capabilities that an operator has added as text, and a host
that lacks one does not match. Like ``calendar`` and ``rows`` it has sessions of its own on Blazar's tables.
"""

import operator
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable
from typing import Any

from blazar.db import exceptions
from blazar.db.sqlalchemy import facade_wrapper, models

_COMPARE: dict[str, Callable[[Any, Any], Any]] = {
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}

Requirement = tuple[str, str, str]


def matching(requirements: Iterable[str]) -> list[Any]:
    """The id, both names, ``reservable`` and what its hypervisor has, of each host that meets the requirements."""
    host = models.ComputeHost
    split = [_split(one) for one in requirements]
    extra = [one for one in split if one[0] not in host.__table__.columns]
    with facade_wrapper.session_for_read() as session:
        has = (host.vcpus, host.memory_mb, host.local_gb)
        query = session.query(host.id, host.hypervisor_hostname, host.service_name, host.reservable, *has)
        for key, comparison, value in split:
            if key in host.__table__.columns:
                query = query.filter(_COMPARE[comparison](getattr(host, key), None if value == "null" else value))
        return _having(session, query, extra) if extra else query.all()


def _split(requirement: str) -> Requirement:
    key, comparison, value = requirement.split(" ", 2)
    return key, comparison, value


def _having(session: Any, query: Any, extra: Collection[Requirement]) -> list[Any]:
    """Those of the hosts that have these capabilities."""
    added, named = models.ComputeHostExtraCapability, models.ResourceProperty
    rows = (
        query.join(added, added.computehost_id == models.ComputeHost.id)
        .join(named, named.id == added.property_id)
        .filter(named.property_name.in_([key for key, _, _ in extra]))
        .add_columns(named.property_name, added.capability_value)
        .all()
    )
    hosts = {row.id: row for row in rows}
    values: dict[str, dict[str, str]] = defaultdict(dict)
    for row in rows:
        values[row.id][row.property_name] = row.capability_value
    for key in {key for key, _, _ in extra} - {row.property_name for row in rows}:
        _must_be_known(session, key)
    return [hosts[host] for host, has in values.items() if all(_meets(has, one) for one in extra)]


def _meets(has: dict[str, str], requirement: Requirement) -> bool:
    key, comparison, value = requirement
    return key in has and bool(_COMPARE[comparison](has[key], value))


def _must_be_known(session: Any, key: str) -> None:
    """A capability that no host has is a mistake in the request, and said so as upstream says it."""
    added, named = models.ComputeHostExtraCapability, models.ResourceProperty
    is_known = session.query(added.id).join(named, named.id == added.property_id).filter(named.property_name == key)
    if is_known.first() is None:
        raise exceptions.BlazarDBNotFound(id=key, model="ComputeHostExtraCapability")


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
