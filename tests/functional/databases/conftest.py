# SPDX-License-Identifier: Apache-2.0
"""One private server of each product for all tests here, and a fresh database for each test."""

from collections.abc import Iterator

import pytest

from blazar_spot.db import migration
from blazar_spot.db.engine import Database
from blazar_spot.db.store import SqlStore
from tests.functional.databases.servers import MariaDB, PostgreSQL, Server


@pytest.fixture(scope="session", params=[MariaDB, PostgreSQL], ids=["mariadb", "postgresql"])
def server(request: pytest.FixtureRequest) -> Iterator[Server]:
    running: Server = request.param()
    try:
        running.initialise()
        running.start()
        yield running
    finally:
        running.remove()


@pytest.fixture
def url(server: Server) -> str:
    """An empty database."""
    return server.new_database()


@pytest.fixture
def database(url: str) -> Database:
    """A database with our schema, that is not waited for when it is down."""
    found = Database(url, max_retries=0)
    migration.sync(found)
    return found


@pytest.fixture
def store(database: Database) -> SqlStore:
    return SqlStore(database)
