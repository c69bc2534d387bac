# SPDX-License-Identifier: Apache-2.0
"""``blazar-spot-status upgrade check`` before a new release is started."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from blazar_spot.adapters.fernet_keyring import FernetKeyring
from blazar_spot.cmd.status import main
from blazar_spot.db import migration
from blazar_spot.db.engine import Database
from blazar_spot.db.store import SqlStore
from tests.contract.webhook_store import WEBHOOK, keep

KEY = "A" * 43 + "="
SUCCESS, WARNING, FAILURE = 0, 1, 2
WELL = {"Configuration": SUCCESS, "Database schema": SUCCESS, "Secrets of webhooks": SUCCESS, "Policy file": SUCCESS}


@pytest.fixture
def database(tmp_path: Path) -> Database:
    database = Database(f"sqlite:///{tmp_path}/promises.db")
    migration.sync(database)
    return database


def checked(
    folder: Path, capsys: pytest.CaptureFixture[str], more: str = "", key: str = KEY
) -> tuple[int, dict[str, int]]:
    """The exit status, and each check's result."""
    file = folder / "blazar-spot.conf"
    file.write_text(
        f"[database]\nconnection = sqlite:///{folder}/promises.db\n[service_auth]\nauth_type = none\n"
        f"[webhooks]\nencryption_keys = {key}\n{more}"
    )
    status = main(["--config-file", str(file), "upgrade", "check", "--json"])
    return status, {one["check"]: one["result"] for one in json.loads(capsys.readouterr().out)["checks"]}


def test_what_is_up_to_date_may_be_started(
    tmp_path: Path, database: Database, capsys: pytest.CaptureFixture[str]
) -> None:
    keep(SqlStore(database), replace(WEBHOOK, secret=FernetKeyring([KEY]).sealed("secret")))
    assert checked(tmp_path, capsys) == (0, WELL)


def test_an_older_schema_is_to_be_brought_up_to_date_first(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    migration.sync(Database(f"sqlite:///{tmp_path}/promises.db"), "0008")
    assert checked(tmp_path, capsys) == (2, {**WELL, "Database schema": FAILURE, "Secrets of webhooks": WARNING})


def test_a_database_without_tables_fails(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    status, found = checked(tmp_path, capsys)
    assert status == 2
    assert found == {**WELL, "Database schema": FAILURE, "Secrets of webhooks": WARNING}


def test_numbers_that_contradict_each_other_fail(
    tmp_path: Path, database: Database, capsys: pytest.CaptureFixture[str]
) -> None:
    assert migration.version(database)
    status, found = checked(tmp_path, capsys, "[policy]\nnotice_seconds = 7200\nmin_uptime_seconds = 60\n")
    assert (status, found) == (2, {**WELL, "Configuration": FAILURE})


def test_a_key_that_opens_no_secret_is_a_warning(
    tmp_path: Path, database: Database, capsys: pytest.CaptureFixture[str]
) -> None:
    keep(SqlStore(database), replace(WEBHOOK, secret=FernetKeyring([KEY]).sealed("secret")))
    assert checked(tmp_path, capsys, key="B" * 43 + "=") == (1, {**WELL, "Secrets of webhooks": WARNING})


def test_a_policy_in_json_fails(tmp_path: Path, database: Database, capsys: pytest.CaptureFixture[str]) -> None:
    assert migration.version(database)
    (tmp_path / "policy.json").write_text('{"admin": "role:admin"}')
    more = f"[oslo_policy]\npolicy_file = {tmp_path}/policy.json\n"
    assert checked(tmp_path, capsys, more) == (2, {**WELL, "Policy file": FAILURE})


def test_people_are_shown_a_table(tmp_path: Path, database: Database, capsys: pytest.CaptureFixture[str]) -> None:
    checked(tmp_path, capsys)
    assert migration.version(database)
    assert main(["--config-file", str(tmp_path / "blazar-spot.conf"), "upgrade", "check"]) == 0
    assert "Check: Database schema" in capsys.readouterr().out


def test_without_a_configuration_file_it_could_not_be_checked(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["--config-file", str(tmp_path / "missing.conf"), "upgrade", "check"]) == 255
    assert "missing.conf" in capsys.readouterr().err
