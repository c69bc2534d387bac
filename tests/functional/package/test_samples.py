# SPDX-License-Identifier: Apache-2.0
"""What lies in etc/ for those who run it does: WSGI servers serve the API by it, and systemd finds no fault with it.

Only paths and the port are changed.
"""

import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

import pytest

from blazar_spot.devcloud.ports import free_ports
from blazar_spot.devcloud.waiting import wait_until
from tests.functional.package.commands import CONSTRAINTS, ROOT, pip, run

UWSGI = "pyuwsgi==2.0.30.post1"
"""uwsgi that nobody has to compile."""
SERVERS = {
    "gunicorn": ("gunicorn/gunicorn.conf.py", ("--config", "FILE", "blazar_spot.wsgi:application")),
    "uwsgi": ("uwsgi/blazar-spot-api-uwsgi.ini", ("--ini", "FILE")),
}
PATIENCE_SECONDS = 60
MERCY_SECONDS = 90
"""A worker that is told to stop while it loads does not hear it, and uwsgi ends it after worker-reload-mercy."""


@pytest.fixture(scope="module")
def servers(installed: Path) -> Path:
    """The environment, with both servers."""
    pip(installed, "install", "--quiet", *CONSTRAINTS, "gunicorn", UWSGI)
    return installed


@pytest.fixture
def conf(servers: Path, tmp_path: Path) -> Path:
    """A configuration with a database that is there; health is the database's, too."""
    file = tmp_path / "blazar-spot.conf"
    file.write_text(
        f"[database]\nconnection = sqlite:///{tmp_path}/promises.db\n[healthcheck]\nbackends = blazar_spot_database\n"
        "[service_auth]\nauth_type = none\n[keystone_authtoken]\nauth_type = none\n"
    )
    run(servers / "blazar-spot-manage", "--config-file", file, "db", "sync", where=tmp_path)
    return file


@contextmanager
def serving(command: list[str], conf: Path) -> Iterator[subprocess.Popen[str]]:
    """The server, which is told to stop in the end and does."""
    variables = {"OS_BLAZAR_SPOT_CONFIG_FILE": str(conf), "PATH": "/usr/bin:/bin"}
    with (conf.parent / "server.log").open("w") as log:
        server = subprocess.Popen(command, env=variables, cwd=conf.parent, stdout=log, stderr=log, text=True)
    try:
        yield server
    finally:
        server.terminate()
        try:
            server.wait(MERCY_SECONDS)
        finally:
            server.kill()


@pytest.mark.parametrize("name", SERVERS)
def test_a_server_serves_the_api_by_its_sample_and_ends_when_it_is_told_to(
    servers: Path, conf: Path, name: str
) -> None:
    sample, words = SERVERS[name]
    port = free_ports(("api",))["api"]
    text = (ROOT / "etc" / sample).read_text()
    ours = {
        "127.0.0.1:8786": f"127.0.0.1:{port}",
        "/opt/blazar-spot": str(servers.parent),
        "/etc/blazar-spot": str(conf.parent),
    }
    assert "127.0.0.1:8786" in text
    for example, own in ours.items():
        text = text.replace(example, own)
    file = conf.parent / Path(sample).name
    file.write_text(text)
    with serving([str(servers / name), *(word.replace("FILE", str(file)) for word in words)], conf) as server:

        def is_well() -> bool:
            assert server.poll() is None, (conf.parent / "server.log").read_text()
            try:
                with urlopen(f"http://127.0.0.1:{port}/healthcheck", timeout=10) as answer:
                    return answer.read() == b"The database answers"
            except URLError:
                return False

        wait_until(is_well, f"{name} serves the API", at_most=PATIENCE_SECONDS, every=0.2)


def verified(units: Path) -> str:
    """What systemd says of these units; nothing if all is well."""
    command = ["systemd-analyze", "verify", "--man=no", *map(str, sorted(units.glob("*.service")))]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    return done.stdout + done.stderr


def test_systemd_finds_no_fault_with_the_units(servers: Path, tmp_path: Path) -> None:
    for unit in (ROOT / "etc/systemd").glob("*.service"):
        text = unit.read_text()
        assert "/opt/blazar-spot/bin/" in text
        (tmp_path / unit.name).write_text(text.replace("/opt/blazar-spot/bin", str(servers)))
    assert verified(tmp_path) == ""


def test_a_fault_would_be_found(tmp_path: Path) -> None:
    unit = shutil.copy(ROOT / "etc/systemd/blazar-spot-engine.service", tmp_path)
    Path(unit).write_text(Path(unit).read_text().replace("NoNewPrivileges", "NoNewPriviledges"))
    said = verified(tmp_path)
    assert "NoNewPriviledges" in said
    assert "blazar-spot-engine" in said
