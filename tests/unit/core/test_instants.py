# SPDX-License-Identifier: Apache-2.0
"""A whole second becomes text or a datetime and back."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from blazar_spot.core.instants import from_datetime, from_iso, iso, minute, to_datetime

INSTANT = 1_800_000_059
MOMENT = datetime(2027, 1, 15, 8, 0, 59, tzinfo=UTC)


def test_an_instant_is_a_moment_in_utc() -> None:
    assert to_datetime(INSTANT) == MOMENT
    assert to_datetime(INSTANT).tzinfo is UTC


def test_a_moment_anywhere_is_the_second_it_falls_into() -> None:
    assert from_datetime(MOMENT.replace(microsecond=999_999)) == INSTANT
    assert from_datetime(MOMENT.astimezone(timezone(timedelta(hours=5, minutes=30)))) == INSTANT


def test_a_moment_of_nobody_knows_which_zone_is_refused() -> None:
    with pytest.raises(ValueError, match=r"^datetime\.datetime\(2027, .* does not say which time zone it is in$"):
        from_datetime(MOMENT.replace(tzinfo=None))


def test_an_instant_is_written_by_its_minute_or_to_the_second() -> None:
    assert minute(INSTANT) == "2027-01-15 08:00"
    assert iso(INSTANT) == "2027-01-15T08:00:59Z"


def test_what_is_written_with_its_zone_is_read_and_nothing_else() -> None:
    assert from_iso(iso(INSTANT)) == from_iso("2027-01-15T09:00:59+01:00") == INSTANT
    for text in ("2027-01-15T08:00:59", "2027-02-30T08:00:00Z", "soon"):
        with pytest.raises(ValueError, match="."):
            from_iso(text)
