# SPDX-License-Identifier: Apache-2.0
"""The fake and the real store, held to one contract. On servers: ``tests/functional/databases``."""

from pathlib import Path

import pytest

from blazar_spot.db import migration
from blazar_spot.db.engine import Database
from blazar_spot.db.store import SqlStore
from blazar_spot.ports.store import Store
from blazar_spot.testing.store import FakeStore
from tests.contract.store import StoreContract


class TestFakeStore(StoreContract):
    """In memory."""

    @pytest.fixture
    def store(self) -> Store:
        return FakeStore()


class TestSqliteStore(StoreContract):
    """One SQLite file."""

    @pytest.fixture
    def store(self, tmp_path: Path) -> Store:
        database = Database(f"sqlite:///{tmp_path}/promises.db")
        migration.sync(database)
        return SqlStore(database)
