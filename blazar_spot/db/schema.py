# SPDX-License-Identifier: Apache-2.0
"""``SqlSchema``: the Schema port: what version the tables have, and what time it is for the database."""

from sqlalchemy import text

from blazar_spot.db import migration
from blazar_spot.db.engine import Database

_NOW = {
    "mysql": "SELECT UNIX_TIMESTAMP()",
    "mariadb": "SELECT UNIX_TIMESTAMP()",
    "postgresql": "SELECT FLOOR(EXTRACT(EPOCH FROM clock_timestamp()))",
    "sqlite": "SELECT strftime('%s', 'now')",
}


class SqlSchema:
    """One database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def version(self) -> str | None:
        return migration.version(self._database)

    def newest(self) -> str | None:
        return migration.newest()

    def now(self) -> int:
        with self._database.transaction() as connection:
            return int(connection.execute(text(_NOW[connection.dialect.name])).scalar_one())
