# SPDX-License-Identifier: Apache-2.0
"""Whatever many threads do to the calendar at once, no host is ever given to two reservations at the same time."""

import logging
import pathlib
import sqlite3
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from datetime import timedelta
from itertools import pairwise
from typing import Any

import pytest
import sqlalchemy
from blazar import status
from blazar.db import api as db_api
from blazar.db.sqlalchemy import facade_wrapper, models
from oslo_config import cfg

from blazar_spot import wiring
from blazar_spot.core.policy import Policy
from blazar_spot.core.promises import Standing
from blazar_spot.core.rebinding import Move
from blazar_spot.db.engine import Database
from blazar_spot.db.migration import sync
from blazar_spot.db.store import SqlStore
from blazar_spot.plugins import rebinding
from blazar_spot.plugins.rows import rows
from tests.functional.databases.servers import MariaDB
from tests.functional.plugins.crowd import Crowd
from tests.functional.plugins.reservations import POLL, Reservations, World

LOG = logging.getLogger(__name__)

HOSTS = [f"gpu-{number}" for number in range(1, 13)]
CLEANING_MINUTES = 5
BOUND = 60.0
"""The longest that anything may take, in seconds, on a machine that does other things too."""


@pytest.fixture(scope="module")
def mariadb() -> Iterator[MariaDB]:
    server = MariaDB()
    try:
        server.initialise()
        server.start()
        yield server
    finally:
        server.remove()


@pytest.fixture(params=["sqlite", "mariadb"])
def urls(request: pytest.FixtureRequest, tmp_path: pathlib.Path) -> tuple[str, str]:
    """Blazar's database and ours, both empty."""
    if request.param == "sqlite":
        return _sqlite(tmp_path / "blazar.sqlite"), _sqlite(tmp_path / "promises.sqlite")
    server: MariaDB = request.getfixturevalue("mariadb")
    return server.new_database(), server.new_database()


def _sqlite(path: pathlib.Path) -> str:
    """One that lets others read while somebody writes."""
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
    return f"sqlite:///{path}?timeout=60"


@pytest.fixture
def one_after_another() -> Iterator[None]:
    """SQLite refuses at once who has read and then wants to write beside another one; waiting first it never does."""

    def begin(connection: sqlalchemy.Connection, _: object, statement: str, parameters: object, *__: object) -> Any:
        is_begin = statement == "BEGIN" and connection.dialect.name == "sqlite"
        return "BEGIN IMMEDIATE" if is_begin else statement, parameters

    sqlalchemy.event.listen(sqlalchemy.Engine, "before_cursor_execute", begin, retval=True)
    yield
    sqlalchemy.event.remove(sqlalchemy.Engine, "before_cursor_execute", begin)


@pytest.fixture
def crowd(ready: World, urls: tuple[str, str], one_after_another: None) -> Crowd:
    """Late binding is on, and the promises are in a real database, too."""
    blazars, ours = urls
    cfg.CONF.set_override("connection", blazars, group="database")
    facade_wrapper._clear_engine()
    db_api.setup_db()
    database = Database(ours)
    sync(database)
    ready.whole = wiring.assemble(SqlStore(database), ready.cloud, ready.cloud, ready.clock, Policy())
    reservations = Reservations(ready, POLL + 1)
    reservations.set_cleaning_time(CLEANING_MINUTES)
    reservations.add_hosts(*HOSTS)
    return Crowd(reservations, HOSTS)


@pytest.fixture
def counted(crowd: Crowd, monkeypatch: pytest.MonkeyPatch) -> Crowd:
    """The same crowd; what late binding changes is counted, and the calendar looked at after each change, while it is
    still locked. The monitor keeps what its duties raise to itself."""
    write = rebinding._write

    def watched(moves: Sequence[Move], ids: Mapping[str, str]) -> None:
        write(moves, ids)
        crowd.done["rebind"] += len(moves)
        try:
            must_not_overlap()
        except AssertionError as failure:
            crowd.failures.append(failure)

    monkeypatch.setattr(rebinding, "_write", watched)
    return crowd


def overlapping() -> list[tuple[Any, ...]]:
    """Pairs of reservations that have a host at the same time. The dates of one that is being changed are not yet, or
    no longer, those that its hosts were chosen for."""
    by_host: dict[str, list[Any]] = {}
    for row in rows(models.ComputeHostAllocation.id.isnot(None)):
        if row.lease_status not in status.lease.TRANSITIONAL:
            by_host.setdefault(row.compute_host_id, []).append(row)
    cleaning = timedelta(minutes=CLEANING_MINUTES)
    return [
        (host, *one, *another)
        for host, held in by_host.items()
        for one, another in pairwise(sorted(held, key=lambda row: (row.start_date, row.reservation_id)))
        if another.start_date < one.end_date + cleaning
    ]


def must_not_overlap() -> None:
    found = overlapping()
    assert not found, "\n".join(map(str, found))


def test_two_reservations_of_one_host_at_one_time_would_be_seen(crowd: Crowd) -> None:
    lease, another = (crowd.reservations.lease(3600 * hours) for hours in (2, 5))
    assert not overlapping()
    [row] = db_api.host_allocation_get_all_by_values(reservation_id=lease["reservations"][0]["id"])
    [moved] = db_api.host_allocation_get_all_by_values(reservation_id=another["reservations"][0]["id"])
    db_api.host_allocation_update(moved["id"], {"compute_host_id": row["compute_host_id"]})
    assert not overlapping()
    db_api.lease_update(another["id"], {"start_date": lease["end_date"], "end_date": another["end_date"]})
    assert overlapping()


@pytest.mark.parametrize("seconds", [10, pytest.param(60, marks=pytest.mark.nightly)])
def test_ten_threads_never_give_a_host_away_twice_and_lose_nothing(counted: Crowd, seconds: int) -> None:
    counted.act(seconds, must_not_overlap)
    for failure in counted.failures:
        raise failure
    LOG.warning("In %s s: %s; the longest took %.2f s", seconds, dict(counted.done), counted.longest)
    assert counted.has_done_all(), counted.done
    assert counted.longest < BOUND
    must_not_overlap()
    _every_lease_has_what_it_asked_for(counted)
    _claims_are_what_the_calendar_says(counted)


def _every_lease_has_what_it_asked_for(crowd: Crowd) -> None:
    with_hosts = Counter(row.reservation_id for row in rows(models.ComputeHostAllocation.id.isnot(None)))
    known = {reservation["id"]: lease for lease in db_api.lease_list() for reservation in lease["reservations"]}
    assert with_hosts.keys() <= known.keys()
    for name, lease in known.items():
        [wanted] = lease["reservations"]
        assert lease["status"] == status.lease.PENDING, lease
        assert with_hosts[name] == wanted["min"] or name in crowd.missing, lease


def _claims_are_what_the_calendar_says(crowd: Crowd) -> None:
    crowd.reservations.poll()
    with crowd.reservations.world.whole.store.begin() as work:
        claims = sorted((one.reservation_id, one.host) for one in work.open_claims() if one.standing is Standing.FIRM)
    assert claims == sorted((row.reservation_id, row.host) for row in rows(models.ComputeHostAllocation.id.isnot(None)))
