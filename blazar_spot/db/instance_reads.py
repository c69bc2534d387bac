# SPDX-License-Identifier: Apache-2.0
"""The SQL behind those parts of ``ports.reads`` that are about instances."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from sqlalchemy import Select, and_, func, or_, select

from blazar_spot.core.outlooks import Sought
from blazar_spot.core.overviews import OPEN
from blazar_spot.core.pages import Mark
from blazar_spot.core.promises import Instance, Notice
from blazar_spot.core.record import Breach, Deed
from blazar_spot.db.rows import Rows
from blazar_spot.db.tables import Instant, breaches, deeds, instances, notices, reclaims


class InstanceReads(Rows):
    """What can be looked up about instances."""

    def instance_page(self, sought: Sought, after: Mark | None, limit: int) -> Sequence[tuple[Instance, Notice | None]]:
        both = select(instances, notices).outerjoin(notices, notices.c.scheduled_for == instances.c.id)
        some = _behind(_those(both, sought), sought, after)
        in_order = some.order_by(instances.c.gone_at.desc(), instances.c.id.desc()).limit(limit)
        return self._pairs(Instance, instances, Notice, notices, in_order)

    def notices_of(self, several: Collection[str]) -> Sequence[Notice]:
        query = select(notices).where(notices.c.instance_id.in_(several))
        return self._all(Notice, query.order_by(notices.c.decided_at, notices.c.id))

    def evictions_begin(self, hosts: Collection[str]) -> Mapping[str, int]:
        first = func.min(reclaims.c.evict_at, type_=Instant)
        of_hosts = select(reclaims.c.host, first).where(reclaims.c.host.in_(hosts), reclaims.c.state.in_(OPEN))
        return dict(self._connection.execute(of_hosts.group_by(reclaims.c.host)).tuples().all())

    def breaches_about(self, subjects: Collection[str]) -> Sequence[Breach]:
        query = select(breaches).where(breaches.c.subject.in_(subjects))
        return self._all(Breach, query.order_by(breaches.c.at, breaches.c.id))

    def deeds_about(self, subjects: Collection[str], since: int) -> Sequence[Deed]:
        query = select(deeds).where(deeds.c.subject.in_(subjects), deeds.c.reclaim_id == "", deeds.c.at >= since)
        return self._all(Deed, query.order_by(deeds.c.at, deeds.c.id))

    def instance_counts(self, hosts: Collection[str]) -> Mapping[str, int]:
        there = select(instances.c.host, func.count()).where(instances.c.gone_at.is_(None), instances.c.host.in_(hosts))
        return dict(self._connection.execute(there.group_by(instances.c.host)).tuples().all())


def _those(query: Select[Any], sought: Sought) -> Select[Any]:
    gone_at = instances.c.gone_at
    query = query.where(gone_at.is_not(None) if sought.has_ended else gone_at.is_(None))
    for column, wanted in (
        (instances.c.project_id, sought.project_id),
        (instances.c.flavor, sought.flavor),
        (instances.c.host, sought.host),
    ):
        if wanted is not None:
            query = query.where(column == wanted)
    return query


def _behind(query: Select[Any], sought: Sought, mark: Mark | None) -> Select[Any]:
    if mark is None:
        return query
    if not sought.has_ended:
        return query.where(instances.c.id < mark.id)
    same = and_(instances.c.gone_at == mark.at, instances.c.id < mark.id)
    return query.where(instances.c.gone_at <= mark.at, or_(instances.c.gone_at < mark.at, same))
