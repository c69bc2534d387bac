# SPDX-License-Identifier: Apache-2.0
"""The source tree as the house rules see it."""

import pathlib

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
OURS = ("bench", "blazar_spot", "doc/source", "examples", "guest", "tests", "tools")


@pytest.fixture(scope="session")
def root() -> pathlib.Path:
    """The top of the source tree."""
    return ROOT


@pytest.fixture(scope="session")
def sources(root: pathlib.Path) -> list[pathlib.Path]:
    """Every Python file that is ours."""
    folders = [root / name for name in OURS]
    assert all(folder.is_dir() for folder in folders)
    return sorted(path for folder in folders for path in folder.rglob("*.py"))
