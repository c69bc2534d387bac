# SPDX-License-Identifier: Apache-2.0
"""What admins see of the engines, and how they pause them."""

from dataclasses import replace

import pytest

from blazar_spot.testing.clock import FakeClock
from blazar_spot.testing.store import FakeStore
from tests.contract.store import HEARTBEAT
from tests.unit.api.served import ADMIN, NOON, OURS, Service, error_of, serve

PAUSED = {"is_paused": True, "paused_at": "2027-01-15T08:00:00Z", "reason": "a drill"}


def test_an_admin_sees_how_each_engine_does(service: Service, store: FakeStore) -> None:
    failing = replace(
        HEARTBEAT, id="engine-2", pid=8, beat_at=NOON - 121, worked_at=NOON - 300, failing_since=NOON - 200
    )
    with store.begin() as work:
        work.put_heartbeat(HEARTBEAT)
        work.put_heartbeat(failing)
    well, ill = service.get("/v1/engines", ADMIN).json["engines"]
    assert well == {
        "id": "engine-1",
        "host": "ctl-1",
        "pid": 7,
        "mode": "enforce",
        "started_at": "2027-01-15T07:59:00Z",
        "beat_at": "2027-01-15T08:00:00Z",
        "worked_at": None,
        "failing_since": None,
        "is_silent": False,
    }
    assert (ill["worked_at"], ill["failing_since"]) == ("2027-01-15T07:55:00Z", "2027-01-15T07:56:40Z")
    assert ill["is_silent"]


def test_evictions_are_paused_and_resumed(store: FakeStore) -> None:
    clock = FakeClock(NOON)
    service = serve(store, clock)
    assert service.get("/v1/switch", ADMIN).json == {"switch": {"is_paused": False, "paused_at": None, "reason": ""}}
    body = {"is_paused": True, "reason": "a drill"}
    assert service.ask("put", "/v1/switch", ADMIN, json=body).json == {"switch": PAUSED}
    clock.advance(60)
    for reason in ("a drill", "another one"):
        again = service.ask("put", "/v1/switch", ADMIN, json={**body, "reason": reason})
        assert again.json == {"switch": {**PAUSED, "reason": reason}}
    assert service.get("/v1/switch", ADMIN).json == {"switch": {**PAUSED, "reason": "another one"}}
    resumed = service.ask("put", "/v1/switch", ADMIN, json={"is_paused": False})
    assert resumed.json == {"switch": {"is_paused": False, "paused_at": None, "reason": ""}}


def test_each_turn_of_the_switch_is_on_record_and_what_changes_nothing_is_not(store: FakeStore) -> None:
    clock = FakeClock(NOON)
    service = serve(store, clock)
    for is_paused in (False, True, True, False, False):
        clock.advance(1)
        service.ask("put", "/v1/switch", ADMIN, json={"is_paused": is_paused, "reason": "a drill"})
    told = [(deed.what, deed.at - NOON, deed.details) for deed in store.deeds]
    assert told == [("evictions paused", 2, "a drill"), ("evictions resumed", 4, "a drill")]


@pytest.mark.parametrize(("method", "path"), [("get", "/v1/engines"), ("get", "/v1/switch"), ("put", "/v1/switch")])
def test_nobody_else_sees_or_does_that(service: Service, method: str, path: str) -> None:
    more = {"json": {"is_paused": True}} if method == "put" else {}
    assert error_of(service.ask(method, path, OURS, **more)) == (403, "forbidden")


def test_a_switch_that_does_not_say_what_it_is_to_be_is_refused(service: Service) -> None:
    assert error_of(service.ask("put", "/v1/switch", ADMIN, json={"reason": "a drill"})) == (400, "bad_request")
