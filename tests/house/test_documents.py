# SPDX-License-Identifier: Apache-2.0
"""What the documents have people type and write: our commands take it, and our options are there."""

import argparse
import pathlib
import re
import shlex
from importlib.metadata import EntryPoint, entry_points

import pytest

from blazar_spot import conf as configuration
from blazar_spot.api import document
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


OPENSTACK = re.compile(r"``openstack ([^`]+)``|^\s+[$#] openstack (.*)$", re.MULTILINE)
ELSEWHERE = ("resource",)
"""What osc-placement brings along, which is not installed here."""


EVERY_SHELLS = EntryPoint("complete", "cliff.complete:CompleteCommand", "")
"""What cliff gives to every shell that is made of it."""


def client_commands() -> dict[str, EntryPoint]:
    """Every command of ``openstack`` by its words: its own ones, Blazar's and ours. The newest version wins."""
    groups = sorted(group for group in entry_points().groups if group.startswith("openstack."))
    found = [one for group in groups if ".cli." not in group for one in entry_points(group=group)]
    return {"complete": EVERY_SHELLS} | {one.name.replace("_", " "): one for one in found}


def unknown(text: str, commands: dict[str, EntryPoint]) -> list[str]:
    """What of this command there is not: the command itself, or options."""
    words = shlex.split(re.sub(r"\$\([^)]*\)", "VALUE", text.rstrip("\\ ")))
    names = (" ".join(words[:length]) for length in range(len(words), 0, -1))
    name = next((one for one in names if one in commands), None)
    if name is None:
        return [text]
    command = commands[name].load()(None, argparse.Namespace())
    parser = command.get_parser(f"openstack {name}")
    for hook in entry_points(group="openstack.cli." + name.replace(" ", "_")):
        parser = hook.load()(command).get_parser(parser)
    return [word for word in words if word.startswith("--") and word not in parser._option_string_actions]


def test_every_openstack_command_in_the_documents_is_one(root: pathlib.Path) -> None:
    files = [*(root / "doc/source").glob("*.rst"), root / "README.md", root / "devstack/README.rst"]
    found = {"".join(found) for file in files for found in OPENSTACK.findall(file.read_text())}
    told = {text for text in found if not text.startswith(ELSEWHERE) and text != "spot ..."}
    assert {"server list --all-projects --host HOST", "spot event list", "server delete --force"} <= told
    commands = client_commands()
    assert {text: missing for text in sorted(told) if (missing := unknown(text, commands))} == {}


@pytest.mark.parametrize("text", ["spot event forget", "server list --everywhere", "server create --cheap x"])
def test_an_openstack_command_that_there_is_not_is_seen(text: str) -> None:
    assert unknown(text, client_commands())


def test_every_request_in_the_documents_is_one(root: pathlib.Path) -> None:
    text = "".join(file.read_text() for file in (root / "doc/source").glob("*.rst"))
    told = set(re.findall(r"``(GET|POST|PUT|PATCH|DELETE) (/v1/[^`?]*)``", text))
    assert ("GET", "/v1/webhooks/ID/deliveries") in told
    known = {(method.upper(), re.sub(r"{[^}]*}", "{}", path)) for path, method in document.service().operations}
    strangers = {
        (method, path) for method, path in told if (method, re.sub(r"{[^}]*}|\bID\b", "{}", path)) not in known
    }
    assert strangers == set()


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
