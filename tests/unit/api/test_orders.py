# SPDX-License-Identifier: Apache-2.0
"""What is ordered over HTTP: that hosts are closed, drained and opened, and that instances are interrupted."""

from datetime import datetime
from typing import Any

import pytest
from falcon import testing

from blazar_spot.core.closures import FOREVER
from blazar_spot.core.errors import Unreachable
from blazar_spot.core.heartbeat import SILENT_AFTER
from blazar_spot.core.instants import iso
from blazar_spot.core.promises import NoticeState, Purpose
from blazar_spot.core.switch import Mode
from blazar_spot.enforcement.engines import Engines
from blazar_spot.enforcement.pulse import Pulse
from blazar_spot.testing.lab import POLICY, Lab
from blazar_spot.testing.things import FakeServer
from tests.unit.api.served import ADMIN, OURS, THEIRS, Service, error_of, serve, token

HOST = "/v1/pools/{host}"
INTERRUPT = "/v1/instances/{instance_id}/interrupt"
HOLDER = token("tenant")
HOLDERS_READER = token("tenant", "reader")


@pytest.fixture
def lab() -> Lab:
    lab = Lab(hosts=2)
    lab.second()
    beat(lab, Mode.ENFORCE)
    return lab


@pytest.fixture
def service(lab: Lab) -> Service:
    return serve(lab.store, lab.clock, cloud=lab.cloud)


def beat(lab: Lab, mode: Mode) -> None:
    """All engines there are give a sign of life, one that goes as far."""
    with lab.store.begin() as work:
        work.drop_heartbeats(FOREVER)
    Pulse(lab.store, lab.clock, mode, "controller", 1).beat(None)


def order(
    service: Service, verb: str, host: str = "host01", who: dict[str, str] = ADMIN, **body: Any
) -> testing.Result:
    more = {"json": body} if body else {}
    return service.ask("post", f"/v1/pools/{host}/{verb}", who, template=f"{HOST}/{verb}", **more)


def interrupt(service: Service, server: FakeServer, who: dict[str, str] = HOLDER, **body: Any) -> testing.Result:
    return service.ask("post", f"/v1/instances/{server.id}/interrupt", who, template=INTERRUPT, json=body)


def closures(service: Service) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = service.get("/v1/closures", ADMIN).json["closures"]
    return found


def instant(text: str) -> int:
    return int(datetime.fromisoformat(text).timestamp())


class TestClosures:
    """Hosts."""

    def test_a_host_is_closed_listed_and_opened(self, lab: Lab, service: Service) -> None:
        closed = order(service, "close", reason="a fan is loud")
        shown = {
            "host": "host01",
            "state": "closed",
            "reason": "a fan is loud",
            "closed_at": iso(lab.clock.now()),
            "by": None,
            "evict_at": None,
            "reclaim_id": None,
            "waits_for": None,
        }
        assert (closed.status_code, closed.json) == (200, {"closure": shown})
        assert lab.cloud.closed()["host01"]
        assert closures(service) == [shown]
        assert order(service, "open").status_code == 204
        lab.second()
        assert (closures(service), lab.cloud.closed()) == ([], {"host01": False, "host02": False})

    def test_a_pool_says_that_it_is_closed_by_order(self, lab: Lab, service: Service) -> None:
        order(service, "close")
        order(service, "drain", "host02")
        lab.run_for(10)
        because = {one["host"]: one["closed_because"] for one in service.get("/v1/pools", ADMIN).json["pools"]}
        assert because == {"host01": ["closure"], "host02": ["closure", "claim"]}

    def test_a_host_is_drained_and_its_reclaim_can_be_followed(self, lab: Lab, service: Service) -> None:
        lab.boot_and_run(1, "host01")
        answer = order(service, "drain", reason="a new fan")
        assert answer.status_code == 202
        ordered = answer.json["closure"]
        assert (ordered["state"], ordered["reason"]) == ("draining", "a new fan")
        assert instant(ordered["by"]) - instant(ordered["evict_at"]) == lab.reclaim.lead
        lab.run_until(instant(ordered["by"]))
        assert [one["state"] for one in closures(service)] == ["drained"]
        path = f"/v1/reclaims/{ordered['reclaim_id']}"
        reclaim = service.get(path, ADMIN, template="/v1/reclaims/{reclaim_id}").json["reclaim"]
        assert (reclaim["state"], reclaim["lease_id"], reclaim["reservation_id"]) == ("ready", "", "host01")

    def test_too_early_is_refused_with_the_first_instant_that_is_not(self, lab: Lab, service: Service) -> None:
        lab.boot_and_run(1, "host01")
        refused = order(service, "drain", by=iso(lab.clock.now() + 60))
        assert error_of(refused) == (409, "promise_broken")
        earliest = refused.json["error"]["earliest_at"]
        assert earliest in refused.json["error"]["message"]
        assert closures(service) == []
        accepted = order(service, "drain", by=earliest)
        assert (accepted.status_code, accepted.json["closure"]["by"]) == (202, earliest)
        assert error_of(order(service, "drain", by=iso(instant(earliest) + 60))) == (409, "not_now")

    @pytest.mark.parametrize("by", ["2027-02-30T08:00:00Z", "2100-01-01T00:00:00Z", "9999-12-31T23:59:59Z", "soon", 5])
    def test_an_instant_that_is_none_or_too_far_away_is_refused(self, service: Service, by: object) -> None:
        assert error_of(order(service, "drain", by=by)) == (400, "bad_request")

    @pytest.mark.parametrize("verb", ["close", "drain", "open"])
    def test_a_host_that_is_not_there_is_not_found(self, service: Service, verb: str) -> None:
        assert error_of(order(service, verb, "host99")) == (404, "not_found")

    @pytest.mark.parametrize("verb", ["close", "drain", "open"])
    def test_nobody_else_may(self, service: Service, verb: str) -> None:
        assert error_of(order(service, verb, who=OURS)) == (403, "forbidden")
        assert error_of(service.get("/v1/closures", OURS)) == (403, "forbidden")

    @pytest.mark.parametrize("call", ["pools", "spot_consumers"])
    def test_a_placement_that_does_not_answer_is_said(self, lab: Lab, service: Service, call: str) -> None:
        lab.cloud.fails(call, Unreachable("made up"), times=None)
        assert error_of(order(service, "drain", by=iso(lab.clock.now() + 60))) == (503, "unreachable")
        assert not any(claim.is_open for claim in lab.store.claims)


