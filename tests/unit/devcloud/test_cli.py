# SPDX-License-Identifier: Apache-2.0
"""What the command says when there is no cloud, or no sense in what it is told."""

from pathlib import Path

import pytest

from blazar_spot.devcloud.cli import main


def test_no_cloud_is_not_up(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--state-dir", str(tmp_path / "none"), "status"]) == 1
    assert "not up" in capsys.readouterr().out


@pytest.mark.parametrize("words", [["env"], ["restart", "keystone"], ["logs", "keystone"]])
def test_what_needs_a_cloud_says_that_there_is_none(
    words: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["--state-dir", str(tmp_path), *words]) == 1
    assert f"there is no {'cloud' if words[0] != 'logs' else tmp_path}" in capsys.readouterr().err


def test_taking_down_what_is_not_there_is_no_error(tmp_path: Path) -> None:
    assert main(["--state-dir", str(tmp_path / "none"), "down"]) == 0


def test_a_host_that_cannot_be_read_is_refused_in_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--state-dir", str(tmp_path), "up", "--host", "gpus=many"]) == 1
    assert capsys.readouterr().err == "blazar-spot-devcloud: gpus is a whole number, not 'many'\n"


def test_an_override_that_cannot_be_read_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["--state-dir", str(tmp_path), "up", "--set", "nova"])
    assert "FILE:section.option=value" in capsys.readouterr().err
