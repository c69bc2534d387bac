# SPDX-License-Identifier: Apache-2.0
"""``ports.store.Store`` over a database.

A unit of work is opened, used and ended in one thread, and not inside another one.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from blazar_spot.core.errors import StaleVersion
from blazar_spot.db.engine import Database
from blazar_spot.db.unit_of_work import SqlWork


class SqlStore:
    """Promises in a database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @contextmanager
    def begin(self) -> Iterator[SqlWork]:
        with self._database.transaction() as connection:
            work = SqlWork(connection)
            yield work
            if work.is_spent:
                raise StaleVersion("A write of this unit of work failed, so none of it is stored.")
