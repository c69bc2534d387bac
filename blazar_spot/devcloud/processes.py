# SPDX-License-Identifier: Apache-2.0
"""Processes of one cloud: started in sessions of their own, remembered on disk, ended without mistakes.

A process is known by its id and the kernel's start time, never by the id alone; and every process of a
cloud, however deep, carries the cloud's mark in its environment. So a crashed launcher leaves nothing
that the next one cannot find, and a stranger who got an old id is never touched. Next: `services`.
"""

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path

from blazar_spot.devcloud.identity import MARK, Identity, marked, session_of
from blazar_spot.devcloud.waiting import GaveUp, wait_until


class CommandFailed(Exception):
    """A command of the cloud ended with an error; the text has its last words."""


class Processes:
    """The processes of the cloud whose state is below `root`."""

    def __init__(self, root: Path) -> None:
        self._root = root.resolve()
        self._children: dict[int, subprocess.Popen[bytes]] = {}
        self._gate = threading.Lock()
        self._is_closed = False

    def log_file(self, name: str) -> Path:
        return self._root / "logs" / f"{name}.log"

    def environment(self, extra: Mapping[str, str]) -> dict[str, str]:
        """The environment of a process of this cloud: nothing of the user's OpenStack, and our mark."""
        inherited = {k: v for k, v in os.environ.items() if not k.startswith(("OS_", "RABBITMQ_"))}
        # setproctitle would write over the environment that carries the mark.
        return {**inherited, "SPT_NOENV": "1", **extra, MARK: str(self._root)}

    def start(self, name: str, command: Sequence[str], environment: Mapping[str, str]) -> Identity:
        """Start `command` in the background under `name`; its output goes to its log file."""
        with self._gate:
            if self._is_closed:
                raise RuntimeError(f"{name} is not started: the cloud is being shut down")
            self.log_file(name).parent.mkdir(parents=True, exist_ok=True)
            with self.log_file(name).open("ab") as log:
                child = subprocess.Popen(
                    command,
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=subprocess.STDOUT,
                    cwd=self._root,
                    env=self.environment(environment),
                    start_new_session=True,
                )
            identity = Identity.of(child.pid)
            self._children[child.pid] = child
            self._remember(name, identity)
        return identity

    def fork(self, name: str) -> bool:
        """Make a copy of this process, as if it had been started under `name`. True in the copy."""
        pid = os.fork()
        if pid:
            self._remember(name, Identity.of(pid))
            return False
        os.setsid()
        with self.log_file(name).open("ab") as log:
            for output in (sys.stdout, sys.stderr):
                os.dup2(log.fileno(), output.fileno())
        return True

    def run(
        self, name: str, command: Sequence[str], environment: Mapping[str, str], called_off: threading.Event
    ) -> None:
        """Run a command to its end; its output goes to its log file."""
        identity = self.start(name, command, environment)
        child = self._children[identity.pid]
        wait_until(lambda: child.poll() is not None, name, at_most=600, called_off=called_off)
        if child.returncode != 0:
            raise CommandFailed(f"{name} ended with status {child.returncode}\n{self.last_words(name)}")

    def last_words(self, name: str, lines: int = 20) -> str:
        """The path of a log file and its last lines."""
        path = self.log_file(name)
        text = path.read_text(errors="replace").splitlines() if path.exists() else []
        return "\n".join([f"--- the end of {path}", *text[-lines:]])

    def find(self, name: str) -> Identity | None:
        """The process last started under this name, dead or alive."""
        try:
            return Identity(**json.loads(self._record(name).read_text()))
        except (OSError, ValueError, TypeError):
            return None

    def is_alive(self, name: str) -> bool:
        self._reap()
        identity = self.find(name)
        return identity is not None and identity.is_alive()

    def signal(self, name: str, number: signal.Signals) -> None:
        """Send a signal to every process of the session started under this name."""
        identity = self.find(name)
        for pid in session_of(identity) if identity else ():
            _send(pid, number)

    def stop(self, name: str, *, patience: float = 20.0) -> None:
        """Ask the process to end; kill what is left of its session after `patience` seconds."""
        identity = self.find(name)
        if identity is not None and identity.is_alive():
            _send(identity.pid, signal.SIGTERM)
            try:
                wait_until(lambda: not self.is_alive(name), f"{name} ends", at_most=patience)
            except GaveUp:
                pass
        self.kill(name)

    def kill(self, name: str) -> None:
        """Kill the whole session of this name at once and see it gone."""
        identity = self.find(name)
        if identity is None:
            return
        self.signal(name, signal.SIGKILL)
        wait_until(lambda: self._is_gone(identity), f"{name} is gone", at_most=60)

    def kill_all(self) -> None:
        """Kill every process of this cloud, recorded or not, and let none be started again."""
        with self._gate:
            self._is_closed = True

        def nothing_left() -> bool:
            left = self.all_pids()
            for pid in left:
                _send(pid, signal.SIGKILL)
            self._reap()
            return not left

        wait_until(nothing_left, f"processes of {self._root} end", at_most=60)

    def all_pids(self) -> set[int]:
        """Every living process of this cloud."""
        recorded = {pid for name in self.names() if (who := self.find(name)) for pid in session_of(who)}
        return recorded | set(marked(self._root))

    def names(self) -> list[str]:
        return sorted(path.stem for path in (self._root / "run").glob("*.json"))

    def _is_gone(self, identity: Identity) -> bool:
        self._reap()
        return not list(session_of(identity))

    def _reap(self) -> None:
        for child in list(self._children.values()):
            child.poll()

    def _record(self, name: str) -> Path:
        return self._root / "run" / f"{name}.json"

    def _remember(self, name: str, identity: Identity) -> None:
        self._record(name).parent.mkdir(parents=True, exist_ok=True)
        self._record(name).write_text(json.dumps(asdict(identity)))


def _send(pid: int, number: signal.Signals) -> None:
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        pass
