# SPDX-License-Identifier: Apache-2.0
"""Which processes are ours: the right ones end, strangers live."""

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from blazar_spot.devcloud.identity import Identity
from blazar_spot.devcloud.processes import CommandFailed, Processes
from blazar_spot.devcloud.waiting import wait_until

FOREVER = [sys.executable, "-c", "import time; time.sleep(3600)"]
STUBBORN = [
    sys.executable,
    "-c",
    "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('ready', flush=True); time.sleep(3600)",
]
# A child in a session of its own, as a daemon would be: only its environment says whose it is.
DAEMONISE = """
import subprocess, sys, time
subprocess.Popen([sys.executable, "-c", "import time; time.sleep(3600)"], start_new_session=True)
print("ready", flush=True)
time.sleep(3600)
"""
# One that makes two of itself and ends.
PARENT = """
import pathlib, sys, time
from blazar_spot.devcloud.processes import Processes
for name in ("one", "two"):
    if Processes(pathlib.Path(sys.argv[1])).fork(name):
        print(name, "is ready", flush=True)
        time.sleep(3600)
"""
WITH_DAEMON = [sys.executable, "-c", DAEMONISE]


@pytest.fixture
def processes(tmp_path: Path) -> Iterator[Processes]:
    ours = Processes(tmp_path)
    yield ours
    ours.kill_all()


@pytest.fixture
def stranger() -> Iterator[Identity]:
    child = subprocess.Popen(FOREVER, start_new_session=True)
    yield Identity.of(child.pid)
    child.kill()
    child.wait()


def wait_for_word(processes: Processes, name: str) -> None:
    wait_until(lambda: "ready" in processes.log_file(name).read_text(), f"{name} says ready", at_most=20)


def pretend(root: Path, name: str, identity: Identity) -> None:
    """Write a record as a crashed run would have left it."""
    (root / "run").mkdir(exist_ok=True)
    (root / "run" / f"{name}.json").write_text(json.dumps({"pid": identity.pid, "started": identity.started}))


def test_a_later_process_with_the_same_id_is_somebody_else() -> None:
    me = Identity.of(os.getpid())
    earlier = replace(me, started=me.started - 1)
    assert me.is_alive()
    assert not earlier.is_alive()
    assert earlier.is_replaced()


def test_a_stranger_who_got_an_old_id_is_not_touched(tmp_path: Path, stranger: Identity) -> None:
    pretend(tmp_path, "api", replace(stranger, started=stranger.started - 1))
    processes = Processes(tmp_path)
    assert not processes.is_alive("api")
    processes.stop("api")
    processes.kill_all()
    assert stranger.is_alive()


def test_what_an_earlier_run_left_is_found_by_its_record(tmp_path: Path, stranger: Identity) -> None:
    pretend(tmp_path, "api", stranger)
    Processes(tmp_path).kill_all()
    assert not stranger.is_alive()


def test_a_record_that_was_half_written_is_no_process(tmp_path: Path) -> None:
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "api.json").write_text('{"pid": 1')
    processes = Processes(tmp_path)
    assert not processes.is_alive("api")
    processes.kill_all()


def test_a_child_that_left_the_session_is_found_by_its_mark(tmp_path: Path, processes: Processes) -> None:
    processes.start("launcher", WITH_DAEMON, {})
    wait_for_word(processes, "launcher")
    assert len(processes.all_pids()) == 2
    processes.kill("launcher")
    assert len(processes.all_pids()) == 1
    Processes(tmp_path).kill_all()
    assert processes.all_pids() == set()


def test_what_a_process_forks_is_as_good_as_started(tmp_path: Path, processes: Processes) -> None:
    processes.run("parent", [sys.executable, "-c", PARENT, str(tmp_path)], {}, threading.Event())
    assert processes.is_alive("one")
    assert processes.is_alive("two")
    for name in ("one", "two"):
        wait_for_word(processes, name)
    processes.kill("one")
    assert (processes.is_alive("one"), processes.is_alive("two")) == (False, True)
    assert len(processes.all_pids()) == 1
    processes.stop("two")
    assert processes.all_pids() == set()
    assert processes.log_file("parent").read_text() == ""


def test_two_clouds_do_not_end_each_others_processes(tmp_path: Path, processes: Processes) -> None:
    processes.start("api", FOREVER, {})
    (tmp_path / "other").mkdir()
    Processes(tmp_path / "other").kill_all()
    assert processes.is_alive("api")


def test_who_does_not_end_when_asked_is_killed(processes: Processes) -> None:
    processes.start("api", STUBBORN, {})
    wait_for_word(processes, "api")
    processes.stop("api", patience=0.3)
    assert not processes.is_alive("api")


def test_a_frozen_process_can_be_killed(processes: Processes) -> None:
    processes.start("api", FOREVER, {})
    processes.signal("api", signal.SIGSTOP)
    processes.kill("api")
    assert not processes.is_alive("api")


def test_nothing_is_started_once_the_end_has_begun(processes: Processes) -> None:
    processes.kill_all()
    with pytest.raises(RuntimeError, match="shut down"):
        processes.start("api", FOREVER, {})


def test_a_command_that_fails_is_raised_with_its_last_words(processes: Processes) -> None:
    with pytest.raises(CommandFailed, match="no such schema"):
        processes.run("sync", [sys.executable, "-c", "raise SystemExit('no such schema')"], {}, threading.Event())


def test_services_do_not_see_the_users_own_openstack(processes: Processes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OS_AUTH_URL", "http://somewhere.else")
    assert "OS_AUTH_URL" not in processes.environment({})
