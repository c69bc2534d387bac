# SPDX-License-Identifier: Apache-2.0
"""Shell scripts are what shellcheck likes, and those for devstack what bashate, its own checker, likes."""

import pathlib
import subprocess
import sys

import pytest

DEVSTACK = ("devstack/plugin.sh", "devstack/settings")
HOOKS = ("examples/hooks/checkpoint", "examples/hooks/kubernetes", "examples/hooks/slurm")
OTHERS = (".ci/run", "tools/constraints.sh", "tests/unit/devstack/stand_ins.sh", *HOOKS)
LONGEST = 120
# A file that is sourced has no first line to run it by; how long a line may be is said here.
BASHATE = ("--error", ".", "--ignore", "E005,E006")


def judged(root: pathlib.Path, program: str, *words: str) -> tuple[int, str]:
    """The exit status, and what it says."""
    command = [str(pathlib.Path(sys.executable).with_name(program)), *words]
    done = subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout + done.stderr


def test_no_shell_script_is_left_out(root: pathlib.Path) -> None:
    listed = subprocess.run(["git", "ls-files"], cwd=root, capture_output=True, text=True, check=True).stdout.split()
    first_lines = {name: (root / name).read_bytes()[:60] for name in listed if (root / name).is_file()}
    scripts = {name for name, begins in first_lines.items() if name.endswith(".sh") or begins.startswith(b"#!/bin/")}
    assert scripts <= {*DEVSTACK, *OTHERS}


@pytest.mark.parametrize("script", [*DEVSTACK, *OTHERS])
def test_shellcheck_has_nothing_against_it(root: pathlib.Path, script: str) -> None:
    assert judged(root, "shellcheck", "--external-sources", script) == (0, "")


@pytest.mark.parametrize("script", DEVSTACK)
def test_bashate_has_nothing_against_it(root: pathlib.Path, script: str) -> None:
    status, said = judged(root, "bashate", *BASHATE, script)
    assert status == 0, said
    assert [line for line in (root / script).read_text().splitlines() if len(line) > LONGEST] == []


def test_a_script_that_is_badly_written_is_seen(root: pathlib.Path, tmp_path: pathlib.Path) -> None:
    script = tmp_path / "bad.sh"
    script.write_text("#!/bin/bash\nfunction f\n{\n   echo $1\n}\n")
    assert judged(root, "bashate", *BASHATE, str(script))[0] == 1
    assert judged(root, "shellcheck", str(script))[0] == 1
