# SPDX-License-Identifier: Apache-2.0
"""What an examination asks of SQLite; the servers are asked in tests/functional."""

from pathlib import Path

from blazar_spot.adapters.system_clock import SystemClock
from blazar_spot.db import migration
from blazar_spot.db.engine import Database
from blazar_spot.db.schema import SqlSchema


def test_the_clock_of_sqlite_is_that_of_the_machine(tmp_path: Path) -> None:
    schema = SqlSchema(Database(f"sqlite:///{tmp_path}/promises.db"))
    before = SystemClock().now()
    assert before <= schema.now() <= SystemClock().now()


def test_a_schema_is_the_newest_after_sync_and_none_before(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path}/promises.db")
    schema = SqlSchema(database)
    assert schema.version() is None
    migration.sync(database)
    assert schema.version() == schema.newest()
