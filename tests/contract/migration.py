# SPDX-License-Identifier: Apache-2.0
"""What migration must do on every database: lead to the schema that the code means, as often as it is asked to.

A database is held to it by a subclass that gives the fixtures ``url`` and ``other_url``: two empty databases.
"""

from dataclasses import replace

from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import MetaData, Table
from sqlalchemy.schema import CreateIndex, CreateTable

from blazar_spot.core.promises import Purpose
from blazar_spot.db import migration
from blazar_spot.db.engine import Database
from blazar_spot.db.mapping import row_of
from blazar_spot.db.store import SqlStore
from blazar_spot.db.tables import metadata
from tests.contract.store import CLAIM, INSTANCE, NOTICE, RECLAIM, put

STORED_BY_0001 = (CLAIM, RECLAIM, NOTICE, INSTANCE)
"""A value of each kind that the first version knew; fields that it did not know are left at their defaults."""


def store_as_0001_did(database: Database) -> None:
    """Fill the tables of the first version, column by column as they are there."""
    with database.transaction() as connection:
        for value in STORED_BY_0001:
            meant = metadata.tables[f"{type(value).__name__.lower()}s"]
            there = Table(meant.name, MetaData(), autoload_with=connection).columns.keys()
            row = {name: filled for name, filled in row_of(replace(value, version=1)).items() if name in there}
            connection.execute(meant.insert().values(row))


def schema_of(database: Database) -> list[str]:
    """Every statement that would make this database's tables again, but for alembic's own."""
    with database.transaction() as connection:
        found = MetaData()
        found.reflect(connection)
        tables = [table for table in found.sorted_tables if table.name != migration.VERSION_TABLE]
        statements = [CreateTable(table) for table in tables]
        statements += [CreateIndex(index) for table in tables for index in table.indexes]
        return sorted(str(statement.compile(dialect=connection.dialect)) for statement in statements)


class MigrationContract:
    """The promises of migration."""

    def test_the_migrated_schema_is_the_one_that_the_code_means(self, url: str, other_url: str) -> None:
        migrated, meant = Database(url), Database(other_url)
        migration.sync(migrated)
        with meant.transaction() as connection:
            metadata.create_all(connection)
        assert len(schema_of(meant)) > len(metadata.tables)
        assert schema_of(migrated) == schema_of(meant)

    def test_alembic_sees_nothing_left_to_migrate(self, url: str) -> None:
        database = Database(url)
        migration.sync(database)
        with database.transaction() as connection:
            options = {"version_table": migration.VERSION_TABLE, "compare_type": True}
            assert compare_metadata(MigrationContext.configure(connection, opts=options), metadata) == []

    def test_the_version_is_none_before_and_the_newest_after_it(self, url: str) -> None:
        database = Database(url)
        assert migration.version(database) is None
        migration.sync(database)
        assert migration.version(database) == migration.newest()

    def test_doing_it_again_changes_nothing(self, url: str) -> None:
        database = Database(url)
        store = SqlStore(database)
        migration.sync(database)
        [claim] = put(store, CLAIM)
        before = schema_of(database)
        migration.sync(database)
        with store.begin() as work:
            assert work.open_claims() == [claim]
        assert schema_of(database) == before

    def test_what_the_first_version_stored_is_read_after_the_upgrade(self, url: str) -> None:
        database = Database(url)
        migration.sync(database, "0001")
        store_as_0001_did(database)
        migration.sync(database)
        with SqlStore(database).begin() as work:
            read = (*work.open_claims(), *work.open_reclaims(), *work.open_notices(), *work.instances())
            assert read == tuple(replace(value, version=1) for value in STORED_BY_0001)
            assert work.open_evictions() == []

    def test_what_is_there_before_rooms_claims_whole_hosts_and_has_no_known_size(self, url: str) -> None:
        database = Database(url)
        migration.sync(database, "0002")
        store_as_0001_did(database)
        migration.sync(database)
        with SqlStore(database).begin() as work:
            assert [claim.room for claim in work.open_claims()] == [None]
            assert [(claim.project_id, claim.lease_name) for claim in work.open_claims()] == [("", "")]
            assert [instance.size for instance in work.instances()] == [None]

    def test_what_is_there_before_acknowledgements_belongs_to_the_projects_of_its_instances(self, url: str) -> None:
        database = Database(url)
        migration.sync(database, "0007")
        store_as_0001_did(database)
        with database.transaction() as connection:
            notices = Table("notices", MetaData(), autoload_with=connection)
            there = connection.execute(notices.select()).mappings().one()
            nobodys = {"id": "old", "instance_id": "forgotten", "scheduled_for": "forgotten"}
            connection.execute(notices.insert().values({**there, **nobodys}))
        migration.sync(database)
        with SqlStore(database).begin() as work:
            told = {notice.instance_id: notice for notice in work.open_notices()}
            assert {one: notice.project_id for one, notice in told.items()} == {
                NOTICE.instance_id: INSTANCE.project_id,
                "forgotten": "",
            }
            assert {(one.acknowledged_at, one.ready_at) for one in told.values()} == {(None, None)}
            assert work.incarnations([INSTANCE.project_id]) == {INSTANCE.project_id: 0}

    def test_what_was_told_before_somebody_could_order_a_notice_was_told_because_of_a_reclaim(self, url: str) -> None:
        database = Database(url)
        migration.sync(database, "0009")
        store_as_0001_did(database)
        migration.sync(database)
        with SqlStore(database).begin() as work:
            assert [notice.purpose for notice in work.open_notices()] == [Purpose.RECLAIM]
            assert work.closures() == []
