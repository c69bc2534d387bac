# SPDX-License-Identifier: Apache-2.0
"""Commands that have to go well. Where the environment of the tests has uv, it takes pip's place, which is slower."""

import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
UV = shutil.which("uv", path=Path(sys.executable).parent) or shutil.which("uv")
CONSTRAINTS = ("--constraint", ROOT / "constraints.txt")


def run(*command: object, where: Path = ROOT) -> str:
    """What it printed."""
    done = subprocess.run(
        [str(word) for word in command], cwd=where, capture_output=True, text=True, check=False, timeout=280
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def pip(programs: Path, command: str, *words: object) -> str:
    """What pip does in the environment of these programs."""
    python = programs / "python"
    return run(*([UV, "pip", command, "--python", python] if UV else [python, "-m", "pip", command]), *words)


def only(folder: Path, pattern: str) -> Path:
    """The one file of this name."""
    [found] = folder.glob(pattern)
    return found
