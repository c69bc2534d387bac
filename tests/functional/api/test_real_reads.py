# SPDX-License-Identifier: Apache-2.0
"""What the people of a real cloud see of the same reservation: its victim, its owner, an operator."""

from typing import Any
from uuid import uuid4

import pytest

from blazar_spot.demo.cast import Stage
from blazar_spot.demo.compressed_time import GPUS
from blazar_spot.devcloud.cloud import Cloud
from blazar_spot.devcloud.waiting import wait_until
from tests.functional.api.conftest import Person

CLASS = "CUSTOM_GPU"


@pytest.fixture(scope="session")
def reclaim(event: dict[str, Any], people: dict[str, Person]) -> dict[str, Any]:
    """The reclaim behind the event, as its owner finds it."""
    (found,) = people["owner"].get("/v1/reclaims").json()["reclaims"]
    return dict(found)


def test_the_victim_reads_until_when_it_may_run(guest: str, event: dict[str, Any], people: dict[str, Person]) -> None:
    (listed,) = people["demo"].get("/v1/instances").json()["instances"]
    assert (listed["id"], listed["event"]["id"]) == (guest, event["id"])
    assert listed["guaranteed_until"] == listed["expected_until"] == event["not_before"]
    assert "host" not in listed
    assert people["demo"].get(f"/v1/instances/{guest}").json()["instance"] == listed
    assert people["owner"].get(f"/v1/instances/{guest}").status_code == 404


def test_the_owner_reads_how_far_the_lease_is_and_not_whose_instance_has_to_go(
    guest: str, reclaim: dict[str, Any], people: dict[str, Person]
) -> None:
    (lease,) = people["owner"].get("/v1/leases").json()["leases"]
    assert (lease["lease_id"], lease["lease_name"]) == (reclaim["lease_id"], reclaim["lease_name"])
    assert lease["lease_name"]
    assert (lease["hosts"], lease["hosts_ready"], lease["instances_to_go"]) == (1, 0, 1)
    answer = people["owner"].get(f"/v1/reclaims/{reclaim['id']}")
    assert (answer.json()["reclaim"]["victims"], answer.json()["reclaim"]["victims_of_others"]) == ([], 1)
    assert guest not in answer.text
    assert people["demo"].get("/v1/leases").json()["leases"] == []
    many = [lease["lease_id"], *(str(uuid4()) for _ in range(99))]
    assert people["owner"].get("/v1/leases", lease_id=many).json()["leases"] == [lease]
    assert people["demo"].get(f"/v1/reclaims/{reclaim['id']}").status_code == 404


def test_the_operator_reads_all_of_it(
    guest: str, stage: Stage, reclaim: dict[str, Any], people: dict[str, Person]
) -> None:
    shown = people["admin"].get(f"/v1/reclaims/{reclaim['id']}").json()["reclaim"]
    assert shown["host"] == stage.host
    (victim,) = shown["victims"]
    assert (victim["instance_id"], victim["stage"]) == (guest, "told")
    told = [one["what"] for one in shown["timeline"]]
    assert told.index("is fenced") < told.index("notice")
    assert people["admin"].get("/v1/breaches").status_code == 200
    assert people["owner"].get("/v1/breaches").status_code == 403


def test_the_pool_that_is_closed_for_it_takes_nobody(
    cloud: Cloud, stage: Stage, reclaim: dict[str, Any], people: dict[str, Person]
) -> None:
    pool = people["admin"].get(f"/v1/pools/{stage.host}").json()["pool"]
    assert (pool["is_closed"], pool["closed_because"], pool["instances"]) == (True, ["claim"], 1)
    assert [one["reclaim_id"] for one in pool["claims"]] == [reclaim["id"]]
    (gpus,) = [one for one in pool["resources"] if one["resource_class"] == CLASS]
    assert (gpus["total"], gpus["reserved"], gpus["used"]) == (GPUS, GPUS, 1)
    listed = people["admin"].get("/v1/pools").json()["pools"]
    assert {one["host"] for one in listed} == {host.name for host in cloud.site.options.hosts}
    open_hosts = sum(not one["is_closed"] for one in listed)
    offers = people["demo"].get("/v1/capacity").json()["flavors"]
    assert [one["available"] for one in offers if one["resources"].get(CLASS) == 1] == [open_hosts * GPUS]
    assert people["demo"].get("/v1/pools").status_code == 403


def test_a_plan_knows_blazars_hosts_and_what_is_in_the_way(
    cloud: Cloud, stage: Stage, reclaim: dict[str, Any], people: dict[str, Person]
) -> None:
    hosts = len(cloud.site.options.hosts)
    wanted = {"end": "2098-01-01T00:00:00Z", "min": hosts, "hypervisor_properties": '[">", "$vcpus", "1"]'}

    def plan(who: str) -> dict[str, Any]:
        return dict(people[who].post("/v1/plans", wanted).json()["plan"])

    def blocked() -> list[dict[str, Any]]:
        return [one for one in plan("admin")["blockers"] if one["kind"] == "reservation"]

    wait_until(lambda: bool(blocked()), "Blazar's hosts are published", at_most=120)
    assert [one["host"] for one in blocked()] == [stage.host]
    assert (plan("owner")["code"], plan("owner")["is_feasible"]) == ("not_enough_hosts", False)
    assert stage.host not in str(plan("owner"))
    named = {"end": wanted["end"], "hypervisor_properties": f'["=", "$hypervisor_hostname", "{stage.host}"]'}
    taken = people["admin"].post("/v1/plans", named).json()["plan"]
    assert (taken["is_feasible"], {one["host"] for one in taken["blockers"]}) == (False, {stage.host})
    others = {**named, "resource_properties": f'["!=", "$hypervisor_hostname", "{stage.host}"]'}
    assert people["admin"].post("/v1/plans", others).json()["plan"]["blockers"] == []
    again = people["owner"].post("/v1/plans", {"lease_id": reclaim["lease_id"]})
    assert again.status_code == 200
    assert people["demo"].post("/v1/plans", {"lease_id": reclaim["lease_id"]}).status_code == 404
