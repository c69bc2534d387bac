# SPDX-License-Identifier: Apache-2.0
"""The arrows between the rooms, and proof that the contracts in pyproject.toml would see one turned round."""

import ast
import os
import pathlib
import shutil
import subprocess
import sys

import pytest

VALUE_TYPES = {
    "abc",
    "bisect",
    "collections",
    "dataclasses",
    "datetime",
    "enum",
    "functools",
    "heapq",
    "itertools",
    "json",
    "math",
    "operator",
    "re",
    "types",
    "typing",
}
"""What core may take from the standard library: values and ways to go through them."""

TURNED_ROUND = [
    ("core/leak.py", "import blazar_spot.ports", "Each room imports only rooms further in"),
    ("ports/leak.py", "import blazar_spot.conf", "Each room imports only rooms further in"),
    ("enforcement/leak.py", "import blazar_spot.db", "Each room imports only rooms further in"),
    ("doctor/leak.py", "import blazar_spot.enforcement", "Each room imports only rooms further in"),
    ("attic/__init__.py", "import math", "Each room imports only rooms further in"),
    ("wiring.py", "import blazar_spot.testing.leak", "Production code does not know the fakes"),
    ("devcloud/leak.py", "import blazar_spot.core.errors", "The dev cloud stands alone"),
    ("osc/leak.py", "import blazar_spot.core.flavors", "Those who ask over HTTP know nothing of what is inside"),
    ("client/leak.py", "import blazar_spot.osc.plugin", "Those who ask over HTTP know nothing of what is inside"),
    ("adapters/leak.py", "import blazar.context", "Blazar is met in plugins only"),
    ("enforcement/leak.py", "import sqlalchemy", "SQL is written in db only"),
    ("enforcement/leak.py", "import openstack", "OpenStack is called from adapters, and"),
    ("core/leak.py", "from oslo_config import cfg", "Configuration is declared in conf"),
    ("enforcement/leak.py", "import eventlet", "Native threads only"),
]


def lint_imports(tree: pathlib.Path) -> subprocess.CompletedProcess[str]:
    """Check the contracts on the package below this folder."""
    program = pathlib.Path(sys.executable).with_name("lint-imports")
    return subprocess.run(
        [program, "--no-cache"],
        cwd=tree,
        env=os.environ | {"PYTHONPATH": str(tree), "COLUMNS": "200"},
        capture_output=True,
        text=True,
        check=False,
    )


def test_every_arrow_points_inwards(root: pathlib.Path) -> None:
    answer = lint_imports(root)
    assert answer.returncode == 0, answer.stdout


@pytest.mark.parametrize(("file", "statement", "contract"), TURNED_ROUND)
def test_an_arrow_turned_round_is_seen(
    file: str, statement: str, contract: str, root: pathlib.Path, tmp_path: pathlib.Path
) -> None:
    shutil.copy(root / "pyproject.toml", tmp_path)
    package = tmp_path / "blazar_spot"
    shutil.copytree(root / "blazar_spot", package, ignore=shutil.ignore_patterns("__pycache__"))
    (package / "testing" / "leak.py").write_text("")
    leak = package / file
    leak.parent.mkdir(exist_ok=True)
    leak.write_text(f"{leak.read_text() if leak.exists() else ''}\n{statement}\n")
    answer = lint_imports(tmp_path)
    assert answer.returncode == 1
    broken = [line for line in answer.stdout.splitlines() if " BROKEN" in line]
    assert any(line.startswith(contract) for line in broken), answer.stdout


def test_core_takes_only_value_types_from_the_standard_library(root: pathlib.Path) -> None:
    taken = {
        (name.split(".")[0], path.name)
        for path in (root / "blazar_spot" / "core").rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        for name in imported(node)
    }
    assert taken
    assert {pair for pair in taken if pair[0] not in VALUE_TYPES | {"blazar_spot"}} == set()


def imported(node: ast.AST) -> list[str]:
    """The modules that one statement imports."""
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    if isinstance(node, ast.ImportFrom):
        return [node.module or ""]
    return []
