# SPDX-License-Identifier: Apache-2.0
"""What is no snapshot is refused with the name of the field."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given

from blazar_spot.core.fields import BadSnapshot
from blazar_spot.core.model import (
    Blocker,
    Choice,
    HostRequest,
    Plan,
    Request,
    SlotRequest,
    Snapshot,
    Victim,
)
from blazar_spot.core.snapshot import plan_as_json, read
from tests.property.planner_worlds import cases


def good() -> dict[str, Any]:
    return {
        "format": "blazar-spot-snapshot/1",
        "id": "case",
        "now": 100,
        "policy": {"notice_s": 900, "min_uptime_s": 1800, "evict_lead_s": 60},
        "hosts": [{"id": "h1", "cap": {"gpus": 8}, "props": {"gpu_model": "A100"}}],
        "spots": [
            {"id": "s1", "host": "h1", "size": {"gpus": 1}, "launched_at": 50, "cost": 3, "evict_at": None},
        ],
        "reservations": [{"id": "r1", "host": "h1", "start": 5000, "end": 6000, "size": None}],
        "request": {
            "kind": "instance",
            "count": 2,
            "start": 2000,
            "end": 3000,
            "props": {},
            "min_cap": {},
            "size": {"gpus": 1},
            "affinity": None,
            "max_per_host": None,
        },
    }


def text(change: Callable[[dict[str, Any]], object] | None = None) -> str:
    value = good()
    if change is not None:
        change(value)
    return json.dumps(value)


def put(path: str, value: object) -> Callable[[dict[str, Any]], object]:
    *steps, last = [int(step) if step.isdigit() else step for step in path.split(".")]

    def change(case: Any) -> None:
        for step in steps:
            case = case[step]
        case[last] = value

    return change


@pytest.mark.parametrize(
    ("path", "value", "sentence"),
    [
        ("format", "other/2", "format must be 'blazar-spot-snapshot/1'."),
        ("now", 1.5, "now must be a whole number."),
        ("now", True, "now must be a whole number."),
        ("now", 2**63, "now must not be beyond 9223372036854775807."),
        ("now", -(2**63), "now must not be beyond 9223372036854775807."),
        ("id", 7, "id must be a string that is not empty."),
        ("policy", None, "policy must be an object."),
        ("policy.notice_s", -1, "policy.notice_s must be at least 0."),
        ("policy.min_uptime_s", -1, "policy.min_uptime_s must be at least 0."),
        ("policy.evict_lead_s", -1, "policy.evict_lead_s must be at least 0."),
        ("policy.notice", 900, "policy.notice is not a known field."),
        ("hosts.0.gpus", 8, "hosts[0].gpus is not a known field."),
        ("hosts", {}, "hosts must be a list."),
        ("hosts.0", 7, "hosts[0] must be an object."),
        ("hosts.0.id", "", "hosts[0].id must be a string that is not empty."),
        ("hosts.0.cap", None, "hosts[0].cap must be an object of whole numbers."),
        ("hosts.0.cap.gpus", -1, "hosts[0].cap.gpus must be a whole number from 0 to 9223372036854775807."),
        ("hosts.0.props", [], "hosts[0].props must be an object of strings."),
        ("hosts.0.props.gpu_model", 3, "hosts[0].props.gpu_model must be a string."),
        ("spots.0.host", "h9", "spots[0].host names 'h9', which is not among the hosts."),
        ("spots.0.launched_at", 101, "spots[0].launched_at must not be later than now."),
        ("spots.0.cost", "3", "spots[0].cost must be a whole number."),
        ("spots.0.cost", -1, "spots[0].cost must be at least 0."),
        ("spots.0.evict_at", "soon", "spots[0].evict_at must be a whole number."),
        ("spots.0.min_uptime_s", -1, "spots[0].min_uptime_s must be at least 0."),
        ("spots.0.notice_s", "10m", "spots[0].notice_s must be a whole number."),
        ("spots.0.notice_s", -1, "spots[0].notice_s must be at least 0."),
        ("spots.0.evict", 5, "spots[0].evict is not a known field."),
        ("reservations.0.end", 5000, "reservations[0].end must be later than the start."),
        ("reservations.0.size", 4, "reservations[0].size must be an object of whole numbers."),
        ("reservations.0.ends", 1, "reservations[0].ends is not a known field."),
        ("request.kind", "pod", 'request.kind must be "host" or "instance".'),
        ("request.count", 0, "request.count must be at least 1."),
        ("request.start", 99, "request.start must not be before now."),
        ("request.affinity", "yes", "request.affinity must be null, true or false."),
        ("request.max_per_host", -1, "request.max_per_host must be at least 0."),
        ("request.max_per_hosts", 1, "request.max_per_hosts is not a known field."),
        ("request.count_max", 3, "request.count_max is for whole hosts only."),
    ],
)
def test_a_wrong_field_is_named(path: str, value: object, sentence: str) -> None:
    with pytest.raises(BadSnapshot) as refused:
        read(text(put(path, value)))
    assert str(refused.value) == sentence


@pytest.mark.parametrize(
    ("where", "field"),
    [
        ("", "format"),
        ("", "now"),
        ("", "policy"),
        ("", "hosts"),
        ("", "spots"),
        ("", "reservations"),
        ("", "request"),
        ("policy", "evict_lead_s"),
        ("request", "count"),
        ("request", "size"),
    ],
)
def test_a_missing_field_is_named(where: str, field: str) -> None:
    def change(case: dict[str, Any]) -> None:
        del (case[where] if where else case)[field]

    with pytest.raises(BadSnapshot, match=rf"^{where + '.' if where else ''}{field} is missing\.$"):
        read(text(change))


@pytest.mark.parametrize(
    ("written", "twice", "name"),
    [
        ('"now": 100', '"now": 100, "now": 100', "now"),
        ('"gpu_model": "A100"', '"gpu_model": "A100", "gpu_model": "V100"', "gpu_model"),
        ('"affinity": null', '"affinity": null, "gr\\u00f6n": 1, "gr\u00f6n": 1', "gr\\xf6n"),
    ],
)
def test_a_field_that_is_there_twice_is_refused(written: str, twice: str, name: str) -> None:
    with pytest.raises(BadSnapshot) as refused:
        read(text().replace(written, twice, 1))
    assert str(refused.value) == f"The field '{name}' is there twice in one object."


def test_what_is_no_json_is_refused_with_the_place() -> None:
    with pytest.raises(BadSnapshot, match=r"^The snapshot is not JSON: .*line 1 column 2"):
        read("{")


@pytest.mark.parametrize("garbage", ["", "{", "[]", "7", "[" * 100_000, b"\xff\xfe\xfa", '{"now": NaN}'])
def test_what_is_no_object_is_refused(garbage: str | bytes) -> None:
    with pytest.raises(BadSnapshot):
        read(garbage)


@pytest.mark.parametrize(("field", "name"), [("hosts", "h1"), ("spots", "s1")])
def test_an_id_that_is_there_twice_is_refused(field: str, name: str) -> None:
    with pytest.raises(BadSnapshot, match=rf"^{field}\[1\].id '{name}' is there twice\.$"):
        read(text(lambda case: case[field].append(case[field][0])))


def test_what_is_not_an_object_at_all_is_called_the_snapshot() -> None:
    with pytest.raises(BadSnapshot, match=r"^The snapshot must be an object\.$"):
        read("[]")


def test_the_largest_number_is_still_a_number() -> None:
    def change(case: dict[str, Any]) -> None:
        case["request"]["end"] = case["hosts"][0]["cap"]["gpus"] = 2**63 - 1

    snapshot, request = read(text(change))
    assert (request.end, snapshot.hosts[0].cap["gpus"]) == (2**63 - 1, 2**63 - 1)


def test_notes_at_the_top_level_are_left_alone() -> None:
    assert read(text(put("note", "for people"))) == read(text())


def test_what_may_be_left_out_is_nothing() -> None:
    def change(case: dict[str, Any]) -> None:
        del case["hosts"][0]["props"], case["spots"][0]["evict_at"], case["reservations"][0]["size"], case["id"]
        for field in ("props", "min_cap", "affinity", "max_per_host"):
            del case["request"][field]

    snapshot, request = read(text(change))
    assert snapshot.spots[0].evict_at is None
    assert snapshot.reservations[0].size is None
    assert isinstance(request, SlotRequest)
    assert (request.affinity, request.max_per_host, request.props, request.min_cap) == (None, None, {}, {})


def hosts_asked(**fields: object) -> Callable[[dict[str, Any]], object]:
    return put("request", {"kind": "host", "count": 2, "start": 2000, "end": 3000, **fields})


@pytest.mark.parametrize(("fields", "most"), [({}, 2), ({"count_max": None}, 2), ({"count_max": 4}, 4)])
def test_a_lease_of_hosts_may_ask_for_a_range(fields: dict[str, object], most: int) -> None:
    _, request = read(text(hosts_asked(min_cap={"gpus": 8}, props={"gpu_model": "A100"}, **fields)))
    assert request == HostRequest(
        start=2000, end=3000, count_min=2, count_max=most, props={"gpu_model": "A100"}, min_cap={"gpus": 8}
    )


@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        ("size", "junk", "must be an object of whole numbers"),
        ("affinity", "junk", "must be null, true or false"),
        ("max_per_host", -3, "must be at least 0"),
        ("count", 0, "must be at least 1"),
        ("count_max", 1, "must be at least 2"),
    ],
)
def test_a_lease_of_hosts_takes_no_junk_either(field: str, value: object, sentence: str) -> None:
    with pytest.raises(BadSnapshot) as refused:
        read(text(hosts_asked(**{field: value})))
    assert str(refused.value) == f"request.{field} {sentence}."


def test_what_is_for_parts_of_hosts_says_nothing_about_whole_ones() -> None:
    for fields in ({"size": None, "affinity": None}, {"size": {"gpus": 1}, "affinity": True, "max_per_host": 0}):
        assert read(text(hosts_asked(**fields))) == read(text(hosts_asked()))


def test_a_plan_is_written_with_all_that_somebody_needs_to_act() -> None:
    plan = Plan(
        feasible=True, cost=7, hosts=(Choice("h1", 2, 7),), victims=(Victim("s1", "h1", 7, notice_at=1, evict_at=2),)
    )
    assert plan_as_json(plan) == {
        "feasible": True,
        "cost": 7,
        "hosts": [{"id": "h1", "slots": 2}],
        "victims": [{"id": "s1", "notice_at": 1, "evict_at": 2}],
    }


def test_a_refusal_is_written_with_what_is_in_the_way() -> None:
    plan = Plan(feasible=False, earliest_start=5, blockers=(Blocker("h1", "spot", "s1", 5),))
    assert plan_as_json(plan) == {
        "feasible": False,
        "earliest_start": 5,
        "blockers": [{"host": "h1", "kind": "spot", "held_by": "s1", "until": 5}],
    }


def as_json(snapshot: Snapshot, request: Request) -> dict[str, Any]:
    """The snapshot and what is asked of it, as somebody who exports a cloud would write it."""
    rules = snapshot.rules
    return {
        "format": "blazar-spot-snapshot/1",
        "now": snapshot.now,
        "policy": {"notice_s": rules.notice, "min_uptime_s": rules.min_uptime, "evict_lead_s": rules.lead},
        "hosts": [{"id": host.id, "cap": dict(host.cap), "props": dict(host.props)} for host in snapshot.hosts],
        "spots": [
            {
                "id": spot.id,
                "host": spot.host,
                "size": dict(spot.size),
                "launched_at": spot.launched_at,
                "cost": spot.cost,
                "evict_at": spot.evict_at,
                "min_uptime_s": spot.min_uptime,
                "notice_s": spot.notice,
            }
            for spot in snapshot.spots
        ],
        "reservations": [
            {
                "id": claim.id,
                "host": claim.host,
                "start": claim.start,
                "end": claim.end,
                "size": None if claim.size is None else dict(claim.size),
            }
            for claim in snapshot.reservations
        ],
        "request": request_as_json(request),
    }


def request_as_json(request: Request) -> dict[str, Any]:
    common = {
        "start": request.start,
        "end": request.end,
        "props": dict(request.props),
        "min_cap": dict(request.min_cap),
    }
    if isinstance(request, HostRequest):
        return {"kind": "host", "count": request.count_min, "count_max": request.count_max, **common}
    return {
        "kind": "instance",
        "count": request.count,
        "size": dict(request.size),
        "affinity": request.affinity,
        "max_per_host": request.max_per_host,
        **common,
    }


@given(cases())
def test_what_is_written_is_read_back(case: tuple[Snapshot, Request]) -> None:
    assert read(json.dumps(as_json(*case))) == case
