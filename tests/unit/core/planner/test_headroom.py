# SPDX-License-Identifier: Apache-2.0
"""Which hosts stay free, and how long deletes take that are shared."""

from blazar_spot.core.model import Host, Reservation, Rules, Snapshot, Spot
from blazar_spot.core.planner.headroom import headroom, shared_leads
from blazar_spot.core.policy import Policy

POLICY = Policy(lead_floor=10, delete_takes=3, delete_p99=5, parallel_deletes=2)


def test_headroom_takes_the_hosts_with_the_least_work_that_stay_free_longest() -> None:
    snapshot = Snapshot(
        1000,
        Rules(0, 0, 0),
        tuple(Host(name, {}) for name in ("busy", "cheap", "empty", "reserved", "soon")),
        (Spot("s1", "busy", {}, 0, 9), Spot("s2", "cheap", {}, 0, 2)),
        (Reservation("r1", "reserved", 900, 1001), Reservation("r2", "soon", 1100, 1200)),
    )
    assert headroom(snapshot, 3) == ("empty", "soon", "cheap")
    assert headroom(snapshot, 9) == ("empty", "soon", "cheap", "busy")


def test_claims_far_apart_do_not_share_the_deletes() -> None:
    assert shared_leads(POLICY, [(1000, 4), (2000, 2)]) == [11, 10]


def test_claims_that_evict_at_the_same_time_share_the_deletes() -> None:
    assert shared_leads(POLICY, [(1000, 4), (1005, 4)]) == [17, 17]


def test_a_lead_that_grows_may_meet_one_more_claim() -> None:
    # Alone the third needs 10 s and the first two end before that; together they reach it, and it them.
    assert shared_leads(POLICY, [(1000, 8), (1000, 8), (1018, 1)]) == [29, 29, 10]
    assert shared_leads(POLICY, [(1000, 8), (1000, 8), (1008, 1)]) == [32, 32, 32]
