# SPDX-License-Identifier: Apache-2.0
"""What the documents have people type and write: our commands take it, and our options are there."""

import pathlib
import re
import shlex

import pytest

from blazar_spot import conf as configuration
from blazar_spot.cmd.manage import main as manage
from blazar_spot.cmd.status import main as status
from blazar_spot.conf.opts import list_opts

COMMANDS = {"blazar-spot-manage": manage, "blazar-spot-status": status}


def typed(root: pathlib.Path) -> set[tuple[str, ...]]:
    """Every command of ours in the documents, as words: in blocks to its line's end, in a sentence to its quotes."""
    found = set()
    files = [*(root / "doc/source").glob("*.rst"), root / "README.md", root / "devstack/README.rst"]
    for line in (line for file in files for line in file.read_text().splitlines()):
        for name in COMMANDS:
            quoted = re.findall(rf"``({name}[^`]*)``", line)
            block = re.findall(rf"^\s+[$#] (?:\S*/)?({name}.*)$", line)
            found |= {tuple(shlex.split(words)) for words in (*quoted, *block)}
    return found


def test_every_command_in_the_documents_is_one(root: pathlib.Path, capsys: pytest.CaptureFixture[str]) -> None:
    commands = typed(root)
    assert ("blazar-spot-manage", "db", "sync") in commands
    assert ("blazar-spot-manage", "doctor") in commands
    for name, *words in sorted(commands):
        known = [word for word in words if word not in ("...", "--reason") and not word.startswith("/etc")]
        known = [word for word in known if word != "--config-file"]
        with pytest.raises(SystemExit) as ended:
            COMMANDS[name]([*known, "--help"])
        assert ended.value.code == 0, (name, words)
    capsys.readouterr()


def test_a_command_that_there_is_not_is_seen(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        manage(["db", "destroy", "--help"])
    assert ended.value.code == 2
    capsys.readouterr()


def test_the_configuration_of_the_install_page_is_one_that_every_process_reads(
    root: pathlib.Path, tmp_path: pathlib.Path
) -> None:
    page = (root / "doc/source/installing.rst").read_text()
    block = page.split("this is enough:")[1].split(".. code-block:: ini")[1].split("\n``openssl")[0]
    text = re.sub(r"^   ", "", block, flags=re.MULTILINE)
    known = {str(group.name): {one.dest for one in opts} for group, opts in list_opts()}
    section, strangers = "", []
    for line in text.splitlines():
        section = line.strip("[]") if line.startswith("[") else section
        option = line.partition("=")[0].strip()
        if "=" in line and section in known and option not in known[section]:
            strangers.append((section, option))
    assert strangers == []
    file = tmp_path / "blazar-spot.conf"
    file.write_text(text)
    conf = configuration.load(files=[str(file)])
    assert conf.engine.mode == "observe"
    assert conf.database.connection.startswith("mysql+pymysql://")
    assert configuration.session_of(conf) is not None
    assert configuration.policy_of(conf) is not None
