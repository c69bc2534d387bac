# SPDX-License-Identifier: Apache-2.0
"""Several at a time, in order, and nothing is forgotten."""

import threading

import pytest

from blazar_spot.enforcement.parallel import at_once


def test_those_who_are_many_are_met_at_the_same_time_and_told_in_order() -> None:
    together = threading.Barrier(3, timeout=30)

    def met(name: str) -> str:
        together.wait()
        return name * 2

    assert at_once(met, ["a", "b", "c"], 3) == ["aa", "bb", "cc"]


def test_one_alone_costs_no_thread() -> None:
    assert at_once(lambda _: threading.current_thread(), ["a"], 3) == [threading.current_thread()]
    assert at_once(lambda _: threading.current_thread(), [], 3) == []


@pytest.mark.parametrize("subjects", [["bad"], ["good", "bad", "good"]])
def test_what_one_raises_is_raised(subjects: list[str]) -> None:
    def act(name: str) -> None:
        if name == "bad":
            raise ValueError(name)

    with pytest.raises(ValueError, match="bad"):
        at_once(act, subjects, 3)