class TestInterruptions:
    """Instances."""

    def test_a_holder_rehearses(self, lab: Lab, service: Service) -> None:
        (server,) = lab.boot_and_run(1, "host01")
        beat(lab, Mode.ENFORCE)
        answer = interrupt(service, server, notice_seconds=120, reason="a game day")
        (notice,) = lab.notices_of(server)
        assert (answer.status_code, answer.json) == (
            202,
            {
                "interruption": {
                    "instance_id": server.id,
                    "evict": False,
                    "not_before": iso(notice.deadline_at),
                    "event_id": notice.id,
                    "waits_for": None,
                }
            },
        )
        event = service.get(f"/v1/events/{notice.id}", HOLDER, template="/v1/events/{event_id}").json["event"]
        assert (event["state"], event["not_before"]) == ("scheduled", iso(notice.deadline_at))
        assert error_of(interrupt(service, server)) == (409, "already_noticed")
        lab.run_for(300)
        assert [one.state for one in lab.notices_of(server)] == [NoticeState.WITHDRAWN]

    def test_a_dry_run_says_what_would_be(self, lab: Lab, service: Service) -> None:
        (server,) = lab.boot_and_run(1, "host01")
        answer = interrupt(service, server, ADMIN, evict=True, dry_run=True)
        assert answer.status_code == 200
        assert answer.json["interruption"]["event_id"] is None
        assert instant(answer.json["interruption"]["not_before"]) >= lab.clock.now() + POLICY.notice
        assert lab.store.notices == []

    @pytest.mark.parametrize(("who", "waits"), [(HOLDER, False), (ADMIN, True)])
    def test_a_holder_may_do_without_promises_and_an_admin_keeps_them(
        self, lab: Lab, service: Service, who: dict[str, str], waits: bool
    ) -> None:
        (server,) = lab.boot(1, "host01")
        lab.run_for(60)
        interrupt(service, server, who, notice_seconds=30, evict=True)
        (notice,) = lab.notices_of(server)
        assert notice.purpose is Purpose.INTERRUPTION
        assert (notice.deadline_at > lab.clock.now() + POLICY.notice) is waits

    def test_who_may_only_look_may_not(self, lab: Lab, service: Service) -> None:
        (server,) = lab.boot_and_run(1, "host01")
        assert error_of(interrupt(service, server, HOLDERS_READER)) == (403, "forbidden")
        assert error_of(interrupt(service, server, THEIRS)) == (404, "not_found")
        assert lab.store.notices == []

    def test_without_a_body_it_is_a_rehearsal(self, lab: Lab, service: Service) -> None:
        (server,) = lab.boot_and_run(1, "host01")
        answer = service.ask("post", f"/v1/instances/{server.id}/interrupt", HOLDER, template=INTERRUPT)
        assert answer.json["interruption"]["evict"] is False

    @pytest.mark.parametrize("body", [{"notice_seconds": 0}, {"notice_seconds": 604801}, {"evict": "yes"}, {"now": 1}])
    def test_what_the_document_does_not_have_is_refused(self, lab: Lab, service: Service, body: dict[str, Any]) -> None:
        (server,) = lab.boot_and_run(1, "host01")
        assert error_of(interrupt(service, server, **body)) == (400, "bad_request")


