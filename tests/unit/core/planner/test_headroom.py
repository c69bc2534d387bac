# SPDX-License-Identifier: Apache-2.0
"""Which hosts stay free, and how long deletes take that are shared."""

import pytest

from blazar_spot.core.planner.headroom import headroom, shared_leads
from blazar_spot.core.policy import Policy

POLICY = Policy(lead_floor=10, delete_takes=3, delete_p99=5, parallel_deletes=2)


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


def test_claims_far_apart_do_not_share_the_deletes() -> None:
    assert shared_leads(POLICY, [(1000, 4), (2000, 2)]) == [11, 10]


def test_claims_that_evict_at_the_same_time_share_the_deletes() -> None:
    assert shared_leads(POLICY, [(1000, 4), (1005, 4)]) == [17, 17]


def test_a_lead_that_grows_may_meet_one_more_claim() -> None:
    # Alone the third needs 10 s and the first two end before that; together they reach it, and it them.
    assert shared_leads(POLICY, [(1000, 8), (1000, 8), (1018, 1)]) == [29, 29, 10]
    assert shared_leads(POLICY, [(1000, 8), (1000, 8), (1008, 1)]) == [32, 32, 32]
