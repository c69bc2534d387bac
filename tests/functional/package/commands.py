# SPDX-License-Identifier: Apache-2.0
"""Commands that have to go well."""

import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]


def run(*command: object, where: Path = ROOT) -> str:
    """What it printed."""
    done = subprocess.run(
        [str(word) for word in command], cwd=where, capture_output=True, text=True, check=False, timeout=280
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def only(folder: Path, pattern: str) -> Path:
    """The one file of this name."""
    [found] = folder.glob(pattern)
    return found
