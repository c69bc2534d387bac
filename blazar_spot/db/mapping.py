# SPDX-License-Identifier: Apache-2.0
"""Values to rows and back.

The tables' column types convert each field; here is only the one column that is no field, ``notices.scheduled_for``.
"""

from dataclasses import fields
from typing import Any, TypeVar

from sqlalchemy import Row

from blazar_spot.core.evictions import Eviction
from blazar_spot.core.promises import Claim, Instance, Notice, NoticeState, Reclaim
from blazar_spot.core.record import Breach, Deed
from blazar_spot.core.switch import Switch

Stored = TypeVar("Stored", Claim, Reclaim, Notice, Instance, Eviction, Switch, Breach, Deed)


def row_of(value: Stored) -> dict[str, Any]:
    """The columns of this value's row."""
    row = {field.name: getattr(value, field.name) for field in fields(value)}
    if isinstance(value, Notice):
        row["scheduled_for"] = value.instance_id if value.state is NoticeState.SCHEDULED else None
    return row


def value_of(kind: type[Stored], row: Row[Any]) -> Stored:
    """The value that this row stores."""
    return kind(**{field.name: getattr(row, field.name) for field in fields(kind)})
