# SPDX-License-Identifier: Apache-2.0
"""Which hosts stay free of spot instances."""

import pytest

from blazar_spot.core.planner.headroom import headroom


def test_headroom_takes_empty_hosts_first_and_of_these_the_ones_that_stay_free_longest() -> None:
    hosts = ["busy", "cheap", "empty", "soon"]
    spots, starts = {"busy": 9, "cheap": 2}, {"soon": 1100, "cheap": 1200}
    ranked = [headroom(hosts, count, spots, starts, frozenset()) for count in range(6)]
    assert ranked == [
        frozenset(),
        {"empty"},
        {"empty", "soon"},
        {"empty", "soon", "cheap"},
        frozenset(hosts),
        frozenset(hosts),
    ]


@pytest.mark.parametrize("spots", [{}, {"a": 2, "b": 2}, {"a": 1, "b": 3}])
def test_headroom_stays_where_it_is_unless_something_better_comes_up(spots: dict[str, int]) -> None:
    assert headroom(["a", "b"], 1, spots, {}, {"b"}) == {"b"}
    assert headroom(["a", "b", "c"], 1, {"b": 1, "c": 1, **spots, "a": 0}, {}, {"b"}) == {"a"}
    assert headroom(["a", "b"], 1, {}, {"b": 1000}, {"b"}) == {"a"}
