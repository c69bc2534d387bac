# SPDX-License-Identifier: Apache-2.0
"""What the client asks is understood by the real API, and what is refused comes as an exception of its own."""

from dataclasses import replace
from typing import Any

import pytest
from keystoneauth1.adapter import Adapter
from keystoneauth1.session import Session
from keystoneauth1.token_endpoint import Token

from blazar_spot.client import Client, errors
from blazar_spot.client.door import Door
from blazar_spot.core.promises import NoticeState
from blazar_spot.testing.store import FakeStore
from tests.unit.api.served import ADMIN, NOON, OURS, READER, THEIRS, App, made, put_incident, put_webhook, use_cases
from tests.unit.client.conftest import ClientOf
from tests.unit.client.reached import ADDRESS, reached, session


def test_open_events_are_listed(store: FakeStore, client: Client) -> None:
    put_incident(store, "a")
    put_incident(store, "b", state=NoticeState.WITHDRAWN)
    (event,) = client.events.list()
    assert (event["id"], event["state"], event["not_before"]) == ("notice-a", "scheduled", "2027-01-15T08:15:00Z")


def test_lists_are_read_page_by_page_and_no_further_than_needed(store: FakeStore, app: App) -> None:
    for number in range(7):
        put_incident(store, str(number), decided_at=NOON + number)
    way, network = session(app)
    assert [event["id"] for event in Client(way).events.list(limit=2)] == ["notice-0", "notice-1"]
    assert len(network.asked) == 1
    door = Door(Adapter(way, endpoint_override=ADDRESS))
    all_of_them = door.items("events", "events", {"limit": 3, "flavor": "boost-preemptible"})
    assert [event["id"] for event in all_of_them] == [f"notice-{number}" for number in range(7)]
    assert len(network.asked) == 4


def test_pages_can_be_turned_one_by_one(store: FakeStore, client: Client) -> None:
    for number in range(3):
        put_incident(store, str(number), decided_at=NOON + number)
    first = client.page("events", limit=2, flavor="boost-preemptible")
    assert [event["id"] for event in first.found] == ["notice-0", "notice-1"]
    second = client.page("events", limit=2, marker=first.marker)
    assert ([event["id"] for event in second.found], second.marker) == (["notice-2"], None)


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ({"states": ["withdrawn"]}, ["notice-b"]),
        ({"states": ["withdrawn", "scheduled"]}, ["notice-a", "notice-b"]),
        ({"instance_id": "instance-a"}, ["notice-a"]),
        ({"flavor": "another"}, []),
    ],
)
def test_events_are_found_by_what_they_are(
    store: FakeStore, client: Client, wanted: dict[str, Any], found: list[str]
) -> None:
    put_incident(store, "a")
    put_incident(store, "b", state=NoticeState.WITHDRAWN)
    assert [event["id"] for event in client.events.list(**wanted)] == found


def test_the_admin_lists_the_events_of_all(store: FakeStore, client_of: ClientOf) -> None:
    put_incident(store, "a")
    put_incident(store, "b", "theirs")
    found = list(client_of(ADMIN).events.list(all_projects=True))
    assert [(event["project_id"], event["host"]) for event in found] == [("ours", "gpu-1"), ("theirs", "gpu-1")]
    with pytest.raises(errors.Forbidden):
        list(client_of(OURS).events.list(all_projects=True))


def test_an_event_is_acknowledged(store: FakeStore, client: Client) -> None:
    put_incident(store, "a")
    assert client.events.acknowledge("notice-a")["state"] == "acknowledged"
    assert client.events.acknowledge("notice-a", ready=True)["is_ready"] is True
    assert client.events.get("notice-a")["is_ready"] is True


def test_waiting_ends_with_the_number_of_the_events(store: FakeStore, client: Client) -> None:
    put_incident(store, "a")
    before = client.events.incarnation()
    client.events.acknowledge("notice-a")
    assert client.events.wait(before, 30) == before + 1


def test_a_webhook_has_a_whole_life(client: Client) -> None:
    created = client.webhooks.create("ours", "https://receiver.example/spot", [{"tags": ["blue"]}])
    one = created["id"]
    assert created["secret"] != client.webhooks.rotate(one)["secret"]
    assert client.webhooks.update(one, name="another")["name"] == "another"
    assert client.webhooks.update(one, is_enabled=False)["state"] == "disabled"
    more = client.webhooks.subscribe(one, {"flavors": ["a"]})
    assert [len(hook["subscriptions"]) for hook in client.webhooks.list()] == [2]
    client.webhooks.unsubscribe(one, more["id"])
    client.webhooks.delete(one)
    assert list(client.webhooks.list()) == []


