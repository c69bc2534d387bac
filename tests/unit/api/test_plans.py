# SPDX-License-Identifier: Apache-2.0
"""POST /v1/plans: what a lease would get, by the same rules as a booking, and nothing is written."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from blazar_spot.core.errors import Refused, Unreachable
from blazar_spot.core.instants import iso
from blazar_spot.core.reservable import ReservableHost
from blazar_spot.testing.lab import POLICY, Lab
from tests.unit.api.served import ADMIN, OURS, READER, Service, error_of, serve, token

HOUR = 3600
TENANT = token("tenant")
Plan = Callable[..., dict[str, Any]]


def listed(lab: Lab, **of_one: dict[str, Any]) -> None:
    """The lab's hosts as the reservation service would publish them."""
    lab.whole.listing.publish(
        ReservableHost(id=str(number), host=host, service_host=host, properties={"rack": "r1", **of_one.get(host, {})})
        for number, host in enumerate(lab.hosts)
    )


@pytest.fixture
def lab() -> Lab:
    """Three hosts: two instances on the first, one on the second, which is younger."""
    lab = Lab(hosts=3)
    for count, host in ((2, "host01"), (1, "host02")):
        lab.boot(count, host)
        lab.run_for(10)
        lab.clock.advance(1000)
    lab.clock.advance(POLICY.min_uptime)
    lab.second()
    listed(lab)
    return lab


@pytest.fixture
def service(lab: Lab) -> Service:
    return serve(lab.store, lab.clock, cloud=lab.cloud, policy=lab.policy)


@pytest.fixture
def plan(lab: Lab, service: Service) -> Plan:
    def ask(who: dict[str, str] = ADMIN, **body: Any) -> dict[str, Any]:
        writes = lab.store.writes, len(lab.cloud.writes)
        answer = service.ask("post", "/v1/plans", who, json=body)
        assert answer.status_code == 200, answer.text
        assert (lab.store.writes, len(lab.cloud.writes)) == writes
        return dict(answer.json["plan"])

    return ask


def window(lab: Lab, start_in: int, hours: int = 1) -> dict[str, str]:
    now = lab.clock.now()
    return {"start": iso(now + start_in), "end": iso(now + start_in + hours * HOUR)}


@pytest.mark.parametrize("hosts", [1, 2, 3])
@pytest.mark.parametrize("start_in", [600, 2 * HOUR])
def test_a_plan_is_what_a_booking_gets(lab: Lab, plan: Plan, hosts: int, start_in: int) -> None:
    planned = plan(**window(lab, start_in), min=hosts)
    if not planned["is_feasible"]:
        with pytest.raises(Refused) as refused:
            lab.book("r1", lab.clock.now() + start_in, hosts=hosts)
        assert (planned["code"], planned["message"]) == (refused.value.code, str(refused.value))
        assert planned["earliest_start"] == iso(refused.value.earliest_start or 0)
        start_in = refused.value.earliest_start - lab.clock.now() if refused.value.earliest_start else 0
        planned = plan(**window(lab, start_in), min=hosts)
    booked = lab.book("r1", lab.clock.now() + start_in, hosts=hosts)
    assert planned["is_feasible"]
    assert sorted(planned["hosts"]) == sorted(one.host for one in booked)
    lab.second()
    (reclaim, *_) = lab.store.reclaims
    shown = [planned[name] for name in ("fence_at", "notice_at", "evict_at", "start_at")]
    assert shown == [iso(one) for one in (reclaim.fence_at, reclaim.notice_at, reclaim.evict_at, reclaim.start_at)]


@pytest.mark.parametrize(
    ("properties", "wanted"),
    [
        ({"hypervisor_properties": '["=", "$hypervisor_hostname", "host01"]'}, ["host01"]),
        ({"hypervisor_properties": '["==", "$id", "1"]'}, ["host02"]),
        ({"resource_properties": '["=", "$hypervisor_hostname", "host01"]'}, ["host01"]),
        (
            {"resource_properties": '["and", ["!=", "$hypervisor_hostname", "host03"], ["=", "$rack", "r2"]]'},
            ["host01"],
        ),
        ({"hypervisor_properties": '["=", "$id", "0"]', "resource_properties": '["=", "$rack", "r1"]'}, []),
    ],
)
def test_a_lease_that_names_its_hosts_gets_no_others_however_cheap(
    lab: Lab, plan: Plan, properties: dict[str, str], wanted: list[str]
) -> None:
    named = {host: {"id": str(number), "hypervisor_hostname": host} for number, host in enumerate(lab.hosts)}
    named["host01"]["rack"] = "r2"
    listed(lab, **named)
    assert plan(**window(lab, 2 * HOUR))["hosts"] == ["host03"]
    planned = plan(**window(lab, 2 * HOUR), **properties)
    assert (planned["hosts"], planned["is_feasible"]) == (wanted, bool(wanted))
    assert {victim["host"] for victim in planned["victims"]} == set(wanted)


