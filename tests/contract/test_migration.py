# SPDX-License-Identifier: Apache-2.0
"""Migration on SQLite. On servers: ``tests/functional/databases``."""

from pathlib import Path

import pytest

from tests.contract.migration import MigrationContract


class TestMigrationOnSqlite(MigrationContract):
    """One SQLite file."""

    @pytest.fixture
    def url(self, tmp_path: Path) -> str:
        return f"sqlite:///{tmp_path}/promises.db"

    @pytest.fixture
    def other_url(self, tmp_path: Path) -> str:
        return f"sqlite:///{tmp_path}/other.db"
