# SPDX-License-Identifier: Apache-2.0
"""``blazar-spot-manage`` as an operator types it."""

from pathlib import Path

import pytest

from blazar_spot.cmd.manage import main
from blazar_spot.db import migration
from blazar_spot.db.engine import Database

NEWEST = migration.newest()


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path}/promises.db"


def configured(folder: Path, url: str) -> list[str]:
    """The arguments that name a file with this database."""
    file = folder / "blazar-spot.conf"
    file.write_text(f"[database]\nconnection = {url}\n")
    return ["--config-file", str(file)]


def test_sync_brings_the_schema_to_the_newest_version(
    tmp_path: Path, url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    for _ in range(2):
        assert main([*configured(tmp_path, url), "db", "sync"]) == 0
        assert capsys.readouterr().out == f"The schema's version is {NEWEST}; the newest is {NEWEST}.\n"
        assert migration.version(Database(url)) == NEWEST


def test_version_tells_and_changes_nothing(tmp_path: Path, url: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*configured(tmp_path, url), "db", "version"]) == 0
    assert capsys.readouterr().out == f"The schema's version is none; the newest is {NEWEST}.\n"
    assert migration.version(Database(url)) is None


@pytest.mark.parametrize(
    ("url", "sentence"),
    [
        ("sqlite:////no/such/folder/promises.db", "unable to open database file"),
        ("mysql+pymysql://spot:secret@127.0.0.1:1/spot", "The database cannot be reached"),
        ("postgresql+psycopg2://spot:secret@127.0.0.1:1/spot", "The database cannot be reached"),
        ("nonsense", "Could not parse"),
        ("oracle9://spot@127.0.0.1/spot", "Can't load plugin"),
    ],
)
def test_a_database_that_does_not_do_it_is_told_in_one_line(
    tmp_path: Path, url: str, sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*configured(tmp_path, url), "db", "sync"]) == 1
    [line] = capsys.readouterr().err.splitlines()
    assert line.startswith("blazar-spot-manage: ")
    assert sentence in line
    assert "secret" not in line


def test_a_missing_configuration_is_told_in_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--config-file", str(tmp_path / "missing.conf"), "db", "sync"]) == 2
    [line] = capsys.readouterr().err.splitlines()
    assert "missing.conf" in line


def test_a_configuration_without_a_database_is_told_in_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "empty.conf"
    file.write_text("")
    assert main(["--config-file", str(file), "db", "sync"]) == 2
    [line] = capsys.readouterr().err.splitlines()
    assert "connection in group [database]" in line


@pytest.mark.parametrize("arguments", [[], ["db"], ["db", "destroy"]])
def test_a_wrong_command_ends_with_status_2(arguments: list[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    assert ended.value.code == 2