def test_a_plan_says_who_would_have_to_go_and_what_that_costs(lab: Lab, plan: Plan) -> None:
    found = plan(**window(lab, 2 * HOUR), min=2)
    assert (sorted(found["hosts"]), found["victim_count"]) == (["host02", "host03"], 1)
    (victim,) = found["victims"]
    assert (victim["host"], victim["evict_at"]) == ("host02", found["evict_at"])
    assert victim["cost_seconds"] == found["cost_seconds"] > POLICY.min_uptime
    assert (found["code"], found["message"], found["earliest_start"], found["blockers"]) == (None, "", None, [])


def test_everybody_but_an_admin_sees_counts_and_the_own_projects_instances(lab: Lab, plan: Plan) -> None:
    other = plan(OURS, **window(lab, 2 * HOUR), min=3)
    assert (other["host_count"], other["victim_count"], other["victims"]) == (3, 3, [])
    own = plan(TENANT, **window(lab, 2 * HOUR), min=3)
    assert len(own["victims"]) == 3
    for shown in (other, own, plan(READER, **window(lab, 600), min=3)):
        assert "host0" not in str(shown)


def test_what_is_in_the_way_is_said_with_how_long_it_is(lab: Lab, plan: Plan) -> None:
    lab.book("r1", lab.clock.now() + 2 * HOUR, hosts=1)
    lab.second()
    found = plan(**window(lab, 2 * HOUR), min=3)
    assert (found["is_feasible"], found["code"]) == (False, "not_enough_hosts")
    (blocker,) = found["blockers"]
    assert blocker == {"kind": "reservation", "host": "host03", "until": iso(lab.claim.end_at)}
    assert plan(OURS, **window(lab, 2 * HOUR), min=3)["blockers"] == [
        {"kind": "reservation", "until": iso(lab.claim.end_at)}
    ]


def test_only_hosts_that_meet_the_requirements_and_are_offered_are_taken(lab: Lab, plan: Plan) -> None:
    listed(lab, host02={"rack": "r2"}, host03={"rack": "r2", "reservable": False})
    wanted = window(lab, 2 * HOUR) | {"resource_properties": '["=", "$rack", "r2"]'}
    assert plan(**wanted)["hosts"] == ["host02"]
    assert plan(**wanted, min=2)["code"] == "not_enough_hosts"


def test_a_host_is_kept_free_for_cleaning_around_its_reservations(lab: Lab, plan: Plan) -> None:
    lab.book("r1", lab.clock.now() + 4 * HOUR, hosts=3)
    lab.second()
    just_before = window(lab, 3 * HOUR - 30)
    assert plan(**just_before)["is_feasible"]
    lab.whole.listing.publish(ReservableHost(id=host, host=host, service_host=host, cleaning=60) for host in lab.hosts)
    assert not plan(**just_before)["is_feasible"]


def test_a_lease_that_there_is_can_be_planned_on_the_hosts_that_it_has(lab: Lab, plan: Plan, service: Service) -> None:
    booked = lab.book("r1", lab.clock.now() + 2 * HOUR, hosts=2)
    lab.calendar["r1"] = [replace(one, project_id="ours") for one in lab.calendar["r1"]]
    lab.second()
    found = plan(OURS, lease_id="lease-r1")
    assert (found["is_feasible"], found["host_count"], found["victim_count"]) == (True, 2, 1)
    assert sorted(plan(lease_id="lease-r1")["hosts"]) == sorted(one.host for one in booked)
    for who, lease in ((TENANT, "lease-r1"), (OURS, "lease-none")):
        assert error_of(service.ask("post", "/v1/plans", who, json={"lease_id": lease})) == (404, "not_found")


def test_a_lease_of_parts_of_hosts_is_not_planned(lab: Lab, service: Service) -> None:
    lab.book_slots("r1", lab.clock.now() + 2 * HOUR, 1, {"CUSTOM_GPU": 1})
    lab.second()
    answer = service.ask("post", "/v1/plans", ADMIN, json={"lease_id": "lease-r1"})
    assert error_of(answer) == (400, "bad_lease")


