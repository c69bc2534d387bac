# SPDX-License-Identifier: Apache-2.0
"""The table of faults in the documentation has a row for each story that is played, and no other."""

import pathlib
import re

from tests.faults.stories import ALL

ROW = re.compile(r"^   \* - ``(\w+)``$", re.MULTILINE)


def test_the_table_and_the_stories_name_the_same_faults(root: pathlib.Path) -> None:
    table = (root / "doc/source/faults.rst").read_text()
    assert ROW.findall(table) == list(ALL)
