# SPDX-License-Identifier: Apache-2.0
"""Which hosts are taken whole, and from when on they could be."""

from dataclasses import replace

from blazar_spot.core.model import Host, HostRequest, Reservation, Rules, Snapshot, Spot
from blazar_spot.core.planner import plan
from blazar_spot.core.planner.sites import Site
from blazar_spot.core.planner.whole import openings

ONE = HostRequest(start=1000, end=2000, count_min=1, count_max=1)
HOSTS = (Host("a", {"gpus": 8}), Host("b", {"gpus": 8}))
WORLD = Snapshot(0, Rules(notice=900, min_uptime=1800, lead=60), HOSTS)


def old(name: str, host: str, cost: int, evict_at: int | None = None) -> Spot:
    return Spot(name, host, {"gpus": 1}, -9999, cost, evict_at)


def taken(*spots: Spot) -> list[tuple[str, int, int]]:
    return [(choice.host, choice.slots, choice.cost) for choice in plan(replace(WORLD, spots=spots), ONE).hosts]


def test_a_host_costs_the_sum_of_its_instances() -> None:
    assert taken(old("s1", "a", 3), old("s2", "a", 3), old("s3", "b", 5)) == [("b", 1, 5)]


def test_of_two_hosts_that_cost_the_same_the_one_with_fewer_victims_is_taken() -> None:
    three = (old("s1", "a", 2), old("s2", "a", 2), old("s3", "a", 2))
    assert taken(*three, old("s4", "b", 3), old("s5", "b", 3)) == [("b", 1, 6)]


def test_an_instance_condemned_for_the_very_instant_makes_no_host_dearer() -> None:
    assert taken(old("s1", "a", 9, evict_at=940), old("s2", "b", 5)) == [("a", 1, 0)]
    assert taken(old("s1", "a", 9, evict_at=940), old("s2", "a", 7), old("s3", "b", 5)) == [("b", 1, 5)]


def test_a_young_instance_that_was_promised_less_by_its_flavor_may_go_in_time() -> None:
    short = Spot("s1", "a", {}, 900, 1, min_uptime=40)
    assert taken(short, old("s2", "b", 5)) == [("a", 1, 1)]
    assert taken(replace(short, min_uptime=41), old("s2", "b", 5)) == [("b", 1, 5)]


def test_an_instance_is_told_as_long_before_as_its_flavor_says_and_never_longer_than_the_policy() -> None:
    late = replace(WORLD, now=41, spots=(old("s1", "a", 1), old("s2", "b", 5)))
    assert plan(late, ONE).hosts == ()
    by_notice = {notice: replace(late, spots=(replace(late.spots[0], notice=notice),)) for notice in (899, 901)}
    assert plan(replace(by_notice[899], hosts=HOSTS[:1]), ONE).hosts[0].host == "a"
    assert plan(replace(by_notice[901], hosts=HOSTS[:1]), ONE).earliest_start == 1001


def blocker_of(world: Snapshot) -> tuple[str, str, int | None]:
    (found,) = plan(replace(world, hosts=HOSTS[:1]), ONE).blockers
    return found.kind, found.held_by or "", found.until


def test_what_blocks_a_host_longest_is_told() -> None:
    claims = (Reservation("r9", "a", 500, 1500), Reservation("r1", "a", 1400, 1900), Reservation("r3", "a", 1900, 1950))
    assert blocker_of(replace(WORLD, reservations=claims[:2])) == ("reservation", "r1", 1900)
    assert blocker_of(replace(WORLD, reservations=claims)) == ("reservation", "r3", 1950)
    young = (Spot("s9", "a", {}, 0, 1), Spot("s1", "a", {}, 100, 1))
    assert blocker_of(replace(WORLD, spots=young)) == ("spot", "s1", 1960)
    longer = Spot("s3", "a", {}, 200, 1)
    assert blocker_of(replace(WORLD, spots=(*young, longer))) == ("spot", "s3", 2060)


def test_a_gap_that_is_just_long_enough_is_found() -> None:
    def held(*gap: int) -> Snapshot:
        around = (Reservation("r1", "a", 0, gap[0]), Reservation("r2", "a", gap[1], 9000))
        return replace(WORLD, hosts=HOSTS[:1], reservations=around)

    assert plan(held(1100, 2100), ONE).earliest_start == 1100
    assert plan(held(1100, 2099), ONE).earliest_start == 9000


def test_a_window_may_start_in_a_gap_until_it_would_reach_the_next_reservation() -> None:
    site = Site(HOSTS[0], [], [Reservation("r1", "a", 0, 10), Reservation("r2", "a", 20, 30)])
    assert list(openings(WORLD, site, start=0, length=5)) == [(10, 1), (16, 0), (30, 1)]
    assert list(openings(WORLD, site, start=12, length=4)) == [(12, 1), (17, 0), (30, 1)]


def test_a_host_that_could_be_had_is_no_blocker_when_others_are_missing() -> None:
    just = replace(WORLD, spots=(Spot("s1", "a", {}, 940 - 1800, 1), Spot("s2", "b", {}, 941 - 1800, 1)))
    refused = plan(just, replace(ONE, count_min=2, count_max=2))
    assert [(block.host, block.kind, block.held_by, block.until) for block in refused.blockers] == [
        ("b", "spot", "s2", 1001)
    ]
