# SPDX-License-Identifier: Apache-2.0
"""What is no snapshot is refused with the name of the field."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given

from blazar_spot.core.model import HostRequest, Request, SlotRequest, Snapshot
from blazar_spot.core.snapshot import BadSnapshot, read, snapshot_as_json
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
        ("now", 2**70, "now must not be beyond 9223372036854775807."),
        ("policy", None, "policy must be an object."),
        ("policy.notice_s", -1, "policy.notice_s must be at least 0."),
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
        ("spots.0.evict_at", "soon", "spots[0].evict_at must be a whole number."),
        ("spots.0.evict", 5, "spots[0].evict is not a known field."),
        ("reservations.0.end", 5000, "reservations[0].end must be later than the start."),
        ("reservations.0.size", 4, "reservations[0].size must be an object of whole numbers."),
        ("request.kind", "pod", 'request.kind must be "host" or "instance".'),
        ("request.count", 0, "request.count must be at least 1."),
        ("request.start", 99, "request.start must not be before now."),
        ("request.affinity", "yes", "request.affinity must be null, true or false."),
        ("request.max_per_host", -1, "request.max_per_host must be at least 0."),
        ("request.max_per_hosts", 1, "request.max_per_hosts is not a known field."),
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


@pytest.mark.parametrize("garbage", ["", "{", "[]", "7", "[" * 100_000, b"\xff\xfe\xfa", '{"now": NaN}'])
def test_what_is_no_object_is_refused(garbage: str | bytes) -> None:
    with pytest.raises(BadSnapshot):
        read(garbage)


def test_an_id_that_is_there_twice_is_refused() -> None:
    with pytest.raises(BadSnapshot, match=r"^hosts\[1\].id 'h1' is there twice\.$"):
        read(text(lambda case: case["hosts"].append(case["hosts"][0])))


def test_notes_at_the_top_level_are_left_alone() -> None:
    assert read(text(put("note", "for people"))) == read(text())


def test_what_may_be_left_out_is_nothing() -> None:
    def change(case: dict[str, Any]) -> None:
        del case["hosts"][0]["props"], case["spots"][0]["evict_at"], case["id"]
        for field in ("props", "min_cap", "affinity", "max_per_host"):
            del case["request"][field]

    snapshot, request = read(text(change))
    assert snapshot.spots[0].evict_at is None
    assert isinstance(request, SlotRequest)
    assert (request.affinity, request.max_per_host, request.props, request.min_cap) == (None, None, {}, {})


def test_a_lease_of_hosts_may_ask_for_a_range() -> None:
    def change(case: dict[str, Any]) -> None:
        case["request"] = {"kind": "host", "count": 2, "count_max": 4, "start": 2000, "end": 3000}

    _, request = read(text(change))
    assert isinstance(request, HostRequest)
    assert (request.count_min, request.count_max) == (2, 4)


@given(cases())
def test_what_is_written_is_read_back(case: tuple[Snapshot, Request]) -> None:
    assert read(json.dumps(snapshot_as_json(*case))) == case
