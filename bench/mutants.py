# SPDX-License-Identifier: Apache-2.0
"""``python -m bench.mutants FILE...``: break modules of the planner in small ways and see whether a test notices.

Each mutant changes one operator, number or call in a copy of the tree. A survivor is either a test that is missing or
a change that makes no difference; that is for people to judge. With ``--seconds N`` it stops after so long.
"""

import argparse
import ast
import copy
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator

TREE = ("blazar_spot", "tests", "pyproject.toml")
TESTS = ("tests/unit/core", "tests/property")
SWAPS: dict[type[ast.AST], type[ast.AST]] = {
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.And: ast.Or,
    ast.Or: ast.And,
}
NAMES = {"min": "max", "max": "min", "any": "all", "all": "any"}


def change(node: ast.AST) -> bool:
    """Break the node in place, if it is of a kind that can be broken."""
    match node:
        case ast.Compare(ops=[op]) if type(op) in SWAPS:
            node.ops = [SWAPS[type(op)]()]  # type: ignore[list-item]
        case ast.BinOp(op=op) | ast.AugAssign(op=op) | ast.BoolOp(op=op) if type(op) in SWAPS:
            node.op = SWAPS[type(op)]()  # type: ignore[assignment]
        case ast.Name(id=name) if name in NAMES:
            node.id = NAMES[name]
        case ast.Constant(value=int(value)) if not isinstance(value, bool):
            node.value = value + 1
        case _:
            return False
    return True


def mutants(source: str) -> Iterator[tuple[int, str, str]]:
    """The line, what it becomes, and the whole broken module, for each place that can be broken."""
    tree = ast.parse(source)
    for number, _ in enumerate(ast.walk(tree)):
        broken = copy.deepcopy(tree)
        node = list(ast.walk(broken))[number]
        if change(node):
            yield getattr(node, "lineno", 0), ast.unparse(node), ast.unparse(broken)


def noticed(root: str) -> bool:
    """Whether a test fails; one that hangs has noticed too."""
    command = [sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", "--no-header", *TESTS]
    try:
        done = subprocess.run(
            command, cwd=root, env=os.environ | {"CI": "1"}, capture_output=True, timeout=120, check=False
        )
    except subprocess.TimeoutExpired:
        return True
    return done.returncode != 0


def main() -> int:
    """Print each survivor and how many there were of how many."""
    command = argparse.ArgumentParser(description=__doc__)
    command.add_argument("files", nargs="+", type=pathlib.Path)
    command.add_argument("--seconds", type=float, default=float("inf"))
    asked = command.parse_args()
    stop_at = time.monotonic() + asked.seconds
    tried = survived = 0
    with tempfile.TemporaryDirectory() as root:
        for name in TREE:
            (shutil.copytree if pathlib.Path(name).is_dir() else shutil.copy)(name, pathlib.Path(root, name))
        for file in asked.files:
            source = file.read_text()
            for line, text, broken in mutants(source):
                if time.monotonic() > stop_at:
                    break
                pathlib.Path(root, file).write_text(broken)
                tried += 1
                if not noticed(root):
                    survived += 1
                    print(f"{file}:{line}: {text}", flush=True)
            pathlib.Path(root, file).write_text(source)
    print(f"{survived} of {tried} survived")
    return 0


if __name__ == "__main__":
    sys.exit(main())
