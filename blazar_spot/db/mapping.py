# SPDX-License-Identifier: Apache-2.0
"""Values to rows and back.

The tables' column types convert each field; here is only the one column that is no field, ``notices.scheduled_for``.
"""

from dataclasses import fields
from operator import itemgetter
from typing import Any, TypeVar

from sqlalchemy import CursorResult

from blazar_spot.core.evictions import Eviction
from blazar_spot.core.heartbeat import Heartbeat
from blazar_spot.core.promises import Claim, Instance, Notice, NoticeState, Reclaim
from blazar_spot.core.record import Breach, Deed
from blazar_spot.core.switch import Switch

Stored = TypeVar("Stored", Claim, Reclaim, Notice, Instance, Eviction, Switch, Breach, Deed, Heartbeat)


_NAMES = {kind: tuple(field.name for field in fields(kind)) for kind in Stored.__constraints__}


def row_of(value: Stored) -> dict[str, Any]:
    """The columns of this value's row."""
    row = {name: getattr(value, name) for name in _NAMES[type(value)]}
    if isinstance(value, Notice):
        row["scheduled_for"] = value.instance_id if value.state is NoticeState.SCHEDULED else None
    return row


def values_of(kind: type[Stored], result: CursorResult[Any]) -> list[Stored]:
    """The values that these rows store."""
    names = _NAMES[kind]
    columns = list(result.keys())
    pick = itemgetter(*(columns.index(name) for name in names))
    return [kind(**dict(zip(names, pick(row), strict=True))) for row in result]
