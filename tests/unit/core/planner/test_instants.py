# SPDX-License-Identifier: Apache-2.0
"""Exactly enough, and one second short of it."""

from dataclasses import replace

import pytest

from blazar_spot.core.model import Host, HostRequest, Request, Reservation, Rules, SlotRequest, Snapshot, Spot
from blazar_spot.core.planner import plan

RULES = Rules(notice=900, min_uptime=1800, lead=60)
OLD = Spot("s", "h", {"gpus": 8}, launched_at=-9999, cost=7)
WORLD = Snapshot(0, RULES, (Host("h", {"gpus": 8}),), (OLD,))
WHOLE = HostRequest(start=960, end=2000, count_min=1, count_max=1)
PART = SlotRequest(start=960, end=2000, count=1, size={"gpus": 1})
BOTH = pytest.mark.parametrize("request_", [WHOLE, PART])


def moved(request: Request, seconds: int) -> Request:
    return replace(request, start=request.start + seconds, end=request.end + seconds)


@BOTH
def test_a_victim_is_told_and_evicted_as_late_as_may_be(request_: Request) -> None:
    victim = plan(WORLD, moved(request_, 100)).victims[0]
    assert (victim.notice_at, victim.evict_at) == (100, 1000)


@BOTH
def test_notice_that_is_just_long_enough_is_enough(request_: Request) -> None:
    assert plan(WORLD, request_).feasible
    refused = plan(WORLD, moved(request_, -1))
    assert (refused.feasible, refused.earliest_start) == (False, 960)


@BOTH
def test_uptime_that_is_just_long_enough_is_enough(request_: Request) -> None:
    young = replace(WORLD, spots=(replace(OLD, launched_at=-800),))
    refused = plan(young, moved(request_, 99))
    assert (refused.feasible, refused.earliest_start) == (False, 1060)
    assert refused.blockers[0].held_by == "s"
    assert refused.blockers[0].until == 1060
    assert plan(young, moved(request_, 100)).feasible


@BOTH
def test_whoever_is_condemned_by_then_costs_nothing(request_: Request) -> None:
    condemned = replace(WORLD, spots=(replace(OLD, evict_at=900),))
    assert plan(condemned, request_).victims == ()
    late = replace(WORLD, spots=(replace(OLD, evict_at=901),))
    assert plan(late, request_).cost == 7


@BOTH
def test_a_window_may_touch_a_reservation_but_not_overlap_it(request_: Request) -> None:
    before = Reservation("r1", "h", 0, 960)
    after = Reservation("r2", "h", 2000, 3000)
    assert plan(replace(WORLD, reservations=(before, after)), request_).feasible
    longer = replace(before, end=961)
    refused = plan(replace(WORLD, reservations=(longer,)), request_)
    assert (refused.earliest_start, refused.blockers[0].held_by, refused.blockers[0].until) == (961, "r1", 961)
    between = plan(replace(WORLD, reservations=(longer, after)), request_)
    assert between.earliest_start == 3000


def test_a_request_that_no_host_could_ever_serve_has_no_earliest_start() -> None:
    assert plan(WORLD, replace(WHOLE, count_min=2, count_max=2)).earliest_start is None
    assert plan(WORLD, replace(PART, size={"gpus": 9})).earliest_start is None
    assert plan(WORLD, replace(PART, size={"gpus": 9})).blockers[0].kind == "room"


def test_the_near_start_of_another_reservation_counts_by_itself() -> None:
    # The other one's victims are told already: "late" goes for it at 1000, "stays" goes for nobody.
    late = Spot("late", "h", {"gpus": 2}, launched_at=0, cost=1, evict_at=1000)
    stays = Spot("stays", "h", {"gpus": 2}, launched_at=0, cost=1)
    other = Reservation("r", "h", 1060, 5000, {"gpus": 4})
    world = replace(WORLD, now=200, spots=(late, stays), reservations=(other,))
    asked = replace(PART, start=1000, end=3000, size={"gpus": 2})
    assert plan(world, asked).feasible
    assert plan(replace(world, spots=(replace(late, evict_at=1001), stays)), asked).feasible is False


def test_as_many_hosts_as_possible_and_never_fewer_than_the_minimum() -> None:
    hosts = tuple(Host(name, {"gpus": 8}) for name in ("a", "b", "c"))
    spots = (Spot("s1", "a", {}, -9999, 5), Spot("s2", "b", {}, -9999, 3), Spot("young", "c", {}, 0, 1))
    world = Snapshot(0, RULES, hosts, spots)
    both = plan(world, replace(WHOLE, count_min=1, count_max=3))
    assert [choice.host for choice in both.hosts] == ["b", "a"]
    assert not plan(world, replace(WHOLE, count_min=3, count_max=3)).feasible


def test_one_large_instance_may_pay_for_several_slots() -> None:
    spots = (OLD, *(Spot(f"t{number}", "i", {"gpus": 1}, -9999, 2) for number in range(8)))
    world = replace(WORLD, hosts=(*WORLD.hosts, Host("i", {"gpus": 8})), spots=spots)
    assert plan(world, replace(PART, count=3)).cost == 6
    four = plan(world, replace(PART, count=4))
    assert (four.cost, [choice.host for choice in four.hosts]) == (7, ["h"])
    assert plan(world, replace(PART, count=10)).cost == 7 + 2 * 2
