# SPDX-License-Identifier: Apache-2.0
"""A wheel and an sdist of this commit, and an environment in which the wheel is and nothing else."""

import shutil
import sys
import venv
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.functional.package.commands import CONSTRAINTS, ROOT, UV, only, pip, run


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder with both, built from a clone: building leaves files in the tree."""
    folder = tmp_path_factory.mktemp("package")
    run("git", "clone", "--quiet", ROOT, folder / "clone")
    installer = "uv" if UV else "pip"
    run(sys.executable, "-m", "build", "--installer", installer, "--outdir", folder, folder / "clone")
    return folder


@pytest.fixture(scope="session")
def installed(built: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The programs of an environment in which there is the wheel and what it asks for."""
    folder = tmp_path_factory.mktemp("environment")
    venv.create(folder, with_pip=UV is None)
    pip(folder / "bin", "install", "--quiet", *CONSTRAINTS, only(built, "*.whl"))
    yield folder / "bin"
    shutil.rmtree(folder)
