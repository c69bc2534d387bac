# SPDX-License-Identifier: Apache-2.0
"""Nothing is left of a cloud, however its bringing up ends."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from blazar_spot.devcloud.cloud import Cloud
from blazar_spot.devcloud.processes import Processes
from blazar_spot.devcloud.waiting import wait_until

Launch = Callable[..., subprocess.Popen[str]]


@pytest.fixture
def state_dir(tmp_path: Path) -> Path:
    return tmp_path / "cloud"


@pytest.fixture
def launch(state_dir: Path) -> Iterator[Launch]:
    """Begins to bring a cloud up, in a process that can be interrupted or killed, also when this one cannot: a shell
    lets what it runs in the background ignore the signal, and whatever that starts ignores it too."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)

    def begin(*words: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-m", "blazar_spot.devcloud", "--state-dir", str(state_dir), *words],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    yield begin
    signal.signal(signal.SIGINT, before)
    Cloud(state_dir).down()


def wait_for_database(state_dir: Path) -> None:
    """The middle of bringing up: the servers below are there, the services are not."""
    wait_until(lambda: Processes(state_dir).is_alive("keystone"), "keystone is started", at_most=240)


def test_nothing_is_left_after_an_interrupt(state_dir: Path, launch: Launch) -> None:
    launcher = launch("up")
    wait_for_database(state_dir)
    launcher.send_signal(signal.SIGINT)
    assert launcher.wait(timeout=60) == 130
    assert Processes(state_dir).all_pids() == set()
    assert not state_dir.exists()


def test_what_a_killed_launcher_left_is_found_and_ended(state_dir: Path, launch: Launch) -> None:
    launcher = launch("up")
    wait_for_database(state_dir)
    os.kill(launcher.pid, signal.SIGKILL)
    launcher.wait(timeout=60)
    assert Processes(state_dir).all_pids()
    assert launch("down").wait(timeout=60) == 0
    assert Processes(state_dir).all_pids() == set()
    assert not state_dir.exists()


def test_a_service_that_does_not_come_up_is_named_with_its_last_words(state_dir: Path, launch: Launch) -> None:
    launcher = launch("up", "--set", "keystone:token.provider=nonsense")
    _, errors = launcher.communicate(timeout=240)
    assert launcher.returncode == 1
    assert "keystone ended while it was starting" in errors
    assert str(state_dir / "logs" / "keystone.log") in errors
    assert "nonsense" in errors
    assert Processes(state_dir).all_pids() == set()
