#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Run a list of phases one after another and say how long each took.

The first phase that fails ends the run, so what went wrong is the last thing on the screen. A list
has a limit in minutes for all of it, and so has each phase. A new phase is one line in a table. Standard
library only.
"""

import contextlib
import pathlib
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from types import FrameType

ROOT = pathlib.Path(__file__).resolve().parent.parent
BIN = ".venv/bin/"
PYTEST = BIN + "pytest"
ON_TWO_CORES = ("-n", "2")
"""For tests that keep a core busy; those that need a server or a cloud of their own wait most of the time."""
LONG_ONES_FIRST = ("--dist", "worksteal", "tests/stateful", "tests/property", "tests/contract", "tests/unit")
"""Who is done takes tests from the other, so that both cores end at the same time."""
GRACE_SECONDS = 120
"""How long an interrupted phase may take to stop what it started."""


@dataclass(frozen=True)
class Phase:
    """One command with a name, and how long it may take: about three times what it does."""

    name: str
    command: tuple[str, ...]
    minutes: int = 5


INSTALL = (Phase("install", (sys.executable, "tools/environment.py")),)
SERVERS = (Phase("servers", (sys.executable, "tools/packages.py", "devcloud", "databases")),)
CHECK = (
    Phase("lint", (BIN + "ruff", "check", "--quiet")),
    Phase("format", (BIN + "ruff", "format", "--check", "--quiet")),
    Phase("spelling", (BIN + "codespell",)),
    Phase("security", (BIN + "bandit", "-q", "-c", "pyproject.toml", "-r", "blazar_spot")),
    Phase("types", (BIN + "mypy",)),
    Phase("types apart", (BIN + "mypy", "guest", "examples")),
    Phase("house", (PYTEST, "tests/house")),
    Phase("dashboard", (PYTEST, "tests/dashboard")),
    Phase(
        "rules",
        (PYTEST, *ON_TWO_CORES, *LONG_ONES_FIRST),
        minutes=15,
    ),
)
DOCUMENTS = (Phase("documents", (BIN + "sphinx-build", "-W", "-q", "-b", "html", "doc/source", "doc/build/html")),)
PACKAGE = (Phase("package", (PYTEST, "tests/functional/package")),)
DATABASES = (
    Phase("blazar", (PYTEST, *ON_TWO_CORES, "tests/functional/plugins"), minutes=10),
    Phase("databases", (PYTEST, "tests/functional/databases")),
)
CLOUDS = (
    Phase("dev cloud", (PYTEST, "tests/functional/devcloud"), minutes=8),
    Phase("adapters", (PYTEST, "tests/functional/adapters"), minutes=10),
    Phase("api", (PYTEST, "tests/functional/api"), minutes=12),
    Phase("guests", (PYTEST, "tests/functional/guest"), minutes=8),
    Phase("operators", (PYTEST, "tests/functional/operators"), minutes=8),
    Phase("stories", (PYTEST, "tests/e2e"), minutes=16),
    Phase("settings", (PYTEST, "tests/settings"), minutes=10),
    Phase("faults", (PYTEST, "tests/faults"), minutes=16),
)
NIGHTLY = (
    Phase("properties", (PYTEST, "tests/property", "tests/stateful", "--hypothesis-profile=nightly"), minutes=180),
    Phase("mutants", (BIN + "python", "tools/mutants.py"), minutes=180),
    Phase("ten in a row", (PYTEST, "-m", "nightly", "tests/e2e"), minutes=120),
    Phase("more faults", (PYTEST, "-m", "nightly", "tests/faults"), minutes=40),
    Phase("hints", (PYTEST, "-m", "nightly", "tests/functional/hints"), minutes=10),
    Phase("calendar", (PYTEST, "-m", "nightly", "tests/functional/plugins"), minutes=15),
    Phase("tempest", (PYTEST, "-m", "nightly", "tests/functional/tempest"), minutes=40),
    Phase("install page", (PYTEST, "-m", "nightly", "tests/functional/installing"), minutes=12),
    Phase("crowd", (PYTEST, "-m", "nightly", "tests/crowd"), minutes=40),
)

LISTS = {
    "check": (20, INSTALL + CHECK),
    "test": (75, INSTALL + CHECK + DOCUMENTS + PACKAGE + SERVERS + DATABASES + CLOUDS),
    "nightly": (240, INSTALL + SERVERS + NIGHTLY),
}
"""The limit in minutes and the phases, by name."""


def stop(process: subprocess.Popen[bytes]) -> None:
    """Ask as Ctrl-C does, so that a cloud is taken down; insist only if that does not help."""
    process.send_signal(signal.SIGINT)
    try:
        process.wait(GRACE_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


@contextlib.contextmanager
def started(command: tuple[str, ...]) -> Iterator[subprocess.Popen[bytes]]:
    """The command, running; whatever ends this program ends it too."""
    process = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.DEVNULL)
    try:
        yield process
    finally:
        if process.poll() is None:
            stop(process)


def run(phase: Phase, seconds_left: float) -> str:
    """Run one phase to its end and return "passed" or what went wrong."""
    print(f"=== {phase.name}: {' '.join(phase.command)}", flush=True)
    with started(phase.command) as process:
        try:
            status = process.wait(seconds_left)
        except subprocess.TimeoutExpired:
            return "out of time"
    return "passed" if status == 0 else f"FAILED ({status})"


def run_all(phases: tuple[Phase, ...], limit_minutes: int) -> bool:
    """Run until one fails, then tell each one's time."""
    began = time.monotonic()
    rows: list[tuple[str, float, str]] = []
    for phase in phases:
        since = time.monotonic()
        outcome = run(phase, min(phase.minutes, limit_minutes - (since - began) / 60) * 60)
        rows.append((phase.name, time.monotonic() - since, outcome))
        if outcome != "passed":
            break
    rows += [(phase.name, 0.0, "not run") for phase in phases[len(rows) :]]
    rows.append(("all", time.monotonic() - began, f"of {limit_minutes} minutes"))
    print()
    for name, seconds, outcome in rows:
        print(f"{name:14}{seconds:8.1f} s  {outcome}")
    return all(outcome == "passed" for _, _, outcome in rows[:-1])


def interrupted(_signal: int, _frame: FrameType | None) -> None:
    """End as if by Ctrl-C."""
    raise KeyboardInterrupt


def main(name: str) -> int:
    """Run the list of that name; 0 only if every phase passed."""
    signal.signal(signal.SIGTERM, interrupted)
    limit_minutes, phases = LISTS[name]
    try:
        return 0 if run_all(phases, limit_minutes) else 1
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