def test_a_host_on_its_way_back_is_planned_from_when_a_booking_gets_it(lab: Lab, plan: Plan) -> None:
    """The booking is Blazar's, whose process brings the host back: it knows, and nobody has to tell it."""
    back = POLICY.force_allowance + POLICY.reset_allowance
    listed(lab, host03={"rack": "r3"})
    lab.cloud.freepool.hosts.remove("host03")
    assert plan(**window(lab, 2 * HOUR))["hosts"] == ["host03"]
    wanted = {"resource_properties": '["=", "$rack", "r3"]'}
    soon = plan(**window(lab, 0), **wanted)
    assert (soon["is_feasible"], soon["code"]) == (False, "not_enough_hosts")
    assert [(one["kind"], one["host"]) for one in soon["blockers"]] == [("reservation", "host03")]
    assert soon["earliest_start"] >= iso(lab.clock.now() + back)
    assert plan(**{**window(lab, 0), "start": soon["earliest_start"]}, **wanted)["hosts"] == ["host03"]
    lab.cloud.freepool.hosts.append("host03")
    assert plan(**window(lab, 0), **wanted)["is_feasible"]


def test_a_lease_that_runs_is_not_in_its_own_way(lab: Lab, plan: Plan) -> None:
    lab.book("r1", lab.clock.now() + 2 * HOUR)
    lab.run_until(lab.claim.start_at + 1)
    lab.cloud.freepool.hosts.remove(lab.claim.host)
    assert plan(lease_id="lease-r1")["hosts"] == [lab.claim.host]


def test_a_plan_for_later_asks_nobody_which_hosts_are_on_their_way_back(lab: Lab, plan: Plan, service: Service) -> None:
    lab.cloud.fails("freepool_hosts", Unreachable("made up"), times=None)
    assert plan(**window(lab, 2 * HOUR))["is_feasible"]
    answer = service.ask("post", "/v1/plans", ADMIN, json=window(lab, 0))
    assert error_of(answer) == (503, "unreachable")


def test_where_leases_may_break_promises_a_plan_says_that_it_does(lab: Lab) -> None:
    lab.policy = replace(lab.policy, breaks_promises=True)
    api = serve(lab.store, lab.clock, cloud=lab.cloud, policy=lab.policy)
    body = window(lab, 600) | {"min": 3}
    found = api.ask("post", "/v1/plans", OURS, json=body).json["plan"]
    assert (found["is_feasible"], found["breaks_promises"], found["code"]) == (True, True, "spot_not_evictable")


def test_without_a_start_it_is_planned_from_now_on(lab: Lab, plan: Plan) -> None:
    assert plan(end=window(lab, HOUR)["end"])["start_at"] == iso(lab.clock.now())


@pytest.mark.parametrize(
    "body",
    [
        {"end": "2001-01-01T00:00:00Z"},
        {"start": "2001-01-01T00:00:00Z", "end": "2999-01-01T00:00:00Z"},
        {"start": "2999-01-02T00:00:00Z", "end": "2999-01-01T00:00:00Z"},
        {"end": "2999-13-01T00:00:00Z"},
        {"end": "2999-01-01T00:00:00Z", "min": 2, "max": 1},
        {"end": "2999-01-01T00:00:00Z", "hypervisor_properties": "vcpus > 4"},
        {"end": "2999-01-01T00:00:00Z", "resource_properties": '["=", "$colour", "red"]'},
    ],
)
def test_a_lease_that_nobody_could_ask_for_is_refused(service: Service, body: dict[str, Any]) -> None:
    assert error_of(service.ask("post", "/v1/plans", OURS, json=body)) == (400, "bad_lease")


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"min": 1},
        {"end": "tomorrow"},
        {"end": "2999-01-01T00:00:00Z", "min": 0},
        {"end": "2999-01-01T00:00:00Z", "resource_type": "virtual:instance"},
        {"end": "2999-01-01T00:00:00Z", "lease_id": "a"},
        {"lease_id": "a", "min": 1},
        {"end": "2999-01-01T00:00:00Z", "colour": "red"},
    ],
)
def test_what_the_document_does_not_know_is_refused(service: Service, body: dict[str, Any]) -> None:
    assert error_of(service.ask("post", "/v1/plans", OURS, json=body)) == (400, "bad_request")
