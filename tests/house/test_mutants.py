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


@pytest.mark.parametrize("status", ["survived", "no tests", "not checked", "suspicious", "segfault"])
def test_whatever_is_not_noticed_counts(mutants: ModuleType, status: str) -> None:
    assert mutants.excess(results("policy.x_answer", "killed", "timeout"), ALLOWED) == []
    assert mutants.excess(results("policy.x_answer", "killed", status), ALLOWED) == [
        "policy.answer: 1 of 2 breaks survived, at most 0 may."
    ]


def test_a_judged_function_may_have_as_many_survivors_as_were_judged(mutants: ModuleType) -> None:
    assert mutants.excess(results("policy.xǁPolicyǁlead", "survived"), ALLOWED) == []
    assert len(mutants.excess(results("policy.xǁPolicyǁlead", "survived", "survived"), ALLOWED)) == 1


def test_the_modules_that_nobody_has_judged_share_a_limit(mutants: ModuleType) -> None:
    assert mutants.excess(results("planner.joint.x__f", "survived", "killed"), ALLOWED) == []
    assert len(mutants.excess(results("planner.joint.x__f", "survived", "survived", "killed"), ALLOWED)) == 1


def test_breaking_nothing_proves_nothing(mutants: ModuleType) -> None:
    assert mutants.excess("", ALLOWED) == ["Nothing was broken."]


def test_what_is_judged_is_there_and_has_a_reason(root: pathlib.Path) -> None:
    allowed = tomllib.loads((root / "tools" / "mutants.toml").read_text())
    core = root / "blazar_spot" / "core"
    modules = {".".join(path.relative_to(core).with_suffix("").parts): path.read_text() for path in core.rglob("*.py")}
    assert [name for name in allowed["unjudged"] if name not in modules] == []
    assert [place for place, judged in allowed["survivors"].items() if not judged["why"] or judged["most"] < 1] == []
    for place in allowed["survivors"]:
        module = next(name for name in modules if place.startswith(f"{name}.") and name not in allowed["unjudged"])
        assert f"def {place.rsplit('.', 1)[1]}(" in modules[module], place
