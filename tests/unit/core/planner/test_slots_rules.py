# SPDX-License-Identifier: Apache-2.0
"""Slots on hosts that give some for nothing and some at a cost, and hosts that give too few at any time."""

from blazar_spot.core.model import Blocker, Choice, Host, Plan, Reservation, Rules, SlotRequest, Snapshot, Spot
from blazar_spot.core.planner import plan

RULES = Rules(notice=900, min_uptime=1800, lead=60)
PARTS = SlotRequest(start=5000, end=6000, count=2, size={"gpus": 1})


def test_a_host_gives_what_is_free_and_what_has_to_be_freed() -> None:
    world = Snapshot(0, RULES, (Host("a", {"gpus": 2}),), (Spot("s1", "a", {"gpus": 1}, 0, 3),))
    assert plan(world, PARTS).hosts == (Choice("a", 2, 3),)


def test_what_is_free_comes_first_from_the_roomiest_host() -> None:
    hosts = (Host("a", {"gpus": 1}), Host("b", {"gpus": 3}), Host("c", {"gpus": 2}))
    assert plan(Snapshot(0, RULES, hosts), PARTS).hosts == (Choice("b", 2, 0),)
    assert plan(Snapshot(0, RULES, hosts), SlotRequest(start=5000, end=6000, count=5, size={"gpus": 1})).hosts == (
        Choice("b", 3, 0),
        Choice("c", 2, 0),
    )


def test_a_refusal_names_each_host_that_gives_less_than_it_could() -> None:
    hosts = (Host("free", {"gpus": 1}), Host("held", {"gpus": 2}), Host("none", {}), Host("young", {"gpus": 1}))
    spots = (Spot("s1", "young", {"gpus": 1}, 4500, 1),)
    claims = (Reservation("r1", "held", 4000, 5500, {"gpus": 1}), Reservation("r2", "held", 4000, 5200, {"gpus": 1}))
    asked = SlotRequest(start=5000, end=6000, count=4, size={"gpus": 1})
    assert plan(Snapshot(4500, RULES, hosts, spots, claims), asked) == Plan(
        feasible=False,
        earliest_start=6360,
        blockers=(
            Blocker("held", "reservation", "r1", 5500),
            Blocker("none", "room", None, None),
            Blocker("young", "spot", "s1", 6360),
        ),
    )
