# SPDX-License-Identifier: Apache-2.0
"""Steps of several hosts played in the order of time."""

from blazar_spot.core.model import Host, HostRequest, Rules, Snapshot
from blazar_spot.core.planner import plan
from blazar_spot.core.planner.earliest import earliest


def test_one_second_counts_as_a_whole() -> None:
    rises, falls = [(0, 0), (5, 1)], [(0, 1), (5, 0)]
    assert earliest([iter(rises), iter(falls)], 2) is None
    assert earliest([iter(falls), iter(rises)], 2) is None
    assert earliest([iter(rises), iter(falls)], 1) == 0


def test_the_first_second_with_enough_is_found_in_a_gap() -> None:
    assert earliest([iter([(0, 1), (3, 0), (8, 1)]), iter([(0, 0), (7, 2), (8, 1)])], 2) == 7


def test_no_hosts_never_give_anything() -> None:
    assert earliest([], 1) is None


def test_a_resource_that_a_host_does_not_name_is_not_there() -> None:
    world = Snapshot(0, Rules(0, 0, 0), (Host("h", {"gpus": 1}),))
    asked = HostRequest(start=0, end=1, count_min=1, count_max=1, min_cap={"fpgas": 1})
    assert not plan(world, asked).feasible
