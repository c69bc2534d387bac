# SPDX-License-Identifier: Apache-2.0
"""What is said about each host and each instance, word by word, and the numbers that go with it."""

from collections.abc import Mapping
from dataclasses import replace

import pytest

from blazar_spot.core.model import Host, HostRequest, Plan, Request, Reservation, Rules, SlotRequest, Snapshot, Spot
from blazar_spot.core.planner import plan
from blazar_spot.core.planner.reasons import Reason, explain, table

A100 = {"model": "A100"}
WORLD = Snapshot(
    0,
    Rules(notice=900, min_uptime=1800, lead=60),
    (
        Host("young", {"gpus": 8}, A100),
        Host("cheap", {"gpus": 8}, A100),
        Host("dear", {"gpus": 8}, A100),
        Host("nameless", {"gpus": 8}),
        Host("other", {"gpus": 8}, {"model": "V100"}),
        Host("reserved", {"gpus": 8}, A100),
        Host("small", {"gpus": 2}, A100),
        Host("without", {}, A100),
    ),
    (
        Spot("s3", "dear", {"gpus": 8}, -9999, 50),
        Spot("s1", "cheap", {"gpus": 4}, -9999, 5),
        Spot("s2", "cheap", {"gpus": 4}, -9999, 6),
        Spot("s4", "young", {"gpus": 8}, -1, 1),
    ),
    (Reservation("r", "reserved", 0, 5000),),
)
WHOLE = HostRequest(start=1000, end=2000, count_min=1, count_max=1, props=A100, min_cap={"gpus": 3})
PARTS = SlotRequest(start=1000, end=2000, count=4, size={"gpus": 1}, props=A100)


def reasons(request: Request, *more: Spot) -> dict[str, Reason]:
    world = replace(WORLD, spots=WORLD.spots + more)
    return {reason.id: reason for reason in explain(world, request, plan(world, request))}


def said(reason: Reason) -> tuple[str, str, Mapping[str, object]]:
    return reason.code, reason.sentence, reason.data


def test_hosts_come_before_instances_and_both_in_the_order_of_their_ids() -> None:
    found = explain(WORLD, WHOLE, plan(WORLD, WHOLE))
    names = ["cheap", "dear", "nameless", "other", "reserved", "small", "without", "young", "s1", "s2", "s3", "s4"]
    assert [reason.id for reason in found] == names
    assert [reason.subject for reason in found] == ["host"] * 8 + ["spot"] * 4


@pytest.mark.parametrize(
    "asked", [WHOLE, replace(WHOLE, count_min=9, count_max=9), PARTS, replace(PARTS, affinity=True)]
)
def test_every_reason_says_whether_it_is_about_a_host_or_an_instance(asked: Request) -> None:
    more = Spot("s5", "cheap", {}, -9999, 6, evict_at=940), Spot("s6", "cheap", {}, -1, 6)
    hosts = {host.id for host in WORLD.hosts}
    found = reasons(asked, *more).values()
    assert {reason.id for reason in found if reason.subject == "host"} == hosts
    assert {reason.id for reason in found if reason.subject == "spot"} == {f"s{number}" for number in range(1, 7)}


def test_a_host_that_is_taken_whole() -> None:
    expected = ("chosen", "cheap is taken whole; that costs 11.", {"slots": 1, "cost": 11})
    assert said(reasons(WHOLE)["cheap"]) == expected


@pytest.mark.parametrize(("count", "slots"), [(2, "2 slots"), (1, "1 slot")])
def test_a_host_that_is_taken_in_part(count: int, slots: str) -> None:
    expected = ("chosen", f"small is taken for {slots}; that costs 0.", {"slots": count, "cost": 0})
    assert said(reasons(replace(PARTS, count=count))["small"]) == expected


def test_a_host_of_another_kind() -> None:
    sentence = "other is of another kind: model is V100, and A100 is asked for."
    assert said(reasons(WHOLE)["other"]) == ("other_kind", sentence, {"model": "V100"})
    sentence = "nameless is of another kind: it has no model, and A100 is asked for."
    assert said(reasons(WHOLE)["nameless"]) == ("other_kind", sentence, {"model": None})


def test_the_kind_that_is_named_is_the_one_that_differs() -> None:
    asked = replace(WHOLE, props={"rack": "r1", "model": "A100"})
    world = replace(WORLD, hosts=(Host("h", {"gpus": 8}, {"rack": "r1", "model": "V100"}),), spots=(), reservations=())
    (reason,) = explain(world, asked, plan(world, asked))
    assert reason.data == {"model": "V100"}


def test_a_host_that_is_too_small_for_what_is_asked_of_it() -> None:
    assert said(reasons(WHOLE)["small"]) == ("too_small", "small has 2 gpus, less than 3.", {"gpus": 2})
    assert said(reasons(WHOLE)["without"]) == ("too_small", "without has 0 gpus, less than 3.", {"gpus": 0})
    one = replace(WHOLE, min_cap={"gpus": 1})
    assert said(reasons(one)["without"]) == ("too_small", "without has 0 gpus, less than 1.", {"gpus": 0})


def test_the_resource_that_is_named_is_the_one_that_falls_short() -> None:
    asked = replace(WHOLE, min_cap={"gpus": 2, "cpus": 1})
    assert said(reasons(asked)["small"]) == ("too_small", "small has 0 cpus, less than 1.", {"cpus": 0})


