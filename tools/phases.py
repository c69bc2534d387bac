#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Run a list of phases one after another and say how long each took.

Phases that leave a core to others are run two at a time. The first phase that fails ends the run, so what went
wrong is the last thing on the screen; only a night goes on to its end, since nobody is there to begin it again,
and then tells what each phase said last.
A list has a limit in minutes for all of it, and so has each phase. A new phase is one line in a table. Standard
library only.
"""

import concurrent.futures
import contextlib
import itertools
import pathlib
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from types import FrameType
from typing import IO

ROOT = pathlib.Path(__file__).resolve().parent.parent
BIN = ".venv/bin/"
PYTEST = BIN + "pytest"
ON_TWO_CORES = ("-n", "2")
"""For tests that keep a core busy; those that need a server or a cloud of their own wait most of the time."""
LONG_ONES_FIRST = ("--dist", "worksteal", "tests/stateful", "tests/property")
"""Who is done takes tests from the other, so that both cores end at the same time."""
AT_ONCE = 2
"""So many phases that share are run at the same time; with more of them two cores would be late for what is timed."""
GRACE_SECONDS = 120
"""How long an interrupted phase may take to stop what it started."""


@dataclass(frozen=True)
class Phase:
    """One command with a name, and how long it may take: about three times what it does."""

    name: str
    command: tuple[str, ...]
    minutes: int = 5
    shares: bool = False
    """It keeps one core busy at most, so that the phases next to it that share, too, may run beside it."""


Row = tuple[str, float, str, str]
"""A phase's name, its seconds, "passed" or what went wrong, and what it said last if it was heard."""

INSTALL = (Phase("install", (sys.executable, "tools/environment.py")),)
SERVERS = (Phase("servers", (sys.executable, "tools/packages.py", "devcloud", "databases", "browser", "package")),)
READ = (
    # What is over at once comes first, and of the others what takes long.
    Phase("lint", (BIN + "ruff", "check", "--quiet"), shares=True),
    Phase("format", (BIN + "ruff", "format", "--check", "--quiet"), shares=True),
    Phase("house", (PYTEST, "tests/house"), minutes=10, shares=True),
    Phase("dashboard", (PYTEST, "tests/dashboard"), minutes=10, shares=True),
    Phase("types", (BIN + "mypy",), shares=True),
    Phase("types apart", (BIN + "mypy", "--cache-dir=/dev/null", "guest", "examples"), shares=True),
    Phase("security", (BIN + "bandit", "-q", "-c", "pyproject.toml", "-r", "blazar_spot"), shares=True),
    Phase("spelling", (BIN + "codespell",), shares=True),
)
MADE = (
    Phase("package", (PYTEST, "tests/functional/package"), minutes=10, shares=True),
    Phase("documents", (BIN + "sphinx-build", "-W", "-q", "-b", "html", "doc/source", "doc/build/html"), shares=True),
)
RULES = (Phase("rules", (PYTEST, *ON_TWO_CORES, *LONG_ONES_FIRST, "tests/contract", "tests/unit"), minutes=25),)
BLAZAR = (Phase("blazar", (PYTEST, *ON_TWO_CORES, "tests/functional/plugins"), minutes=15),)
SMALL_CLOUDS = (
    # What takes long comes first, so that both cores end at about the same time.
    Phase("adapters", (PYTEST, "tests/functional/adapters"), minutes=30, shares=True),
    Phase("operators", (PYTEST, "tests/functional/operators"), minutes=15, shares=True),
    Phase("api", (PYTEST, "tests/functional/api"), minutes=12, shares=True),
    Phase("guests", (PYTEST, "tests/functional/guest"), minutes=12, shares=True),
    Phase("horizon", (PYTEST, "tests/horizon"), minutes=15, shares=True),
    Phase("dev cloud", (PYTEST, "tests/functional/devcloud"), minutes=12, shares=True),
    Phase("databases", (PYTEST, "tests/functional/databases"), minutes=12, shares=True),
)
TIMED_CLOUDS = (
    # These look at who is on time: nobody runs beside them.
    Phase("settings", (PYTEST, "tests/settings"), minutes=16),
    Phase("stories", (PYTEST, "tests/e2e"), minutes=30),
    Phase("faults", (PYTEST, "tests/faults"), minutes=25),
)
NIGHTLY = (
    # What is seen on a cloud comes first: the searches may take as much of the night as they are given.
    Phase("ten in a row", (PYTEST, "-m", "nightly", "tests/e2e"), minutes=120, shares=True),
    Phase("tempest", (PYTEST, "-m", "nightly", "tests/functional/tempest"), minutes=40, shares=True),
    Phase("install page", (PYTEST, "-m", "nightly", "tests/functional/installing"), minutes=20, shares=True),
    Phase("hints", (PYTEST, "-m", "nightly", "tests/functional/hints"), minutes=15, shares=True),
    Phase("alerts", (PYTEST, "-m", "nightly", "tests/functional/alerts"), shares=True),
    Phase("more faults", (PYTEST, "-m", "nightly", "tests/faults"), minutes=40),
    Phase("calendar", (PYTEST, "-m", "nightly", "tests/functional/plugins"), minutes=15),
    Phase("crowd", (PYTEST, "-m", "nightly", "tests/crowd"), minutes=60),
    Phase("properties", (PYTEST, *ON_TWO_CORES, *LONG_ONES_FIRST, "--hypothesis-profile=nightly"), minutes=120),
    Phase("mutants", (BIN + "python", "tools/mutants.py", "25"), minutes=30),
)

