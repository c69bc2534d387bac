# SPDX-License-Identifier: Apache-2.0
"""``blazar-spot-api`` as a real process, over a database in a file, with tokens of a small Keystone."""

import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import requests

from blazar_spot.db import migration
from blazar_spot.db.engine import Database
from blazar_spot.testing.keystone import keystone, token_checks

PATIENCE_SECONDS = 60
NOWHERE = 9
"""A port on which there is no Keystone."""


@contextmanager
def started(folder: Path, keystone_port: int, *arguments: str) -> Iterator[subprocess.Popen[str]]:
    connection = f"sqlite:///{folder}/promises.db"
    migration.sync(Database(connection))
    conf = folder / "blazar-spot.conf"
    log = f"[DEFAULT]\nlog_file = {folder}/api.log\n"
    conf.write_text(f"{log}[database]\nconnection = {connection}\n{token_checks(keystone_port)}")
    command = [Path(sys.executable).with_name("blazar-spot-api"), "--config-file", conf, *arguments]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        try:
            yield process
        finally:
            process.kill()


def address_of(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline().split()[1]


def test_it_serves_with_tokens_until_it_is_told_to_stop(tmp_path: Path) -> None:
    with keystone() as server, started(tmp_path, server.server_port, "--port", "0") as process:
        url = address_of(process)
        assert requests.get(url, timeout=PATIENCE_SECONDS).json()["versions"][0]["id"] == "v1.0"
        events = requests.get(f"{url}v1/events", headers={"X-Auth-Token": "ours"}, timeout=PATIENCE_SECONDS)
        assert events.json() == {"incarnation": 0, "events": [], "links": []}
        assert requests.get(f"{url}v1/events", timeout=PATIENCE_SECONDS).status_code == 401
        process.send_signal(signal.SIGTERM)
        assert process.wait(PATIENCE_SECONDS) == 0
    assert "GET /v1/events" in (tmp_path / "api.log").read_text()


def test_a_port_that_is_taken_is_one_line_and_a_status(tmp_path: Path) -> None:
    with started(tmp_path, NOWHERE, "--port", "0") as first:
        port = address_of(first).rstrip("/").rpartition(":")[2]
        with started(tmp_path, NOWHERE, "--port", port) as second:
            said, complaints = second.communicate(timeout=PATIENCE_SECONDS)
    assert (second.returncode, said) == (1, "")
    assert complaints.splitlines()[-1].startswith(f"blazar-spot-api: 127.0.0.1:{port}: ")


def test_a_configuration_that_is_wrong_is_one_line_and_a_status(tmp_path: Path) -> None:
    with started(tmp_path, NOWHERE, "--config-file", str(wrong(tmp_path))) as process:
        complaints = process.communicate(timeout=PATIENCE_SECONDS)[1]
    assert process.returncode == 2
    assert complaints.startswith("blazar-spot-api: encryption_keys in [webhooks] ")
    assert len(complaints.splitlines()) == 1


def wrong(folder: Path) -> Path:
    file = folder / "wrong.conf"
    file.write_text("[channels]\nenabled = webhooks\n[webhooks]\nencryption_keys = short\n")
    return file
