# SPDX-License-Identifier: Apache-2.0
"""Values to rows and back.

The tables' column types convert each field; here is only the one column that is no field, ``notices.scheduled_for``.
"""

from collections.abc import Callable, Sequence
from dataclasses import fields
from operator import itemgetter
from typing import Any, TypeVar

from sqlalchemy import CursorResult

from blazar_spot.core.promises import Notice, NoticeState, Reclaim
from blazar_spot.ports.stored import Stored

Other = TypeVar("Other", Reclaim, Notice)

_NAMES = {kind: tuple(field.name for field in fields(kind)) for kind in Stored.__constraints__}


def row_of(value: Stored) -> dict[str, Any]:
    """The columns of this value's row."""
    row = {name: getattr(value, name) for name in _NAMES[type(value)]}
    if isinstance(value, Notice):
        row["scheduled_for"] = value.instance_id if value.state is NoticeState.SCHEDULED else None
    return row


def values_of(kind: type[Stored], result: CursorResult[Any]) -> list[Stored]:
    """The values that these rows store."""
    read = reader(kind, list(result.keys()))
    return [read(row) for row in result]


def pairs_of(
    kind: type[Stored], columns: list[str], other: type[Other], others: list[str], result: CursorResult[Any]
) -> list[tuple[Stored, Other | None]]:
    """The values of rows with the columns of two tables; the other one is None where there is no row of its table."""
    read, read_other = reader(kind, columns), reader(other, others)
    width, there = len(columns), len(columns) + others.index("id")
    return [(read(row[:width]), None if row[there] is None else read_other(row[width:])) for row in map(tuple, result)]


def reader(kind: type[Stored], columns: list[str]) -> Callable[[Sequence[Any]], Stored]:
    """What makes a value of a row that has these columns, and perhaps more behind them."""
    names = _NAMES[kind]
    pick = itemgetter(*(columns.index(name) for name in names))
    return lambda row: kind(**dict(zip(names, pick(row), strict=True)))
