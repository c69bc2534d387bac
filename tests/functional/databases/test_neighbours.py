# SPDX-License-Identifier: Apache-2.0
"""A server beside others of the same machine."""

from pathlib import Path

import pytest

from tests.functional.databases.servers import MariaDB


def test_the_temporary_tables_of_others_outlive_the_birth_and_the_start_of_a_server(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    theirs = tmp_path / "#sql-temptable-of-another-server.MAI"
    theirs.touch()
    server = MariaDB()
    try:
        server.initialise()
        assert theirs.exists()
        server.start()
        assert theirs.exists()
    finally:
        server.remove()
