# SPDX-License-Identifier: Apache-2.0
"""The planner's values as text: reads ``blazar-spot-snapshot/1`` and writes plans.

What is read is checked to the letter: a wrong or unknown field is refused with one sentence that names it, since a
plan made from a misread snapshot breaks promises. At the top level other fields are allowed, as notes for people.
"""

import json
from collections.abc import Callable, Iterator
from typing import Any, TypeVar

from blazar_spot.core.fields import BadSnapshot, Fields
from blazar_spot.core.model import (
    Host,
    HostRequest,
    Plan,
    Request,
    Reservation,
    Rules,
    SlotRequest,
    Snapshot,
    Spot,
)

T = TypeVar("T")
Named = TypeVar("Named", Host, Spot)

FORMAT = "blazar-spot-snapshot/1"
POLICY = frozenset({"notice_s", "min_uptime_s", "evict_lead_s"})
HOST = frozenset({"id", "cap", "props"})
SPOT = frozenset({"id", "host", "size", "launched_at", "cost", "evict_at", "min_uptime_s", "notice_s"})
RESERVATION = frozenset({"id", "host", "start", "end", "size"})
REQUEST = frozenset(
    {"kind", "count", "count_max", "start", "end", "props", "min_cap", "size", "affinity", "max_per_host"}
)


def read(text: str | bytes) -> tuple[Snapshot, Request]:
    """The snapshot and what is asked of it."""
    top = Fields("", _parsed(text))
    if top.take("format") != FORMAT:
        raise top.refuse("format", f"must be {FORMAT!r}")
    if "id" in top.value:
        top.string("id")
    now = top.integer("now")
    hosts = tuple(_unique(_each(top, "hosts", HOST, _host), "hosts"))
    known = {host.id for host in hosts}
    spots = tuple(_unique(_each(top, "spots", SPOT, lambda one: _spot(one, known, now)), "spots"))
    claims = tuple(_each(top, "reservations", RESERVATION, lambda one: _reservation(one, known)))
    request = _request(Fields("request", top.take("request"), REQUEST), now)
    return Snapshot(now, _rules(Fields("policy", top.take("policy"), POLICY)), hosts, spots, claims), request


def _parsed(text: str | bytes) -> object:
    try:
        return json.loads(text, object_pairs_hook=_object)
    except (ValueError, RecursionError) as error:
        raise BadSnapshot(f"The snapshot is not JSON: {error}.") from error


def _object(pairs: list[tuple[str, object]]) -> dict[str, object]:
    """JSON takes the last of two fields with one name; whoever wrote the other one meant something else."""
    value = dict(pairs)
    if len(value) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise BadSnapshot(f"The field {twice!a} is there twice in one object.")
    return value


def _each(top: Fields, field: str, known: frozenset[str], build: Callable[[Fields], T]) -> Iterator[T]:
    values = top.take(field)
    if not isinstance(values, list):
        raise top.refuse(field, "must be a list")
    for number, value in enumerate(values):
        yield build(Fields(f"{field}[{number}]", value, known))


def _unique(things: Iterator[Named], field: str) -> Iterator[Named]:
    seen: set[str] = set()
    for number, thing in enumerate(things):
        if thing.id in seen:
            raise BadSnapshot(f"{field}[{number}].id {thing.id!a} is there twice.")
        seen.add(thing.id)
        yield thing


def _rules(policy: Fields) -> Rules:
    return Rules(
        notice=policy.integer("notice_s", 0),
        min_uptime=policy.integer("min_uptime_s", 0),
        lead=policy.integer("evict_lead_s", 0),
    )


def _host(host: Fields) -> Host:
    return Host(host.string("id"), host.size("cap"), host.props("props"))


def _on(thing: Fields, known: set[str]) -> str:
    host = thing.string("host")
    if host not in known:
        raise thing.refuse("host", f"names {host!a}, which is not among the hosts")
    return host


def _spot(spot: Fields, known: set[str], now: int) -> Spot:
    launched_at = spot.integer("launched_at")
    if launched_at > now:
        raise spot.refuse("launched_at", "must not be later than now")
    return Spot(
        spot.string("id"),
        _on(spot, known),
        spot.size("size"),
        launched_at,
        spot.integer("cost", 0),
        spot.optional_integer("evict_at"),
        spot.optional_integer("min_uptime_s", 0),
        spot.optional_integer("notice_s", 0),
    )


def _window(thing: Fields) -> tuple[int, int]:
    start, end = thing.integer("start"), thing.integer("end")
    if end <= start:
        raise thing.refuse("end", "must be later than the start")
    return start, end


def _reservation(claim: Fields, known: set[str]) -> Reservation:
    whole = claim.take("size", None) is None
    return Reservation(
        claim.string("id"), _on(claim, known), *_window(claim), size=None if whole else claim.size("size")
    )


def _request(request: Fields, now: int) -> Request:
    start, end = _window(request)
    if start < now:
        raise request.refuse("start", "must not be before now")
    kind = request.take("kind")
    if kind == "host":
        return _host_request(request, start, end)
    if kind == "instance":
        return _slot_request(request, start, end)
    raise request.refuse("kind", 'must be "host" or "instance"')


def _host_request(request: Fields, start: int, end: int) -> HostRequest:
    # What is for parts of hosts says nothing here; junk is refused all the same.
    if request.take("size", None) is not None:
        request.size("size")
    _affinity(request)
    request.optional_integer("max_per_host", 0)
    count = request.integer("count", 1)
    return HostRequest(
        start=start,
        end=end,
        count_min=count,
        count_max=request.optional_integer("count_max", count) or count,
        props=request.props("props"),
        min_cap=request.size("min_cap", {}),
    )


def _slot_request(request: Fields, start: int, end: int) -> SlotRequest:
    if request.take("count_max", None) is not None:
        raise request.refuse("count_max", "is for whole hosts only")
    return SlotRequest(
        start=start,
        end=end,
        count=request.integer("count", 1),
        size=request.size("size"),
        affinity=_affinity(request),
        max_per_host=request.optional_integer("max_per_host", 0),
        props=request.props("props"),
        min_cap=request.size("min_cap", {}),
    )


def _affinity(request: Fields) -> bool | None:
    affinity = request.take("affinity", None)
    if affinity is None or isinstance(affinity, bool):
        return affinity
    raise request.refuse("affinity", "must be null, true or false")


def plan_as_json(plan: Plan) -> dict[str, Any]:
    """The plan as an object that can be written as JSON."""
    if not plan.feasible:
        return {
            "feasible": False,
            "earliest_start": plan.earliest_start,
            "blockers": [
                {"host": block.host, "kind": block.kind, "held_by": block.held_by, "until": block.until}
                for block in plan.blockers
            ],
        }
    return {
        "feasible": True,
        "cost": plan.cost,
        "hosts": [{"id": choice.host, "slots": choice.slots} for choice in plan.hosts],
        "victims": [
            {"id": victim.id, "notice_at": victim.notice_at, "evict_at": victim.evict_at} for victim in plan.victims
        ],
    }
