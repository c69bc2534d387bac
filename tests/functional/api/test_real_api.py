# SPDX-License-Identifier: Apache-2.0
"""The API under gunicorn, with tokens of a real Keystone, about a notice that a real reservation has caused."""

import time
from typing import Any

import pytest
import requests

from blazar_spot.core.instants import from_iso
from blazar_spot.devcloud.cloud import Cloud
from blazar_spot.devcloud.waiting import wait_until
from tests.functional.api.conftest import Person

SOON = 30
"""Sooner than the API gives up waiting by itself."""


def test_clients_find_the_api_and_its_version_by_the_catalog(cloud: Cloud) -> None:
    session = cloud.connection("demo").session
    found = session.auth.get_endpoint_data(session, service_type="spot", min_version="1.0", max_version="1.latest")
    assert found.api_version == (1, 0)
    assert found.url == f"{cloud.site.url('spot-api')}/v1/"


def test_the_health_of_the_api_is_told_to_anybody(cloud: Cloud) -> None:
    assert requests.get(f"{cloud.site.url('spot-api')}/healthcheck", timeout=30).status_code == 200


def test_the_guest_reads_the_same_deadline_in_all_places(
    cloud: Cloud, guest: str, event: dict[str, Any], people: dict[str, Person]
) -> None:
    project = people["demo"].project_id

    def vendordata() -> dict[str, Any]:
        return dict(cloud.read_vendordata(guest, project).get("spot") or {})

    wait_until(lambda: bool(vendordata()), "the guest reads its vendordata", at_most=120)
    shown, meta = vendordata(), cloud.read_metadata(guest, project)["meta"]
    keys = ("cloud_termination_scheduled_event_time", "cloud_termination_time")
    assert [shown[key] for key in keys] == [meta[key] for key in keys]
    assert [int(meta[key]) for key in keys] == [from_iso(event["decided_at"]), from_iso(event["not_before"])]
    assert shown["event"]["id"] == event["id"]


@pytest.mark.parametrize(("who", "sees_host"), [("demo", False), ("watcher", False), ("admin", True)])
def test_the_project_and_the_admin_see_the_event(
    event: dict[str, Any], people: dict[str, Person], who: str, sees_host: bool
) -> None:
    answer = people[who].get(f"/v1/events/{event['id']}")
    assert answer.status_code == 200
    assert answer.json()["event"]["not_before"] == event["not_before"]
    assert ("host" in answer.json()["event"]) == sees_host


def test_another_project_sees_nothing_of_it(event: dict[str, Any], people: dict[str, Person]) -> None:
    assert people["owner"].get("/v1/events").json()["events"] == []
    assert people["owner"].get(f"/v1/events/{event['id']}").status_code == 404
    assert people["owner"].get("/v1/events", all_projects="true").status_code == 403
    body = {"instance-id": event["instance_id"], "project-id": event["project_id"]}
    assert people["owner"].post("/v1/vendordata", body).status_code == 403


def test_the_admin_finds_it_among_all(event: dict[str, Any], people: dict[str, Person]) -> None:
    assert people["admin"].get("/v1/events").json()["events"] == []
    found = people["admin"].get("/v1/events", all_projects="true").json()["events"]
    assert [one["id"] for one in found] == [event["id"]]


def test_who_waits_in_vain_gets_the_same_document(event: dict[str, Any], people: dict[str, Person]) -> None:
    before = people["demo"].get("/v1/events").json()
    began = time.monotonic()
    assert people["demo"].get("/v1/events", wait=2, incarnation=before["incarnation"]).json() == before
    assert 2 <= time.monotonic() - began < SOON


def test_a_token_that_keystone_does_not_know_is_refused(people: dict[str, Person]) -> None:
    stranger = Person(people["demo"].url, "made-up", "")
    answer = stranger.get("/v1/events")
    assert (answer.status_code, answer.json()["error"]["code"]) == (401, "unauthorized")
    assert answer.headers["WWW-Authenticate"].startswith("Keystone uri=")
    assert answer.json()["error"]["request_id"] == answer.headers["X-Openstack-Request-Id"]