LISTS = {
    "check": (20, INSTALL + READ + RULES),
    "test": (85, INSTALL + SERVERS + READ + RULES + MADE + BLAZAR + SMALL_CLOUDS + TIMED_CLOUDS),
    "nightly": (480, INSTALL + SERVERS + NIGHTLY),
}
"""The limit in minutes and the phases, by name."""
GOES_ON = {"nightly"}
"""The lists that are run to their end whatever fails."""


def stop(process: subprocess.Popen[bytes]) -> None:
    """Ask as Ctrl-C does, so that a cloud is taken down; insist only if that does not help."""
    process.send_signal(signal.SIGINT)
    try:
        process.wait(GRACE_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


@contextlib.contextmanager
def started(command: tuple[str, ...], output: IO[bytes] | None) -> Iterator[subprocess.Popen[bytes]]:
    """The command, running; whatever ends this program ends it too."""
    process = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=output, stderr=output)
    try:
        yield process
    finally:
        if process.poll() is None:
            stop(process)


def wait(process: subprocess.Popen[bytes], until: float, called_off: threading.Event) -> str:
    """Wait for its end and return "passed" or what went wrong."""
    while process.poll() is None:
        if time.monotonic() >= until:
            return "out of time"
        if called_off.wait(0.1):
            return "stopped"
    return "passed" if process.returncode == 0 else f"FAILED ({process.returncode})"


def run(phase: Phase, until: float, called_off: threading.Event, output: IO[bytes] | None = None) -> Row:
    """Run one phase to its end."""
    if called_off.is_set():
        return phase.name, 0.0, "not run", ""
    if time.monotonic() >= until:
        return phase.name, 0.0, "out of time", ""
    print(f"=== {phase.name}: {' '.join(phase.command)}\n", end="", flush=True)
    since = time.monotonic()
    with started(phase.command, output) as process:
        outcome = wait(process, min(until, since + phase.minutes * 60), called_off)
    return phase.name, time.monotonic() - since, outcome, ""


def run_and_tell(phase: Phase, until: float, called_off: threading.Event, *, goes_on: bool) -> Row:
    """Run one phase beside others, and end them if it fails; what it says is shown as a whole when it is over."""
    with tempfile.TemporaryFile() as output:
        name, seconds, outcome, _ = run(phase, until, called_off, output)
        if outcome != "passed" and not goes_on:
            called_off.set()
        output.seek(0)
        said = output.read().decode(errors="replace").strip()
    if outcome not in ("stopped", "not run"):
        print(f"=== {name}, {outcome}:\n{said}\n", flush=True)
    return name, seconds, outcome, said.rpartition("\n")[-1].strip("= ")


def run_together(phases: list[Phase], until: float, *, goes_on: bool) -> list[Row]:
    """Run them in their order, those that share two at a time; the first one that fails ends the others."""
    called_off = threading.Event()
    with concurrent.futures.ThreadPoolExecutor(AT_ONCE if phases[0].shares else 1) as threads:
        running = [threads.submit(run_and_tell, phase, until, called_off, goes_on=goes_on) for phase in phases]
        try:
            concurrent.futures.wait(running)
        finally:
            called_off.set()
    return [future.result() for future in running]


def run_in_turn(phases: tuple[Phase, ...], until: float, *, goes_on: bool) -> Iterator[list[Row]]:
    """The rows of each phase, or of all neighbours that share; at night nobody looks on, so each is heard."""
    for shares, neighbours in itertools.groupby(phases, lambda phase: phase.shares):
        if shares or goes_on:
            yield run_together(list(neighbours), until, goes_on=goes_on)
        else:
            yield from ([run(phase, until, threading.Event())] for phase in neighbours)


def run_all(phases: tuple[Phase, ...], limit_minutes: int, *, goes_on: bool = False) -> bool:
    """Run until one fails, or to the end, then tell each one's time."""
    began = time.monotonic()
    rows: list[Row] = []
    for some in run_in_turn(phases, began + limit_minutes * 60, goes_on=goes_on):
        rows += some
        if not goes_on and not passed(some):
            break
    rows += [(phase.name, 0.0, "not run", "") for phase in phases[len(rows) :]]
    print()
    for name, seconds, outcome, said in [*rows, ("all", time.monotonic() - began, f"of {limit_minutes} minutes", "")]:
        print(f"{name:14}{seconds:8.1f} s  {f'{outcome:12}  {said}'.rstrip()}")
    return passed(rows)


def passed(rows: list[Row]) -> bool:
    """Whether every one of them has."""
    return all(outcome == "passed" for _, _, outcome, _ in rows)


def interrupted(_signal: int, _frame: FrameType | None) -> None:
    """End as if by Ctrl-C."""
    raise KeyboardInterrupt


def chosen(phases: tuple[Phase, ...], names: list[str]) -> tuple[Phase, ...]:
    """Those of the phases, and what has to be installed for them."""
    if unknown := set(names) - {phase.name for phase in phases}:
        raise SystemExit(f"no such phase: {', '.join(sorted(unknown))}")
    return tuple(phase for phase in phases if phase in INSTALL + SERVERS or phase.name in names)


def main(name: str, only: str = "") -> int:
    """Run the list of that name, or ``only`` some of its phases, told apart by commas; 0 only if every one passed."""
    signal.signal(signal.SIGTERM, interrupted)
    # A shell lets what it runs in the background ignore this one; a phase that did so, too, could not be stopped.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    limit_minutes, phases = LISTS[name]
    if only:
        phases = chosen(phases, only.split(","))
    try:
        return 0 if run_all(phases, limit_minutes, goes_on=name in GOES_ON) else 1
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
