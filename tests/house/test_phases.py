# SPDX-License-Identifier: Apache-2.0
"""The phase runner behind make: no test is left out, and nothing but all phases passing is green."""

import ast
import pathlib
import sys
from types import ModuleType
from typing import Any

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


def left_out(root: pathlib.Path, phases: ModuleType) -> list[pathlib.Path]:
    """The test files of which no list runs a part: what is marked as nightly runs where that is asked for only."""
    by_day = asked(root, phases.LISTS["test"][1], nightly=False)
    by_night = asked(root, phases.LISTS["nightly"][1], nightly=True)
    found = []
    for file in sorted((root / "tests").rglob("test_*.py")):
        content = ast.parse(file.read_text())
        is_partly = is_marked(content)
        is_wholly = any(is_marked(one) and ast.unparse(one).startswith("pytestmark =") for one in content.body)
        if (is_partly and not by_night & set(file.parents)) or not (is_wholly or by_day & set(file.parents)):
            found.append(file)
    return found


def is_marked(code: ast.AST) -> bool:
    return any(isinstance(part, ast.Attribute) and part.attr == "nightly" for part in ast.walk(code))


def asked(root: pathlib.Path, listed: tuple[Any, ...], *, nightly: bool) -> set[pathlib.Path]:
    """The folders whose tests these phases run, with the nightly ones or without."""
    chosen = [phase.command for phase in listed if ("nightly" in phase.command) is nightly]
    return {root / word for command in chosen for word in command if word.startswith("tests/")}


def test_every_test_is_run_by_make_test_or_by_make_nightly(root: pathlib.Path, phases: ModuleType) -> None:
    assert list((root / "tests").rglob("test_*.py"))
    assert left_out(root, phases) == []


@pytest.mark.parametrize(
    ("file", "text"),
    [
        ("tests/other/test_it.py", ""),
        ("tests/unit/test_it.py", "@pytest.mark.nightly\ndef test(): ..."),
        ("tests/unit/test_it.py", "pytestmark = pytest.mark.nightly"),
    ],
)
def test_a_file_that_nobody_runs_is_seen(tmp_path: pathlib.Path, phases: ModuleType, file: str, text: str) -> None:
    lost = tmp_path / file
    lost.parent.mkdir(parents=True)
    lost.write_text(text)
    assert left_out(tmp_path, phases) == [lost]


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


def test_a_night_goes_on_after_a_failure_and_has_failed(phases: ModuleType, capsys: pytest.CaptureFixture[str]) -> None:
    listed = (phases.Phase("bad", FAILING), phases.Phase("good", SHORT))
    assert phases.run_all(listed, limit_minutes=1, goes_on=True) is False
    table = capsys.readouterr().out
    assert "FAILED (3)" in table
    assert "passed" in table


def test_a_night_tells_what_each_phase_said_last(phases: ModuleType, capfd: pytest.CaptureFixture[str]) -> None:
    found = (sys.executable, "-c", "print('long story'); print('== 7 passed in 3 s =='); raise SystemExit(3)")
    listed = (phases.Phase("bad", found, shares=True), phases.Phase("good", SHORT, shares=True))
    assert phases.run_all(listed, limit_minutes=1, goes_on=True) is False
    said = capfd.readouterr().out
    assert "long story" in said
    rows = [" ".join(line.split()[3:]) for line in said.splitlines() if line.startswith(("bad ", "good "))]
    assert rows == ["FAILED (3) 7 passed in 3 s", "passed"]


def test_only_some_phases_are_run_and_what_they_need(phases: ModuleType) -> None:
    _, listed = phases.LISTS["nightly"]
    names = [phase.name for phase in phases.chosen(listed, ["ten in a row", "crowd"])]
    assert names == ["install", "servers", "ten in a row", "crowd"]


def test_a_phase_that_is_not_in_the_list_is_named(phases: ModuleType) -> None:
    with pytest.raises(SystemExit, match="no such phase: nothing"):
        phases.chosen(phases.LISTS["nightly"][1], ["crowd", "nothing"])


def test_time_that_runs_out_fails_all(phases: ModuleType, capsys: pytest.CaptureFixture[str]) -> None:
    assert phases.run_all((phases.Phase("endless", ENDLESS),), limit_minutes=0) is False
    assert "out of time" in capsys.readouterr().out


def test_a_phase_that_takes_too_long_fails_all(phases: ModuleType, capsys: pytest.CaptureFixture[str]) -> None:
    assert phases.run_all((phases.Phase("endless", ENDLESS, minutes=0),), limit_minutes=1) is False
    assert "out of time" in capsys.readouterr().out


MEETS = """
import pathlib, sys, time
mine, other, seconds = *map(pathlib.Path, sys.argv[1:3]), sys.argv[3]
mine.touch()
until = time.monotonic() + float(seconds)
while not other.exists() and time.monotonic() < until:
    pass
raise SystemExit(not other.exists())
"""


def meeting(mine: pathlib.Path, other: pathlib.Path, seconds: int) -> tuple[str, ...]:
    """Passes only if the other one is begun while this one waits for it."""
    return (sys.executable, "-c", MEETS, str(mine), str(other), str(seconds))


@pytest.mark.parametrize(("shares", "seconds"), [(True, 30), (False, 1)])
def test_phases_that_share_are_run_at_the_same_time_and_no_others(
    phases: ModuleType, tmp_path: pathlib.Path, shares: bool, seconds: int
) -> None:
    one, other = tmp_path / "one", tmp_path / "other"
    listed = (
        phases.Phase("one", meeting(one, other, seconds), shares=shares),
        phases.Phase("other", meeting(other, one, seconds), shares=True),
    )
    assert phases.run_all(listed, limit_minutes=1) is shares


def test_what_runs_beside_a_phase_that_fails_is_stopped(phases: ModuleType, capfd: pytest.CaptureFixture[str]) -> None:
    listed = tuple(
        phases.Phase(name, command, shares=True)
        for name, command in (("endless", ENDLESS), ("bad", FAILING), ("never", SHORT))
    )
    assert phases.run_all(listed, limit_minutes=1) is False
    table = capfd.readouterr().out
    assert "passed" not in table
    assert [table.count(f"s  {word}") for word in ("FAILED (3)", "stopped", "not run")] == [1, 1, 1]


def test_what_phases_say_at_the_same_time_is_kept_apart(phases: ModuleType, capfd: pytest.CaptureFixture[str]) -> None:
    says = tuple((sys.executable, "-c", f"for _ in range(3): print('{word}', flush=True)") for word in ("this", "that"))
    assert phases.run_all(tuple(phases.Phase(one[-1][-20:], one, shares=True) for one in says), limit_minutes=1)
    said = capfd.readouterr().out
    assert "this\nthis\nthis\n" in said
    assert "that\nthat\nthat\n" in said
