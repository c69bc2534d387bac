# SPDX-License-Identifier: Apache-2.0
"""Claims that are decided together: who gets which host when that is not what each would take alone."""

from dataclasses import replace

import pytest

from blazar_spot.core.model import Choice, Host, HostRequest, Rules, SlotRequest, Snapshot, Spot, Victim
from blazar_spot.core.planner import bind, joint

NOW = 4000
RULES = Rules(notice=900, min_uptime=1800, lead=60)
FIRST = HostRequest(start=5000, end=9000, count_min=1, count_max=1)
SECOND = replace(FIRST, start=7000)
PARTS = SlotRequest(start=5000, end=5500, count=1, size={"gpus": 1})
BETWEEN = 6000
"""Who is condemned to go then is in the way of the first claim, and not of the second."""


def spot(name: str, host: str, cost: int, evict_at: int | None = None, launched_at: int = 0) -> Spot:
    return Spot(name, host, {"gpus": 1}, launched_at, cost, evict_at)


def world(*spots: Spot, hosts: str = "ab") -> Snapshot:
    return Snapshot(NOW, RULES, tuple(Host(name, {"gpus": 2}) for name in hosts), spots)


def test_how_much_of_a_host_a_claim_may_have() -> None:
    assert list(joint.amounts(FIRST)) == [1]
    assert list(joint.amounts(replace(PARTS, count=3))) == [1, 2, 3]
    assert list(joint.amounts(replace(PARTS, count=3, max_per_host=2))) == [1, 2]
    assert list(joint.amounts(replace(PARTS, count=3, affinity=True))) == [3]
    assert list(joint.amounts(replace(PARTS, count=3, affinity=False))) == [1]


@pytest.mark.parametrize(
    ("on_a", "on_b", "cost", "hosts"),
    [
        # For the first claim host a costs 2 and for the second nothing; host b costs both of them 5.
        ([("s1", "a", 2, BETWEEN)], [("s2", "b", 5)], 5, "ba"),
        # For the first claim host a costs 2 and for the second 1; host b costs them 5 and 1.
        ([("s1", "a", 1), ("s2", "a", 1, BETWEEN)], [("s3", "b", 1), ("s4", "b", 4, BETWEEN)], 3, "ab"),
    ],
)
def test_each_claim_gets_the_host_with_which_all_together_cost_least(
    on_a: list[tuple[str, str, int]], on_b: list[tuple[str, str, int]], cost: int, hosts: str
) -> None:
    bound = bind(world(*(spot(*one) for one in on_a + on_b)), [FIRST, SECOND])
    assert (bound.is_best, bound.cost) == (True, cost)
    assert "".join(plan.hosts[0].host for plan in bound.plans) == hosts


def test_claims_of_slots_may_share_a_host_and_take_none_that_has_no_room() -> None:
    hosts = (Host("a", {"gpus": 2}), Host("none", {}))
    bound = bind(replace(world(), hosts=hosts), [PARTS, replace(PARTS, end=5600)])
    assert (bound.is_best, [plan.hosts for plan in bound.plans]) == (True, [(Choice("a", 1, 0),)] * 2)


def test_all_who_are_on_a_host_have_to_go() -> None:
    bound = bind(world(spot("s1", "a", 3), spot("s2", "a", 3), spot("s3", "b", 4)), [FIRST])
    assert bound.plans[0].hosts == (Choice("b", 1, 4),)


def test_who_is_condemned_to_go_a_second_too_late_has_to_go_earlier() -> None:
    late, in_time = spot("s1", "a", 3, evict_at=4941), spot("s2", "a", 7, evict_at=4940)
    bound = bind(world(late, in_time, hosts="a"), [FIRST])
    assert bound.cost == 3
    assert bound.plans[0].victims == (Victim("s1", "a", 3, notice_at=4040, evict_at=4940),)


def test_hosts_of_which_one_is_dearer_because_somebody_goes_too_late() -> None:
    bound = bind(world(spot("s1", "a", 3, evict_at=4941), spot("s2", "b", 2)), [FIRST])
    assert bound.plans[0].hosts == (Choice("b", 1, 2),)


def test_nobody_is_sent_away_for_the_first_claim_who_may_go_only_for_the_second() -> None:
    old, young = spot("s1", "a", 9), spot("s2", "a", 1, launched_at=3200)
    bound = bind(world(old, young, hosts="a"), [PARTS, replace(PARTS, start=7000, end=7500)])
    assert (bound.is_best, bound.cost) == (True, 9)
    assert [[victim.id for victim in plan.victims] for plan in bound.plans] == [["s1"], []]


@pytest.mark.parametrize(("limit", "is_best"), [(2, True), (1, False)])
def test_only_so_much_work_is_put_into_it(monkeypatch: pytest.MonkeyPatch, limit: int, is_best: bool) -> None:
    monkeypatch.setattr(joint, "STEPS", limit)
    assert bind(world(hosts="a"), [FIRST]).is_best is is_best


@pytest.mark.parametrize(("limit", "is_best"), [(16, True), (15, False)])
def test_what_is_left_of_each_claim_is_multiplied_by_what_hosts_can_give(
    monkeypatch: pytest.MonkeyPatch, limit: int, is_best: bool
) -> None:
    """Each claim may be open or served (4 ways), and each of two hosts may be given to either (4 more)."""
    monkeypatch.setattr(joint, "STEPS", limit)
    assert bind(world(), [FIRST, SECOND]).is_best is is_best


@pytest.mark.parametrize(("limit", "is_best"), [(2, True), (1, False)])
def test_only_so_many_combinations_are_looked_at(monkeypatch: pytest.MonkeyPatch, limit: int, is_best: bool) -> None:
    monkeypatch.setattr(joint, "COMBINATIONS", limit)
    assert bind(world(hosts="ab"), [FIRST]).is_best is is_best
