# SPDX-License-Identifier: Apache-2.0
"""From when to when a host can give how much."""

from blazar_spot.core.model import Host, Reservation, Rules, Spot
from blazar_spot.core.planner.capacity import Ask, openings
from blazar_spot.core.planner.sites import Site

ASK = Ask(now=0, rules=Rules(notice=900, min_uptime=1800, lead=60), size={"gpus": 1}, length=1000, per_host=9)
HOST = Host("h", {"gpus": 4})


def test_a_host_gives_less_from_the_first_second_in_which_the_window_meets_a_reservation() -> None:
    site = Site(HOST, [], [Reservation("r", "h", 5000, 6000, {"gpus": 3})])
    assert list(openings(ASK, site, 3000, 1)) == [(3000, 4), (4001, 1), (5000, 1), (6000, 4)]
    assert list(openings(ASK, site, 4001, 1)) == [(4001, 1), (5000, 1), (6000, 4)]
    assert list(openings(ASK, site, 5500, 1)) == [(5500, 1), (6000, 4)]


def test_a_host_gives_more_when_an_instance_gives_way() -> None:
    site = Site(HOST, [Spot("s1", "h", {"gpus": 1}, 0, 1), Spot("s2", "h", {"gpus": 2}, 0, 1, evict_at=1000)])
    assert list(openings(ASK, site, 500, 1)) == [(500, 1), (1060, 3), (1860, 4)]


def test_only_whole_units_count() -> None:
    assert list(openings(ASK, Site(HOST), 500, 3)) == [(500, 1)]