def test_a_host_that_costs_more() -> None:
    sentence = "dear is passed over: it would cost 50; the chosen hosts cost 11 in all."
    assert said(reasons(WHOLE)["dear"]) == ("dearer", sentence, {"cost": 50})
    sentence = "dear is passed over: a slot on it would cost 50; the chosen hosts cost 5 in all."
    assert said(reasons(PARTS)["dear"]) == ("dearer", sentence, {"cost": 50})
    sentence = "dear is passed over: all slots on it would cost 50; the chosen hosts cost 5 in all."
    assert said(reasons(replace(PARTS, affinity=True))["dear"]) == ("dearer", sentence, {"cost": 50})


def test_a_host_that_costs_no_more_and_is_not_needed() -> None:
    asked = replace(WHOLE, min_cap={}, props={})
    sentence = "other is passed over: it would cost 0; the chosen hosts cost 0 in all."
    assert said(reasons(asked)["other"]) == ("not_needed", sentence, {"cost": 0})


@pytest.mark.parametrize(("evict_at", "cost"), [(940, 0), (941, 99)])
def test_a_host_whose_condemned_instances_cost_nothing(evict_at: int, cost: int) -> None:
    condemned = Spot("s5", "other", {}, -9999, 99, evict_at=evict_at)
    assert reasons(replace(WHOLE, min_cap={}, props={}), condemned)["other"].data == {"cost": cost}


def test_a_host_is_judged_by_a_single_slot() -> None:
    assert reasons(replace(PARTS, count=1, props={}))["other"].code == "not_needed"


def test_a_host_that_alone_is_not_enough() -> None:
    asked = replace(WHOLE, count_min=9, count_max=9)
    sentence = "cheap could be taken, but too few others could."
    assert said(reasons(asked)["cheap"]) == ("not_enough", sentence, {"cost": 11})
    sentence = "cheap could give slots, but all hosts together give too few."
    assert said(reasons(replace(PARTS, count=99))["cheap"]) == ("not_enough", sentence, {"cost": 5})


@pytest.mark.parametrize("asked", [WHOLE, PARTS])
def test_a_host_that_is_held(asked: Request) -> None:
    found = reasons(asked)
    sentence = "reserved is held by reservation r until 5000."
    assert said(found["reserved"]) == ("reserved", sentence, {"held_by": "r", "until": 5000})
    sentence = "young is held by s4, which may go only for a start at 1859 or later."
    assert said(found["young"]) == ("promised", sentence, {"held_by": "s4", "until": 1859})


def test_a_host_that_gives_too_little_at_any_time() -> None:
    nothing = {"held_by": None, "until": None}
    assert said(reasons(PARTS)["without"]) == (
        "no_room",
        "without would give too little even if it were empty.",
        nothing,
    )
    assert reasons(PARTS)["small"].code == "chosen"
    assert reasons(replace(PARTS, affinity=True))["small"].code == "no_room"


@pytest.mark.parametrize(("count", "code"), [(2, "not_needed"), (3, "no_room")])
def test_a_host_must_give_all_slots_if_they_belong_together(count: int, code: str) -> None:
    assert reasons(replace(PARTS, affinity=True, count=count, props={}))["small"].code == code


def test_an_instance_that_goes() -> None:
    sentence = "s1 goes: it is told at 40 and evicted at 940, after 10939 s; that costs 5."
    assert said(reasons(PARTS)["s1"]) == ("victim", sentence, {"cost": 5, "notice_at": 40, "evict_at": 940})


def test_an_instance_that_goes_anyway() -> None:
    for evict_at, code in ((940, "condemned"), (941, "victim")):
        assert reasons(WHOLE, Spot("s5", "cheap", {}, -9999, 0, evict_at=evict_at))["s5"].code == code
    sentence = "s5 goes at 940 by an earlier decision and costs nothing."
    gone = Spot("s5", "cheap", {}, -9999, 6, evict_at=940)
    assert said(reasons(WHOLE, gone)["s5"]) == ("condemned", sentence, {"evict_at": 940})


def test_an_instance_on_a_host_that_gives_nothing() -> None:
    assert said(reasons(PARTS)["s3"]) == ("spared_host", "s3 stays: dear gives nothing.", {"host": "dear"})


def test_an_instance_beside_those_that_go() -> None:
    sentence = "s2 stays: cheap has room enough without evicting it."
    assert said(reasons(PARTS)["s2"]) == ("spared", sentence, {"cost": 6})


def test_an_instance_that_may_not_go_yet() -> None:
    sentence = "s6 stays: it may not be evicted before 941."
    assert said(reasons(PARTS, Spot("s6", "cheap", {}, -859, 9))["s6"]) == (
        "promised",
        sentence,
        {"evictable_from": 941},
    )
    assert reasons(PARTS, Spot("s6", "cheap", {}, -860, 9))["s6"].code == "spared"


def test_a_plan_that_takes_nothing_makes_every_cost_dearer() -> None:
    empty = Plan(feasible=True)
    free = replace(WORLD, spots=(Spot("s1", "cheap", {}, -9999, 1),))
    found = {reason.id: reason.code for reason in explain(free, WHOLE, empty)}
    assert (found["cheap"], found["dear"]) == ("dearer", "not_needed")


def test_the_table_is_aligned() -> None:
    lines = table([Reason("host", "h1", "chosen", "One."), Reason("spot", "s100", "spared_host", "Two.")])
    assert list(lines) == ["host  h1    chosen       One.", "spot  s100  spared_host  Two."]
    assert list(table([])) == []
