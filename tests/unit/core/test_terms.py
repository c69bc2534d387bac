# SPDX-License-Identifier: Apache-2.0
"""A flavor may promise less than the policy, and never more."""

import pytest

from blazar_spot.core.policy import Policy
from blazar_spot.core.terms import MIN_UPTIME, NOTICE, disregarded, own

POLICY = Policy(min_uptime=1800, notice=900)
YEAR = 366 * 24 * 3600


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("600", 600), ("600s", 600), ("10m", 600), ("10 min", 600), (" 1H ", 3600), ("0", 0), ("999999999h", YEAR)],
)
def test_a_time_is_so_many_seconds_minutes_or_hours(text: str, seconds: int) -> None:
    assert own({MIN_UPTIME: text}, MIN_UPTIME) == seconds


@pytest.mark.parametrize("text", ["", "-5", "1.5h", "soon", "10 days", "9999999999", "1h30m", "\u0661\u0660"])
def test_whatever_else_is_no_time(text: str) -> None:
    assert own({NOTICE: text}, NOTICE) is None


def test_a_flavor_that_says_nothing_has_none() -> None:
    assert own({MIN_UPTIME: "5"}, NOTICE) is None


@pytest.mark.parametrize(("said", "holds"), [(None, 1800), (0, 0), (1799, 1799), (1801, 1800)])
def test_the_shorter_one_holds(said: int | None, holds: int) -> None:
    assert POLICY.min_uptime_of(said) == holds
    assert Policy(min_uptime=3600, notice=1800).notice_of(said) == holds


def test_what_does_not_hold_is_said_of_each_value() -> None:
    assert disregarded({MIN_UPTIME: "1800", NOTICE: "900s"}, POLICY) == []
    assert disregarded({MIN_UPTIME: "1801", NOTICE: "901"}, POLICY) == [
        "spot:min_uptime='1801' is longer than the policy's 1800 s, which hold",
        "spot:notice='901' is longer than the policy's 900 s, which hold",
    ]
    assert disregarded({NOTICE: "never\n"}, POLICY) == [
        "spot:notice='never\\n' is not a time such as 600, 600s, 10m or 1h; 900 s hold"
    ]
