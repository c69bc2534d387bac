# SPDX-License-Identifier: Apache-2.0
"""What the database counts for monitoring; the servers' SQL is tried in tests/functional."""

from pathlib import Path

import pytest

from blazar_spot.db import migration
from blazar_spot.db.engine import Database
from tests.contract.figures import FiguresContract


class TestFiguresOfSqlite(FiguresContract):
    @pytest.fixture
    def database(self, tmp_path: Path) -> Database:
        found = Database(f"sqlite:///{tmp_path}/promises.db")
        migration.sync(found)
        return found
