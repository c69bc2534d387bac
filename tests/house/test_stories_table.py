# SPDX-License-Identifier: Apache-2.0
"""The table of stories in the documentation has a row for each story that is played on a real cloud, and no other."""

import pathlib
import re

from tests.e2e import programme
from tests.settings import conftest as settings

ROW = re.compile(r"^   \* - (``\w+``(?:, ``\w+``)*)$", re.MULTILINE)


def test_the_table_and_the_programme_name_the_same_stories(root: pathlib.Path) -> None:
    table = (root / "doc/source/stories.rst").read_text()
    played = {story for lanes in (programme.LANES, settings.LANES) for lane in lanes.values() for story in lane.plays}
    assert {name for row in ROW.findall(table) for name in re.findall(r"\w+", row)} == played
