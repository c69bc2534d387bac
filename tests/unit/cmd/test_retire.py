# SPDX-License-Identifier: Apache-2.0
"""``blazar-spot-manage retire`` as an operator types it, on a cloud in memory."""

from pathlib import Path

import pytest

from blazar_spot import wiring
from blazar_spot.cmd.manage import main
from blazar_spot.core.switch import Mode
from blazar_spot.enforcement.pulse import Pulse
from blazar_spot.testing.lab import Lab


@pytest.fixture
def lab(monkeypatch: pytest.MonkeyPatch) -> Lab:
    lab = Lab()
    monkeypatch.setattr(wiring, "build", lambda conf: lab.whole)
    return lab


@pytest.fixture
def retire(tmp_path: Path) -> list[str]:
    file = tmp_path / "blazar-spot.conf"
    file.write_text("")
    return ["--config-file", str(file), "retire"]


def test_at_first_it_is_only_told_what_would_be_done(
    lab: Lab, retire: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(retire) == 0
    assert capsys.readouterr().out.splitlines() == [
        "Would: Let flavor preemptible-gpu ask for no spot pool",
        "Would: Remove the spot pool of host01",
        "Nothing was done; --yes does it.",
    ]
    assert set(lab.cloud.pools()) == {"host01"}


def test_yes_does_it_and_a_second_time_there_is_nothing_to_do(
    lab: Lab, retire: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*retire, "--yes"]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "Done: Let flavor preemptible-gpu ask for no spot pool",
        "Done: Remove the spot pool of host01",
        "Nothing of blazar_spot is left in the cloud.",
    ]
    assert lab.cloud.pools() == {}
    assert main(retire) == 0
    assert capsys.readouterr().out == "There is nothing to do.\n"


def test_what_is_left_is_named_and_ends_with_status_1(
    lab: Lab, retire: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    lab.boot_and_run()
    assert main([*retire, "--yes"]) == 1
    told = capsys.readouterr()
    assert "LEFT: Remove the spot pool of host01: 1 instances are still in it" in told.out
    assert told.err == "blazar-spot-manage: 1 steps are left; run it again later\n"


def test_while_an_engine_runs_it_is_refused_unless_forced(
    lab: Lab, retire: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    Pulse(lab.store, lab.clock, Mode.ENFORCE, "controller", 7).beat(None)
    assert main([*retire, "--yes"]) == 1
    objection, refusal = capsys.readouterr().err.splitlines()
    assert objection.startswith("Engine 7 on controller gave a sign of life 0 s ago")
    assert refusal == "blazar-spot-manage: nothing was done; --force does it all the same"
    assert set(lab.cloud.pools()) == {"host01"}
    assert main([*retire, "--yes", "--force"]) == 0
    assert lab.cloud.pools() == {}