class TestWhatNobodyCarriesOut:
    """Modes, the switch, and engines that do not live."""

    def words(self, service: Service, server: FakeServer) -> dict[str, testing.Result]:
        return {
            "rehearse": interrupt(service, server, dry_run=True),
            "evict": interrupt(service, server, dry_run=True, evict=True),
            "close": order(service, "close"),
            "drain": order(service, "drain", "host02"),
        }

    @pytest.mark.parametrize(
        ("mode", "refused"),
        [
            (Mode.OBSERVE, {"rehearse", "evict", "close", "drain"}),
            (Mode.PROTECT, {"evict", "drain"}),
            (Mode.ENFORCE, set()),
        ],
    )
    def test_an_order_that_the_engines_are_not_configured_for_is_refused(
        self, lab: Lab, service: Service, mode: Mode, refused: set[str]
    ) -> None:
        (server,) = lab.boot_and_run(1, "host01")
        beat(lab, mode)
        answers = self.words(service, server)
        assert {what for what, answer in answers.items() if answer.status_code == 409} == refused
        for what in refused:
            assert error_of(answers[what]) == (409, "not_carried_out")
            assert f"The engine's mode is {mode}, in which" in answers[what].json["error"]["message"]
        taken = {host for what, host in (("close", "host01"), ("drain", "host02")) if what not in refused}
        assert {one["host"] for one in closures(service)} == taken

    def test_what_is_refused_leaves_no_notice(self, lab: Lab, service: Service) -> None:
        (server,) = lab.boot_and_run(1, "host01")
        beat(lab, Mode.OBSERVE)
        assert error_of(interrupt(service, server)) == (409, "not_carried_out")
        assert lab.notices_of(server) == []

    def test_one_engine_that_goes_as_far_is_enough(self, lab: Lab, service: Service) -> None:
        beat(lab, Mode.OBSERVE)
        Pulse(lab.store, lab.clock, Mode.ENFORCE, "controller", 2).beat(None)
        assert order(service, "drain").status_code == 202

    def test_an_engine_that_has_died_does_not_count(self, lab: Lab, service: Service) -> None:
        lab.clock.advance(SILENT_AFTER + 1)
        Pulse(lab.store, lab.clock, Mode.OBSERVE, "controller", 2).beat(None)
        assert error_of(order(service, "drain")) == (409, "not_carried_out")

    def test_a_pause_is_told_to_those_who_order_an_eviction_and_to_nobody_else(
        self, lab: Lab, service: Service
    ) -> None:
        (server,) = lab.boot_and_run(1, "host01")
        beat(lab, Mode.ENFORCE)
        Engines(lab.store, lab.clock).turn(is_paused=True, reason="the storage is ill")
        answers = self.words(service, server)
        waits_for = {what: next(iter(answer.json.values()))["waits_for"] for what, answer in answers.items()}
        paused = "Evictions are paused."
        assert waits_for == {"rehearse": None, "evict": paused, "close": None, "drain": paused}
        assert [one["waits_for"] for one in closures(service)] == [None, paused]
        Engines(lab.store, lab.clock).turn(is_paused=False, reason="")
        assert [one["waits_for"] for one in closures(service)] == [None, None]

    def test_where_no_engine_lives_an_order_stands_and_says_so(self, lab: Lab, service: Service) -> None:
        lab.clock.advance(SILENT_AFTER + 1)
        answer = order(service, "drain")
        assert (answer.status_code, answer.json["closure"]["waits_for"]) == (202, "No engine gives a sign of life.")

    def test_a_host_that_is_drained_waits_for_nothing(self, lab: Lab, service: Service) -> None:
        by = instant(order(service, "drain").json["closure"]["by"])
        lab.run_until(by + 10)
        beat(lab, Mode.OBSERVE)
        assert [(one["state"], one["waits_for"]) for one in closures(service)] == [("drained", None)]

    def test_an_order_can_be_taken_back_in_any_mode(self, lab: Lab, service: Service) -> None:
        order(service, "drain")
        beat(lab, Mode.OBSERVE)
        (closure,) = closures(service)
        assert "The engine's mode is observe" in closure["waits_for"]
        assert order(service, "open").status_code == 204
        assert closures(service) == []
