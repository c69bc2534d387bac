# SPDX-License-Identifier: Apache-2.0
"""Migration on each server."""

import pytest

from tests.contract.migration import MigrationContract
from tests.functional.databases.servers import Server


class TestMigrationOnServer(MigrationContract):
    """Each server in turn."""

    @pytest.fixture
    def other_url(self, server: Server) -> str:
        return server.new_database()