def test_without_a_word_about_subscriptions_there_is_one_to_everything(client: Client) -> None:
    assert len(client.webhooks.create("a", "https://receiver.example/")["subscriptions"]) == 1
    assert client.webhooks.create("b", "https://receiver.example/", [])["subscriptions"] == []


def test_a_delivery_is_shown_and_sent_once_more(store: FakeStore, client: Client) -> None:
    put_webhook(store, "a")
    (told,) = client.deliveries.list("webhook-a", state="delivered")
    again = client.deliveries.redeliver("webhook-a", told["id"])
    assert (again["id"], again["state"]) == (told["id"], "pending")
    assert client.deliveries.get("webhook-a", told["id"]) == again


def test_a_test_is_sent(store: FakeStore, client: Client) -> None:
    put_webhook(store, "a")
    ping = client.webhooks.ping("webhook-a")
    assert ping["id"] in {one["id"] for one in client.deliveries.list("webhook-a")}


def test_what_another_project_has_is_not_there(store: FakeStore, client_of: ClientOf) -> None:
    put_incident(store, "a")
    with pytest.raises(errors.NotFound) as refusal:
        client_of(THEIRS).events.get("notice-a")
    assert (refusal.value.status, refusal.value.code) == (404, "not_found")


@pytest.mark.parametrize("words", ["", "../webhooks", "notice-a/ack", "notice-a?limit=1", "%2e%2e", "Größe"])
def test_no_id_leads_to_another_path(store: FakeStore, client: Client, words: str) -> None:
    put_incident(store, "a")
    with pytest.raises(errors.NotFound):
        client.events.get(words)


def test_refusals_are_told_apart_by_their_codes(store: FakeStore, client: Client, client_of: ClientOf) -> None:
    put_incident(store, "a", state=NoticeState.WITHDRAWN)
    with pytest.raises(errors.NotOpen):
        client.events.acknowledge("notice-a")
    with pytest.raises(errors.BadUrl):
        client.webhooks.create("a", "https://127.0.0.1/")
    with pytest.raises(errors.BadRequest):
        list(client.events.list(states=["made up"]))
    with pytest.raises(errors.Forbidden):
        client_of(READER).webhooks.create("a", "https://receiver.example/")
    for name in "abc":
        client.webhooks.create(name, "https://receiver.example/")
    with pytest.raises(errors.OverQuota, match=r"HTTP 409"):
        client.webhooks.create("d", "https://receiver.example/")


def test_who_gives_no_token_is_told_so(app: App) -> None:
    client = reached(app, {})
    with pytest.raises(errors.Unauthorized):
        list(client.events.list())


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (502, None, errors.ApiError),
        (503, ["words"], errors.Unavailable),
        (404, {"error": "words"}, errors.NotFound),
        (409, {"error": {"code": "quite_new", "message": "Not like this.", "request_id": "req-1"}}, errors.Conflict),
    ],
)
def test_an_answer_in_another_shape_is_an_error_too(status: int, body: Any, kind: type[errors.ApiError]) -> None:
    assert type(errors.error_of(status, body)) is kind


def test_an_error_names_the_request_for_the_operator() -> None:
    error = errors.error_of(404, {"error": {"code": "not_found", "message": "There is none.", "request_id": "req-1"}})
    assert str(error) == "There is none. (HTTP 404) (Request-ID: req-1)"


def test_an_address_of_ones_own_counts_more_than_the_catalogs() -> None:
    client = Client(Session(auth=Token("http://other.example", "t")), endpoint_override="http://127.0.0.1:1/v1")
    with pytest.raises(Exception, match=r"http://127\.0\.0\.1:1/v1/webhooks"):
        list(client.webhooks.list())


def test_webhooks_that_the_cloud_does_not_have_are_not_found(store: FakeStore) -> None:
    client = reached(made(replace(use_cases(store), webhooks=None)))
    with pytest.raises(errors.NotFound):
        list(client.webhooks.list())
