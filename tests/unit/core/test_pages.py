# SPDX-License-Identifier: Apache-2.0
"""Long lists, read page by page."""

import pytest

from blazar_spot.core.pages import Mark, page


def mark(name: str) -> Mark:
    return Mark(ord(name), name)


@pytest.mark.parametrize(
    ("asked", "found", "more_after"),
    [("", "", None), ("a", "a", None), ("ab", "ab", None), ("abc", "ab", Mark(98, "b"))],
)
def test_a_page_ends_at_its_last_one_if_there_is_one_more(asked: str, found: str, more_after: Mark | None) -> None:
    read = page(asked, 2, mark)
    assert (read.found, read.more_after) == (found, more_after)
