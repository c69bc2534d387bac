# SPDX-License-Identifier: Apache-2.0
"""Each of our commands is typed on a real cloud by some test, with the real program, and goes well there.

The words are read where a test gives them to ``Terminal.read`` or ``Terminal.do``, which fail if the command does, or
from the page whose commands a test runs. Words that stand in variables do not count.
"""

import ast
import itertools
import pathlib
import shlex
from collections.abc import Iterator
from importlib.metadata import entry_points

from tests.functional.api.pages import steps
from tests.functional.api.shells import Terminal

GOES_WELL = {Terminal.read.__name__, Terminal.do.__name__}


def typed(path: pathlib.Path) -> Iterator[str]:
    """The words with which each of the calls in this file begins."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in GOES_WELL:
            known = itertools.takewhile(lambda one: isinstance(one, ast.Constant), node.args)
            yield " ".join(str(one.value) for one in known if isinstance(one, ast.Constant))


def test_each_command_is_typed_on_a_real_cloud(root: pathlib.Path) -> None:
    told = [words for path in sorted((root / "tests/functional").rglob("test_*.py")) for words in typed(path)]
    told += [" ".join(shlex.split(step.command)[1:]) for step in steps(root / "doc/source/first-steps.rst")]
    commands = [one.name.replace("_", " ") for one in entry_points(group="openstack.spot.v1")]
    assert len(commands) > 40
    assert sorted(name for name in commands if not any(f"{one} ".startswith(f"{name} ") for one in told)) == []


def test_what_is_refused_or_stands_in_variables_does_not_count(tmp_path: pathlib.Path) -> None:
    file = tmp_path / "test_made_up.py"
    file.write_text('one.type("spot", "pool", "list")\none.read("spot", "pool", word)\none.do(*words)\n')
    assert list(typed(file)) == ["spot pool", ""]
