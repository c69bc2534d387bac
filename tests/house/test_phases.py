# SPDX-License-Identifier: Apache-2.0
"""The phase runner behind make: no test is left out, and nothing but all phases passing is green."""

import pathlib
import sys
from types import ModuleType

import pytest

SHORT = (sys.executable, "-c", "")
FAILING = (sys.executable, "-c", "raise SystemExit(3)")
ENDLESS = (sys.executable, "-c", "import threading; threading.Event().wait(60)")


@pytest.fixture
def phases(root: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """tools/phases.py, which is a program and no part of a package."""
    monkeypatch.syspath_prepend(str(root / "tools"))
    import phases

    return phases


def test_make_test_runs_every_test_file(root: pathlib.Path, phases: ModuleType) -> None:
    _, listed = phases.LISTS["test"]
    asked = {root / word for phase in listed for word in phase.command if word.startswith("tests/")}
    files = list((root / "tests").rglob("test_*.py"))
    assert files
    assert [file for file in files if not asked & set(file.parents)] == []


def test_every_folder_that_a_phase_names_is_there(root: pathlib.Path, phases: ModuleType) -> None:
    asked = {word for _, listed in phases.LISTS.values() for phase in listed for word in phase.command}
    assert {word for word in asked if word.startswith("tests/") and not (root / word).is_dir()} == set()


@pytest.mark.parametrize(
    ("commands", "passes"),
    [([SHORT, SHORT], True), ([SHORT, FAILING], False), ([FAILING, SHORT], False)],
)
def test_one_phase_that_fails_fails_all(phases: ModuleType, commands: list[tuple[str, ...]], passes: bool) -> None:
    listed = tuple(phases.Phase(f"phase {number}", command) for number, command in enumerate(commands))
    assert phases.run_all(listed, limit_minutes=1) is passes


def test_what_comes_after_a_failure_is_not_run(phases: ModuleType, capsys: pytest.CaptureFixture[str]) -> None:
    phases.run_all((phases.Phase("bad", FAILING), phases.Phase("never", SHORT)), limit_minutes=1)
    table = capsys.readouterr().out
    assert "FAILED (3)" in table
    assert "not run" in table


def test_time_that_runs_out_fails_all(phases: ModuleType, capsys: pytest.CaptureFixture[str]) -> None:
    assert phases.run_all((phases.Phase("endless", ENDLESS),), limit_minutes=0) is False
    assert "out of time" in capsys.readouterr().out
