# SPDX-License-Identifier: Apache-2.0
"""``blazar-spot-engine`` as a real process, over the HTTP of a small cloud and a database in a file."""

import gc
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from blazar_spot.cmd.engine import at_work
from blazar_spot.db import migration
from blazar_spot.db.engine import Database
from tests.unit.cmd.small_cloud import SmallCloud, running

PATIENCE_SECONDS = 60


@pytest.fixture
def cloud() -> Iterator[SmallCloud]:
    with running() as cloud:
        yield cloud


def started(folder: Path, url: str, *arguments: str, engine: str = "", timeout: int = 30) -> subprocess.Popen[str]:
    """The process; what it logs is in a file, so that it says nothing else by itself."""
    connection = f"sqlite:///{folder}/promises.db"
    migration.sync(Database(connection))
    conf = folder / "blazar-spot.conf"
    conf.write_text(
        f"[DEFAULT]\nlog_file = {folder}/engine.log\n[database]\nconnection = {connection}\n"
        f"[service_auth]\nauth_type = none\nendpoint = {url}\ntimeout = {timeout}\n[engine]\n{engine}\n"
    )
    command = Path(sys.executable).with_name("blazar-spot-engine")
    return subprocess.Popen(
        [command, "--config-file", conf, *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def ended(process: subprocess.Popen[str], within: int = PATIENCE_SECONDS) -> tuple[int, list[str]]:
    """Its exit status and the lines that it said."""
    try:
        said, complaints = process.communicate(timeout=within)
    finally:
        process.kill()
    return process.returncode, (said + complaints).splitlines()


def test_one_tick_that_went_through_says_nothing(tmp_path: Path, cloud: SmallCloud) -> None:
    assert ended(started(tmp_path, cloud.url, "--once")) == (0, [])
    assert set(cloud.asked) == {
        "/resource_classes",
        "/resource_providers",
        "/servers/detail",
        "/flavors/detail",
        "/os-aggregates",
    }


def test_a_cloud_that_cannot_be_reached_is_one_line_and_a_status(tmp_path: Path) -> None:
    with running() as cloud:
        gone = cloud.url
    status, lines = ended(started(tmp_path, gone, "--once"))
    assert status == 1
    [line] = lines
    assert line.startswith("blazar-spot-engine: the tick did not go through: placement: GET /resource_classes: ")
    assert gone in line


@pytest.mark.parametrize("path", ["/resource_classes", "/servers/detail"])
def test_a_service_that_hangs_holds_a_tick_no_longer_than_its_bound(
    tmp_path: Path, cloud: SmallCloud, path: str
) -> None:
    cloud.held.add(path)
    process = started(tmp_path, cloud.url, "--once", timeout=2)
    assert cloud.is_held.wait(PATIENCE_SECONDS)
    status, [line] = ended(process, within=2 + 8)
    assert (status, cloud.asked.count(path)) == (1, 1)
    assert path in line
    assert "timed out" in line


def test_sigterm_lets_the_running_tick_end_and_begins_no_other(tmp_path: Path, cloud: SmallCloud) -> None:
    cloud.held.add("/servers/detail")
    process = started(tmp_path, cloud.url)
    assert cloud.is_held.wait(PATIENCE_SECONDS)
    process.send_signal(signal.SIGTERM)
    assert cloud.asked[-1] == "/servers/detail"
    cloud.let.set()
    assert ended(process) == (0, [])
    assert cloud.asked.count("/flavors/detail") == 1
    assert (tmp_path / "engine.log").read_text().rstrip().endswith("Stopping")


@pytest.mark.parametrize(
    ("engine", "option"),
    [
        ("tick_seconds = soon", "tick_seconds"),
        ("tick_seconds = 0", "tick_seconds"),
        ("backoff_seconds = 999999", "backoff_seconds"),
        ("headroom_hosts = -1", "headroom_hosts"),
        ("mode = party", "mode"),
    ],
)
def test_junk_in_the_configuration_is_one_line_that_names_the_option(tmp_path: Path, engine: str, option: str) -> None:
    status, lines = ended(started(tmp_path, "http://127.0.0.1:9", engine=engine))
    assert status == 2
    [line] = lines
    assert line.startswith("blazar-spot-engine: ")
    assert option in line


def test_what_is_known_after_the_first_tick_is_no_work_for_the_garbage_collector() -> None:
    known = [[]]  # type: list[list[object]]
    assert any(one is known for one in gc.get_objects())
    at_work()
    try:
        assert not any(one is known for one in gc.get_objects())
    finally:
        gc.unfreeze()
