# SPDX-License-Identifier: Apache-2.0
"""No secret ever reaches a log: everything is switched to debug, everything fails or answers, and nothing is let slip.

Each secret of the configuration has a word of its own; it must not be in any file that a process logs to, nor in what
it says.
"""

import json
import logging
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from blazar_spot.core.events import News
from blazar_spot.db import migration
from blazar_spot.db.engine import Database
from blazar_spot.testing import keystone as testing_keystone
from blazar_spot.testing.keystone import FakeKeystone
from tests.contract.store import EVENT
from tests.unit.adapters.test_fernet_keyring import KEY
from tests.unit.enforcement.webhook_scene import Scene

SECRETS = ("hunter-db", "hunter-bus", "hunter-channel", "hunter-account", "hunter-tokens", KEY)
PATIENCE_SECONDS = 60


@pytest.fixture
def keystone() -> Iterator[FakeKeystone]:
    with testing_keystone.keystone() as server:
        yield server


def configured(folder: Path, keystone: FakeKeystone, connection: str) -> Path:
    """A file with all secrets that there are, in which everything is to be told."""
    file = folder / "blazar-spot.conf"
    url = f"http://127.0.0.1:{keystone.server_port}/v3"
    account = "username = spot\nproject_name = service\nuser_domain_name = Default\nproject_domain_name = Default"
    file.write_text(
        f"[DEFAULT]\ndebug = true\nlog_file = {folder}/process.log\n"
        "default_log_levels = keystoneauth=DEBUG,keystonemiddleware=DEBUG,urllib3=DEBUG,oslo.messaging=DEBUG,"
        "oslo_messaging=DEBUG,amqp=DEBUG,sqlalchemy=DEBUG,requests=DEBUG,httpcore=DEBUG\n"
        f"[database]\nconnection = {connection}\nconnection_debug = 100\nmax_retries = 0\n"
        "[notifications]\ntransport_url = rabbit://spot:hunter-bus@127.0.0.1:1/\n"
        "[channels]\nenabled = messaging,webhooks\n"
        "[messaging]\ntransport_url = rabbit://spot:hunter-channel@127.0.0.1:1/\n"
        f"[webhooks]\nencryption_keys = {KEY}\n"
        f"[service_auth]\nauth_type = password\nauth_url = {url}\npassword = hunter-account\n{account}\n"
        f"[keystone_authtoken]\nauth_type = password\nauth_url = {url}\npassword = hunter-tokens\n{account}\n"
    )
    return file


def told(folder: Path, *command: str) -> str:
    """Everything that a process said, wherever."""
    program = str(Path(sys.executable).with_name(command[0]))
    done = subprocess.run(
        [program, *command[1:]], capture_output=True, text=True, check=False, timeout=PATIENCE_SECONDS
    )
    log = folder / "process.log"
    return done.stdout + done.stderr + (log.read_text() if log.exists() else "")


DOWN = "mysql+pymysql://spot:hunter-db@127.0.0.1:1/blazar_spot"


@pytest.mark.parametrize(
    "command",
    [
        ("blazar-spot-engine", "--once"),
        ("blazar-spot-manage", "doctor"),
        ("blazar-spot-manage", "db", "sync"),
        ("blazar-spot-manage", "engine", "status"),
        ("blazar-spot-status", "upgrade", "check"),
    ],
    ids=" ".join,
)
@pytest.mark.parametrize("is_there", [True, False], ids=["with a database", "without one"])
def test_no_process_lets_a_secret_slip(
    tmp_path: Path, keystone: FakeKeystone, command: tuple[str, ...], is_there: bool
) -> None:
    connection = f"sqlite:///{tmp_path}/promises.db"
    migration.sync(Database(connection))
    file = configured(tmp_path, keystone, connection if is_there else DOWN)
    said = told(tmp_path, command[0], "--config-file", str(file), *command[1:])
    assert said
    assert [secret for secret in SECRETS if secret in said] == []


def test_the_log_of_this_test_is_one_in_which_secrets_would_be_seen(tmp_path: Path, keystone: FakeKeystone) -> None:
    connection = f"sqlite:///{tmp_path}/promises.db"
    migration.sync(Database(connection))
    file = configured(tmp_path, keystone, connection)
    said = told(tmp_path, "blazar-spot-engine", "--config-file", str(file), "--once")
    assert "REQ: curl" in said  # keystoneauth tells whole requests
    assert "Placement" in said or "placement" in said


def test_the_secret_of_a_webhook_is_in_no_log(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    scene = Scene()
    held, secret = scene.webhooks.create("project-1", "ours", "https://receiver.example/", [{}])
    scene.serve()
    scene.write(EVENT)
    scene.serve()
    assert EVENT.news is News.SCHEDULED
    assert secret.removeprefix("whsec_") not in caplog.text
    assert held.webhook.secret not in caplog.text
    assert json.dumps(secret) not in caplog.text
