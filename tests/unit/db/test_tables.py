# SPDX-License-Identifier: Apache-2.0
"""What is in the tables, and how it is found there."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import fields
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, Table, event, text
from sqlalchemy.dialects import mysql, postgresql, sqlite

from blazar_spot.core.incidents import Place, Progress, Wanted
from blazar_spot.core.outlooks import Sought
from blazar_spot.core.overviews import Asked, By
from blazar_spot.core.pages import Mark
from blazar_spot.core.promises import Claim, Instance, Notice, Reclaim
from blazar_spot.db import migration, tables
from blazar_spot.db.engine import Database
from blazar_spot.db.unit_of_work import SqlWork
from tests.contract.store import CLAIM, NOON

AWARE = datetime(2027, 1, 15, 8, tzinfo=UTC)
DIALECTS = [sqlite.dialect(), mysql.dialect(), postgresql.dialect()]


@pytest.fixture
def database(tmp_path: Path) -> Database:
    found = Database(f"sqlite:///{tmp_path}/promises.db")
    migration.sync(found)
    return found


@contextmanager
def statements_on(connection: Connection) -> Iterator[list[tuple[str, Any]]]:
    """What is sent to the database in this block."""
    sent: list[tuple[str, Any]] = []

    def note(_connection: Any, _cursor: Any, statement: str, parameters: Any, _context: Any, _many: bool) -> None:
        sent.append((statement, parameters))

    event.listen(connection, "before_cursor_execute", note)
    try:
        yield sent
    finally:
        event.remove(connection, "before_cursor_execute", note)


@pytest.mark.parametrize(
    ("kind", "table"),
    [(Claim, tables.claims), (Reclaim, tables.reclaims), (Notice, tables.notices), (Instance, tables.instances)],
)
def test_a_table_has_a_column_for_each_field(kind: type, table: Table) -> None:
    ours = {"scheduled_for"} if kind is Notice else set()
    assert {column.name for column in table.columns} == {field.name for field in fields(kind)} | ours


@pytest.mark.parametrize("dialect", DIALECTS, ids=lambda dialect: dialect.name)
@pytest.mark.parametrize("moment", [AWARE, AWARE.replace(tzinfo=None), "now", 1.5])
def test_only_whole_seconds_are_taken_for_an_instant(dialect: Any, moment: Any) -> None:
    with pytest.raises(TypeError, match="whole seconds"):
        tables.Instant().process_bind_param(moment, dialect)


def test_people_read_an_instant_as_a_time_in_utc(database: Database) -> None:
    with database.transaction() as connection:
        SqlWork(connection).put_claim(CLAIM)
        [stored] = connection.execute(text("SELECT start_at FROM claims")).scalars()
    assert stored.startswith(f"{datetime.fromtimestamp(NOON, UTC):%Y-%m-%d %H:%M:%S}")


def test_every_question_is_answered_through_an_index(database: Database) -> None:
    with database.transaction() as connection:
        work = SqlWork(connection)
        with statements_on(connection) as sent:
            work.open_claims()
            work.claims_of("reservation-1")
            work.open_reclaims()
            work.reclaims_of_open_claims()
            work.open_notices()
            work.instances()
            work.instances(["gpu-1"])
            work.instances_by_id(["instance-1"])
            work.incarnations(["project-1"])
            work.incident("notice-1")
            work.incidents(Wanted(progress=frozenset(Progress), instance_id="instance-1"), None, 10)
        plans = plans_of(connection, sent)
    assert len(sent) == 11
    assert [step for step in plans if step.startswith("SCAN")] == []


@pytest.mark.parametrize("project", ["project-1", None])
@pytest.mark.parametrize("after", [None, Place(NOON, "notice-1")])
def test_a_page_of_open_incidents_is_read_off_an_index_in_its_order(
    database: Database, project: str | None, after: Place | None
) -> None:
    with database.transaction() as connection:
        with statements_on(connection) as sent:
            SqlWork(connection).incidents(Wanted(project_id=project), after, 10)
        plans = plans_of(connection, sent)
    assert len(plans) == 2
    assert [step for step in plans if step.startswith("SCAN") or "ORDER BY" in step] == []


def test_what_people_look_up_is_found_through_an_index(database: Database) -> None:
    mark = Mark(NOON, "a")
    with database.transaction() as connection:
        work = SqlWork(connection)
        with statements_on(connection) as sent:
            for sought in (Sought(), Sought(project_id="ours"), Sought(project_id="ours", has_ended=True)):
                work.instance_page(sought, mark, 10)
            work.notices_of(["i"])
            work.evictions_begin(["gpu-1"])
            work.breaches_about(["i"])
            work.breaches_of("a")
            work.deeds_of("a")
            work.deeds_about(["i"], NOON)
            for asked in (Asked(), Asked(project_id="ours"), Asked(lease_id="lease-1"), Asked(host="gpu-1")):
                work.reclaim_page(asked, mark, 10)
            work.claim_and_reclaim("a")
            work.lease_page("ours", "a", 10)
            work.lease_page(None, "a", 10)
            work.claims_of_leases(["lease-1"])
            work.claims_on(["gpu-1"])
            work.counts(By.LEASE, ["lease-1"])
            work.counts(By.ID, ["a"])
            work.breach_page(mark, 10)
            work.instance_counts(["gpu-1"])
        plans = plans_of(connection, sent)
    assert len(sent) == 26
    assert [step for step in plans if step.startswith("SCAN")] == []


def plans_of(connection: Connection, sent: list[tuple[str, Any]]) -> list[str]:
    """How SQLite would go about these statements."""
    return [
        step.detail
        for statement, parameters in sent
        for step in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)
    ]
