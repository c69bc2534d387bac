# SPDX-License-Identifier: Apache-2.0
"""Reading and writing rows as values, inside one transaction. Which rows is for ``unit_of_work``.

Rows are replaced only at the version they were read at, so whoever decided on old knowledge is told and decides again.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import Connection, Select, Table, bindparam, insert, select, update

from blazar_spot.core.errors import StaleVersion
from blazar_spot.db.counting import COUNT
from blazar_spot.db.mapping import Other, pairs_of, row_of, values_of
from blazar_spot.db.tables import metadata
from blazar_spot.ports.stored import Stored

# Made once, since making a statement takes longer than sending it.
_INSERT = {table: insert(table) for table in metadata.sorted_tables}
_FIND = {table: select(table.c.id).where(table.c.id == bindparam("same_id")) for table in metadata.sorted_tables}
_REPLACE = {
    table: update(table).where(table.c.id == bindparam("same_id"), table.c.version == bindparam("same_version"))
    for table in metadata.sorted_tables
}


class Rows:
    """The rows of one connection; ``is_spent`` once a write failed, since then it must not be committed."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self.is_spent = False

    def _all(self, kind: type[Stored], query: Select[Any]) -> list[Stored]:
        return values_of(kind, self._connection.execute(query))

    def _pairs(
        self, kind: type[Stored], table: Table, other: type[Other], joined: Table, query: Select[Any]
    ) -> list[tuple[Stored, Other | None]]:
        return pairs_of(kind, table.c.keys(), other, joined.c.keys(), self._connection.execute(query))

    def _add(self, table: Table, entry: Stored) -> bool:
        if self._connection.execute(_FIND[table], {"same_id": entry.id}).first():
            return False
        self._put(table, entry)
        return True

    def _put(self, table: Table, value: Stored) -> Stored:
        return self._put_all(table, [value])[0]

    def _put_all(self, table: Table, values: Sequence[Stored]) -> list[Stored]:
        self.is_spent = True
        written = [replace(value, version=value.version + 1) for value in values]
        new = [row_of(value) for value in written if value.version == 1]
        if new:
            self._connection.execute(_INSERT[table], new)
        self._replace(table, [value for value in written if value.version > 1])
        self.is_spent = False
        return written

    def _count(self, names: Iterable[str]) -> None:
        """Raise the numbers of these documents; others who do so wait for the end of the transaction."""
        counted = [{"id": one, "version": 1} for one in sorted(set(names))]
        if counted:
            self.is_spent = True
            self._connection.execute(COUNT[self._connection.dialect.name], counted)
            self.is_spent = False

    def _replace(self, table: Table, values: Sequence[Stored]) -> None:
        """Together where the database counts over many, else one by one: each must have been at its version."""
        rows = [row_of(value) | {"same_id": value.id, "same_version": value.version - 1} for value in values]
        size = max(len(rows), 1) if self._connection.dialect.supports_sane_multi_rowcount else 1
        for some in (rows[first : first + size] for first in range(0, len(rows), size)):
            if self._connection.execute(_REPLACE[table], some).rowcount != len(some):
                raise StaleVersion(f"Not every row of {table.name} is at the version that it was read at.")
