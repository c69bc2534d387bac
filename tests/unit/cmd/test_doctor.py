# SPDX-License-Identifier: Apache-2.0
"""``blazar-spot-manage doctor`` as an operator types it, and as a monitoring program reads it."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from blazar_spot.cmd import doctor as command
from blazar_spot.cmd.manage import main
from blazar_spot.core.findings import Finding, bad, note, ok

WELL = [ok("The tables are the newest."), note("There is no flavor.", "Make one.")]
ILL = [*WELL, bad("Nova is late.", "Set its clock.")]


@pytest.fixture
def conf(tmp_path: Path) -> list[str]:
    file = tmp_path / "blazar-spot.conf"
    file.write_text("[database]\nconnection = sqlite://\n[service_auth]\nauth_type = none\n")
    return ["--config-file", str(file), "doctor"]


def finding(monkeypatch: pytest.MonkeyPatch, findings: list[Finding]) -> None:
    def examine(_patient: object) -> Iterator[Finding]:
        yield from findings

    monkeypatch.setattr(command, "examine", examine)


def test_when_all_is_well_it_says_so(
    conf: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    finding(monkeypatch, WELL)
    assert main(conf) == 0
    assert capsys.readouterr().out.splitlines()[-1] == "Nothing is wrong."


def test_what_is_wrong_is_told_with_its_fix_and_the_status_is_1(
    conf: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    finding(monkeypatch, ILL)
    assert main(conf) == 1
    told = capsys.readouterr()
    assert [line.split() for line in told.out.splitlines()[-2:]] == [
        ["BAD", "Nova", "is", "late."],
        ["->", "Set", "its", "clock."],
    ]
    assert told.err == "blazar-spot-manage: 1 of 3 findings are wrong\n"


def test_programs_read_json(
    conf: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    finding(monkeypatch, ILL)
    assert main([*conf, "-f", "json"]) == 1
    told = json.loads(capsys.readouterr().out)["findings"]
    assert [one["grade"] for one in told] == ["ok", "note", "bad"]
    assert told[-1] == {"check": "", "grade": "bad", "found": "Nova is late.", "fix": "Set its clock."}


def test_where_nothing_answers_everything_is_told_all_the_same(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "blazar-spot.conf"
    file.write_text(
        f"[database]\nconnection = sqlite:///{tmp_path}/none/promises.db\n"
        "[notifications]\ntransport_url = rabbit://spot:secret@127.0.0.1:1/\n"
        "[service_auth]\nauth_type = password\nauth_url = http://127.0.0.1:1/v3\nusername = spot\npassword = secret\n"
        "project_name = service\nuser_domain_name = Default\nproject_domain_name = Default\n"
    )
    assert main(["--config-file", str(file), "doctor", "-f", "json"]) == 1
    out = capsys.readouterr().out
    grades = {one["check"]: one["grade"] for one in json.loads(out)["findings"]}
    assert grades["database"] == grades["account"] == grades["freepool"] == grades["notifications"] == "unknown"
    assert "secret" not in out
