# SPDX-License-Identifier: Apache-2.0
"""The judge of what survives when core is broken on purpose: nothing that is new gets through."""

import pathlib
import tomllib
from types import ModuleType

import pytest

ALLOWED = {
    "unjudged": ["planner.joint", "planner.merge"],
    "unjudged_percent": 50,
    "survivors": {"policy.Policy.lead": {"most": 1, "why": "a reason"}},
}


@pytest.fixture
def mutants(root: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """tools/mutants.py, which is a program and no part of a package."""
    monkeypatch.syspath_prepend(str(root / "tools"))
    import mutants

    return mutants


def results(name: str, *statuses: str) -> str:
    """What mutmut prints."""
    return "".join(f"    blazar_spot.core.{name}__mutmut_{n}: {status}\n" for n, status in enumerate(statuses, 1))


def excess(mutants: ModuleType, results: str) -> list[str]:
    found: list[str] = mutants.judged(results, ALLOWED, 1)[0]
    return found


@pytest.mark.parametrize("status", ["survived", "no tests", "suspicious", "segfault", "check was interrupted by user"])
def test_whatever_is_not_noticed_counts(mutants: ModuleType, status: str) -> None:
    assert excess(mutants, results("policy.x_answer", "killed", "timeout")) == []
    assert excess(mutants, results("policy.x_answer", "killed", status)) == [
        "policy.answer: 1 of 2 breaks survived, at most 0 may."
    ]


def test_a_judged_function_may_have_as_many_survivors_as_were_judged(mutants: ModuleType) -> None:
    assert excess(mutants, results("policy.xǁPolicyǁlead", "survived")) == []
    assert len(excess(mutants, results("policy.xǁPolicyǁlead", "survived", "survived"))) == 1


def test_the_modules_that_nobody_has_judged_share_a_limit(mutants: ModuleType) -> None:
    assert excess(mutants, results("planner.joint.x__f", "survived", "killed")) == []
    assert len(excess(mutants, results("planner.joint.x__f", "survived", "survived", "killed"))) == 1


def test_what_was_not_tried_counts_neither_way(mutants: ModuleType) -> None:
    untried = ["not checked"] * 97
    assert mutants.judged(
        results("policy.x_answer", "killed", *untried) + results("policy.x_other", *untried), ALLOWED, 5
    ) == ([], "1 of 195 breaks tried (seed 5), 0 survived, all of them known.")
    assert excess(mutants, results("policy.x_answer", "survived", "killed", *untried)) == [
        "policy.answer: 1 of 2 breaks survived, at most 0 may."
    ]


def test_it_is_told_what_was_tried_and_whether_all_that_survived_are_known(mutants: ModuleType) -> None:
    known = results("policy.xǁPolicyǁlead", "survived", "killed", "not checked")
    assert mutants.judged(known, ALLOWED, 7)[1] == "2 of 3 breaks tried (seed 7), 1 survived, all of them known."
    both = known + results("policy.x_answer", "survived")
    assert mutants.judged(both, ALLOWED, 7)[1] == "3 of 4 breaks tried (seed 7), 2 survived, not all of them known."


@pytest.mark.parametrize(
    ("tried", "most"),
    [(0, 0), (10, 7), (100, 40), (1000, 280)],
)
def test_the_fewer_are_tried_the_more_their_share_may_be_off(mutants: ModuleType, tried: int, most: int) -> None:
    assert mutants.by_chance(0.28, tried, 1000) == most


@pytest.mark.parametrize("untried", ["", results("policy.x_answer", "not checked")])
def test_trying_nothing_proves_nothing(mutants: ModuleType, untried: str) -> None:
    assert excess(mutants, untried) == ["Nothing was broken."]


def test_what_is_judged_is_there_and_has_a_reason(root: pathlib.Path) -> None:
    allowed = tomllib.loads((root / "tools" / "mutants.toml").read_text())
    core = root / "blazar_spot" / "core"
    modules = {".".join(path.relative_to(core).with_suffix("").parts): path.read_text() for path in core.rglob("*.py")}
    assert [name for name in allowed["unjudged"] if name not in modules] == []
    assert [place for place, judged in allowed["survivors"].items() if not judged["why"] or judged["most"] < 1] == []
    for place in allowed["survivors"]:
        module = next(name for name in modules if place.startswith(f"{name}.") and name not in allowed["unjudged"])
        assert f"def {place.rsplit('.', 1)[1]}(" in modules[module], place
