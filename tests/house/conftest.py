# SPDX-License-Identifier: Apache-2.0
"""The source tree as the house rules see it."""

import pathlib

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
GENERATED = {".venv", ".git", ".tox", "build"}


@pytest.fixture(scope="session")
def root() -> pathlib.Path:
    """The top of the source tree."""
    return ROOT


@pytest.fixture(scope="session")
def sources(root: pathlib.Path) -> list[pathlib.Path]:
    """Every Python file that is ours."""
    found = [path for path in root.rglob("*.py") if not GENERATED & set(path.relative_to(root).parts)]
    assert found
    return sorted(found)
