# SPDX-License-Identifier: Apache-2.0
"""Which rows an incident is made of, and those that are wanted.

The conditions are on the notices' own columns wherever they can be, which is what the indices are made for.
"""

from typing import Any

from sqlalchemy import ColumnElement, CursorResult, Select, and_, or_, select

from blazar_spot.core.incidents import OPEN, Incident, Place, Progress, Wanted
from blazar_spot.core.promises import Notice, NoticeState
from blazar_spot.db.mapping import reader
from blazar_spot.db.tables import instances, notices

INCIDENTS: Select[Any] = select(notices, instances.c.name, instances.c.flavor).join(
    instances, instances.c.id == notices.c.instance_id
)


def incidents_of(result: CursorResult[Any]) -> list[Incident]:
    """The incidents that these rows make."""
    read = reader(Notice, notices.c.keys())
    return [Incident(notice=read(row), instance_name=row[-2], flavor=row[-1]) for row in map(tuple, result)]


def those_wanted(wanted: Wanted, after: Place | None) -> Select[Any]:
    """The incidents that are wanted, by their places, behind this one."""
    query = INCIDENTS.where(_has_come_to(wanted.progress))
    if wanted.project_id is not None:
        query = query.where(notices.c.project_id == wanted.project_id)
    if wanted.instance_id is not None:
        query = query.where(notices.c.instance_id == wanted.instance_id)
    if wanted.flavor is not None:
        query = query.where(instances.c.flavor == wanted.flavor)
    if after is not None:
        query = query.where(_is_behind(after))
    return query.order_by(notices.c.decided_at, notices.c.id)


def _has_come_to(progress: frozenset[Progress]) -> ColumnElement[bool]:
    """Those that are acknowledged are scheduled ones for the database."""
    states = {NoticeState.SCHEDULED if one in OPEN else NoticeState(one.value) for one in progress}
    is_so = notices.c.state.in_(sorted(states))
    if not progress & OPEN or progress >= OPEN:
        return is_so
    is_acknowledged = notices.c.acknowledged_at.is_not(None)
    is_right = is_acknowledged if Progress.ACKNOWLEDGED in progress else ~is_acknowledged
    return and_(is_so, or_(notices.c.state != NoticeState.SCHEDULED, is_right))


def _is_behind(place: Place) -> ColumnElement[bool]:
    """Said in a way that lets each database go to the place in its index."""
    decided_at, incident_id = place
    same = and_(notices.c.decided_at == decided_at, notices.c.id > incident_id)
    return and_(notices.c.decided_at >= decided_at, or_(notices.c.decided_at > decided_at, same))
