# SPDX-License-Identifier: Apache-2.0
"""What an examination finds."""

import pytest

from blazar_spot.core.findings import Finding, Grade, bad, note, ok, some, unknown


def test_each_grade_has_its_word_and_all_but_the_good_one_say_what_to_do() -> None:
    assert ok("All is well.") == Finding(grade=Grade.OK, found="All is well.")
    assert note("Odd.", "Look.") == Finding(grade=Grade.NOTE, found="Odd.", fix="Look.")
    assert bad("Broken.", "Mend.") == Finding(grade=Grade.BAD, found="Broken.", fix="Mend.")
    assert unknown("Away.", "Ask.") == Finding(grade=Grade.UNKNOWN, found="Away.", fix="Ask.")


def test_what_is_bad_or_could_not_be_looked_at_is_wrong() -> None:
    assert [one.is_wrong for one in (ok("."), note(".", "."), bad(".", "."), unknown(".", "."))] == [0, 0, 1, 1]


@pytest.mark.parametrize(
    ("count", "told"),
    [(1, "h0"), (5, "h0, h1, h2, h3, h4"), (6, "h0, h1, h2, h3, h4 and 1 more")],
)
def test_of_many_names_the_first_are_told(count: int, told: str) -> None:
    assert some([f"h{number}" for number in range(count)]) == told
