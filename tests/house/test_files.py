# SPDX-License-Identifier: Apache-2.0
"""What files are called and how they begin."""

import pathlib

import pytest

SAYS_NOTHING = {"base", "common", "helper", "helpers", "misc", "service", "util", "utils"}
LICENCE = "# SPDX-License-Identifier: Apache-2.0"


def named_for_nothing(paths: list[pathlib.Path]) -> list[pathlib.Path]:
    """Those whose name would fit any content."""
    return [path for path in paths if SAYS_NOTHING & {path.stem, path.parent.name}]


def without_licence(paths: list[pathlib.Path]) -> list[pathlib.Path]:
    """Those whose licence is not on the first line, or the second below a #! line."""
    heads = {path: path.read_text().splitlines()[:2] for path in paths}
    return [path for path, head in heads.items() if LICENCE not in (head if head[:1] != [LICENCE] else [LICENCE])]


def test_every_file_has_a_name_that_says_something(sources: list[pathlib.Path]) -> None:
    assert named_for_nothing(sources) == []


@pytest.mark.parametrize("name", ["core/utils.py", "helpers/clock.py"])
def test_a_name_that_says_nothing_is_seen(name: str) -> None:
    assert named_for_nothing([pathlib.Path(name)]) == [pathlib.Path(name)]


def test_every_file_begins_with_its_licence(sources: list[pathlib.Path]) -> None:
    assert without_licence(sources) == []


def test_a_file_without_its_licence_is_seen(tmp_path: pathlib.Path) -> None:
    bare = tmp_path / "bare.py"
    bare.write_text('"""A module."""\n')
    assert without_licence([bare]) == [bare]
