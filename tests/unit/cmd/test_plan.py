# SPDX-License-Identifier: Apache-2.0
"""``blazar-spot plan`` as a person and a script meet it."""

import gc
import io
import json
import resource
import subprocess
import sys
from pathlib import Path

import pytest

from blazar_spot.cmd.plan import main
from blazar_spot.core.costs import BUILT_IN
from tests.unit.core.test_snapshot import good, put, text


def test_a_plan_is_printed_as_json(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "case.json"
    file.write_text(text(put("hosts.0.cap.gpus", 2)))
    assert main(["plan", str(file)]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert answer.pop("timing")["plan_ms"] >= 0
    assert answer == {
        "feasible": True,
        "cost": 3,
        "hosts": [{"id": "h1", "slots": 2}],
        "victims": [{"id": "s1", "notice_at": 1040, "evict_at": 1940}],
    }


def test_a_refusal_is_an_answer_too(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    young = text(put("hosts.0.cap.gpus", 2)).replace('"launched_at": 50', '"launched_at": 100').replace("2000", "1959")
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(young.encode())))
    assert main(["plan", "-"]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert (answer["feasible"], answer["earliest_start"]) == (False, 1960)
    assert answer["blockers"] == [{"host": "h1", "kind": "spot", "held_by": "s1", "until": 1960}]


@pytest.mark.parametrize("was_enabled", [True, False])
def test_the_garbage_collector_is_left_as_it_was_found(tmp_path: Path, *, was_enabled: bool) -> None:
    file = tmp_path / "case.json"
    file.write_text(text(put("hosts.0.cap.gpus", 2)))
    found_by_cost = []

    def cost(_spot: object, _now: int) -> int:
        found_by_cost.append(gc.isenabled())
        return 1

    gc.enable() if was_enabled else gc.disable()
    try:
        with pytest.MonkeyPatch.context() as patch:
            patch.setitem(BUILT_IN, "watching", cost)
            assert main(["plan", str(file), "--cost", "watching"]) == 0
        assert (set(found_by_cost), gc.isenabled()) == ({False}, was_enabled)
    finally:
        gc.enable()


def test_reasons_go_beside_the_answer(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "case.json"
    file.write_text(text())
    assert main(["plan", "--explain", str(file)]) == 0
    printed = capsys.readouterr()
    json.loads(printed.out)
    assert "h1 is taken for 2 slots; that costs 0.\n" in printed.err
    assert "s1 stays: h1 has room enough without evicting it.\n" in printed.err


@pytest.mark.parametrize(("name", "cost"), [("lost_work", 16 * 50), ("youngest_first", 50), ("partial_hour", 50)])
def test_costs_can_be_computed_anew(tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str, cost: int) -> None:
    file = tmp_path / "case.json"
    file.write_text(text(put("hosts.0.cap.gpus", 2)))
    assert main(["plan", "--cost", name, str(file)]) == 0
    assert json.loads(capsys.readouterr().out)["cost"] == cost


def test_a_cost_that_nobody_knows_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "case.json"
    file.write_text(text())
    assert main(["plan", "--cost", "magic", str(file)]) == 2
    assert capsys.readouterr().err == (
        "blazar-spot: --cost 'magic' is not known; built in are lost_work, youngest_first, partial_hour.\n"
    )


def test_bad_input_gets_one_sentence_and_status_2(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "case.json"
    file.write_text(text(put("spots.0.co\nst\u00e9", 1)))
    assert main(["plan", str(file)]) == 2
    printed = capsys.readouterr()
    assert (printed.out, printed.err) == ("", "blazar-spot: spots[0].co st\\xe9 is not a known field.\n")


def test_a_file_that_is_not_there_gets_one_sentence_too(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["plan", str(tmp_path / "none")]) == 2
    assert capsys.readouterr().err.endswith("none cannot be read: No such file or directory.\n")


def test_a_closed_standard_input_gets_one_sentence_too(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "stdin", None)
    assert main(["plan", "-"]) == 2
    assert capsys.readouterr().err == "blazar-spot: The standard input is closed.\n"


def test_it_starts_without_any_library() -> None:
    program = (
        "import sys, blazar_spot.cmd.plan; "
        "print(sorted({name.split('.')[0] for name in sys.modules} - set(sys.stdlib_module_names)))"
    )
    done = subprocess.run([sys.executable, "-S", "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == "['__main__', 'blazar_spot']\n"


def test_it_answers_for_twenty_hosts_in_a_fraction_of_a_second(tmp_path: Path) -> None:
    """All of it counts: the interpreter, the imports, reading, planning, explaining."""
    case = good()
    case["hosts"] = [{**case["hosts"][0], "id": f"h{number}"} for number in range(1, 21)]
    case["spots"] = [
        {**case["spots"][0], "id": f"{host['id']}-{number}", "host": host["id"], "cost": number}
        for host in case["hosts"]
        for number in range(8)
    ]
    case["request"]["count"] = 60
    file = tmp_path / "case.json"
    file.write_text(json.dumps(case))
    used = []
    for _ in range(3):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        command = [sys.executable, "-m", "blazar_spot.cmd.plan", "plan", "--explain", str(file)]
        done = subprocess.run(command, capture_output=True, check=True)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        assert json.loads(done.stdout)["feasible"]
        used.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    assert min(used) < 0.4
