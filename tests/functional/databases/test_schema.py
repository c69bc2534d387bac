# SPDX-License-Identifier: Apache-2.0
"""On each server: what an examination asks of the database."""

from blazar_spot.adapters.system_clock import SystemClock
from blazar_spot.db.engine import Database
from blazar_spot.db.schema import SqlSchema
from tests.functional.databases.servers import Server


def test_the_clock_of_the_database_is_that_of_its_machine(database: Database) -> None:
    before = SystemClock().now()
    told = SqlSchema(database).now()
    assert before <= told <= SystemClock().now()


def test_a_schema_is_the_newest_after_sync_and_none_before(database: Database, server: Server) -> None:
    schema = SqlSchema(database)
    assert schema.version() == schema.newest()
    assert SqlSchema(Database(server.new_database())).version() is None
