# SPDX-License-Identifier: Apache-2.0
"""/v1/webhooks over HTTP."""

from dataclasses import replace
from typing import Any

import pytest

from blazar_spot.core.messages import TYPES
from blazar_spot.core.webhooks import WebhookState
from blazar_spot.testing.store import FakeStore
from tests.unit.api import served
from tests.unit.api.served import ADMIN, OURS, READER, THEIRS, Service, error_of, put_delivery, put_webhook, use_cases

NEW = {"name": "ours", "url": "https://receiver.example/spot"}
ONE = "/v1/webhooks/{webhook_id}"
A = "/v1/webhooks/webhook-a"


def create(service: Service, **more: Any) -> Any:
    return service.ask("post", "/v1/webhooks", json=NEW | more)


def test_a_webhook_is_created_with_a_secret_that_is_not_shown_again(service: Service) -> None:
    answer = create(service)
    assert answer.status_code == 201
    webhook = answer.json["webhook"]
    assert (webhook["state"], webhook["project_id"], len(webhook["subscriptions"])) == ("unverified", "ours", 1)
    assert answer.headers["location"].endswith(f"/v1/webhooks/{webhook['id']}")
    secret = webhook.pop("secret")
    assert secret.startswith("whsec_")
    shown = service.get(f"/v1/webhooks/{webhook['id']}", template=ONE)
    assert shown.json == {"webhook": webhook}
    assert secret not in shown.text


def test_subscriptions_are_created_with_it_and_later(service: Service, store: FakeStore) -> None:
    wanted = {"event_types": ["spot.notice.scheduled"], "tags": ["blue"]}
    webhook = create(service, subscriptions=[wanted]).json["webhook"]
    (first,) = webhook["subscriptions"]
    assert (first["event_types"], first["tags"], first["flavors"]) == (["spot.notice.scheduled"], ["blue"], [])
    path = f"/v1/webhooks/{webhook['id']}/subscriptions"
    second = service.ask("post", path, template=f"{ONE}/subscriptions", json={"flavors": ["a"]})
    assert (second.status_code, second.json["subscription"]["flavors"]) == (201, ["a"])
    one = f"{ONE}/subscriptions/{{subscription_id}}"
    assert service.ask("delete", f"{path}/{first['id']}", template=one).status_code == 204
    assert error_of(service.ask("delete", f"{path}/{first['id']}", template=one)) == (404, "not_found")
    left = service.get(f"/v1/webhooks/{webhook['id']}", template=ONE).json["webhook"]["subscriptions"]
    assert left == [second.json["subscription"]]


def test_the_document_knows_the_types_that_there_are() -> None:
    assert set(TYPES) == set(served.document.service().content["components"]["schemas"]["MessageType"]["enum"])


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (NEW | {"url": "https://127.0.0.1/"}, "bad_url"),
        (NEW | {"url": ""}, "bad_request"),
        (NEW | {"url": "ftp://receiver.example/"}, "bad_request"),
        (NEW | {"url": "https://receiver.example/\r\nHost: other"}, "bad_request"),
        (NEW | {"name": ""}, "bad_request"),
        (NEW | {"colour": "red"}, "bad_request"),
        (NEW | {"subscriptions": [{"event_types": ["spot.unknown"]}]}, "bad_request"),
        (NEW | {"subscriptions": [{"host": ["gpu-1"]}]}, "bad_request"),
        ({"name": "ours"}, "bad_request"),
    ],
)
def test_what_cannot_be_used_is_refused_and_nothing_is_stored(
    service: Service, store: FakeStore, body: dict[str, Any], code: str
) -> None:
    assert error_of(service.ask("post", "/v1/webhooks", json=body)) == (400, code)
    assert store.webhooks == []


def test_a_project_may_have_so_many(service: Service) -> None:
    answers = [create(service) for _ in range(4)]
    assert [answer.status_code for answer in answers] == [201, 201, 201, 409]
    assert error_of(answers[-1]) == (409, "over_quota")


def test_projects_see_their_own_and_admins_all(service: Service, store: FakeStore) -> None:
    put_webhook(store, "a")
    put_webhook(store, "b", "theirs")
    ids = [[one["id"] for one in service.get("/v1/webhooks", who).json["webhooks"]] for who in (OURS, THEIRS)]
    assert ids == [["webhook-a"], ["webhook-b"]]
    everything = service.get("/v1/webhooks?all_projects=true", ADMIN).json["webhooks"]
    assert [one["id"] for one in everything] == ["webhook-a", "webhook-b"]
    assert error_of(service.get("/v1/webhooks?all_projects=true")) == (403, "forbidden")
    assert service.get(A, ADMIN, template=ONE).status_code == 200


def test_webhooks_are_listed_page_by_page_and_by_state(service: Service, store: FakeStore) -> None:
    for name in "cab":
        put_webhook(store, name)
    put_webhook(store, "aa", state=WebhookState.DISABLED)
    put_webhook(store, "ab", "theirs")
    link, pages = "limit=2&state=enabled", []
    while link:
        answer = service.get("/v1/webhooks", query_string=link).json
        pages.append([one["id"] for one in answer["webhooks"]])
        link = answer["links"][0]["href"].partition("?")[2] if answer["links"] else ""
    assert pages == [["webhook-a", "webhook-b"], ["webhook-c"]]
    assert len(service.get("/v1/webhooks?all_projects=true&marker=webhook-a", ADMIN).json["webhooks"]) == 4


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("post", "/v1/webhooks", NEW),
        ("patch", ONE, {"name": "x"}),
        ("delete", ONE, None),
        ("post", f"{ONE}/secret", None),
        ("post", f"{ONE}/ping", None),
        ("post", f"{ONE}/subscriptions", {}),
        ("delete", f"{ONE}/subscriptions/{{subscription_id}}", None),
        ("post", f"{ONE}/deliveries/{{delivery_id}}/redeliver", None),
    ],
)
def test_readers_see_and_change_nothing(
    service: Service, store: FakeStore, method: str, path: str, body: dict[str, Any] | None
) -> None:
    put_webhook(store, "a")
    before = (store.webhooks, store.deliveries)
    where = path.format(webhook_id="webhook-a", subscription_id="subscription-a", delivery_id="message-a")
    more = {} if body is None else {"json": body}
    assert error_of(service.ask(method, where, READER, template=path, **more)) == (403, "forbidden")
    assert (store.webhooks, store.deliveries) == before


def test_an_admin_may_not_be_shown_another_projects_secret(service: Service, store: FakeStore) -> None:
    put_webhook(store, "a")
    answer = service.ask("post", f"{A}/secret", ADMIN, template=f"{ONE}/secret")
    assert error_of(answer) == (403, "forbidden")


def test_a_secret_is_rotated(service: Service, store: FakeStore) -> None:
    put_webhook(store, "a")
    answer = service.ask("post", f"{A}/secret", template=f"{ONE}/secret")
    assert answer.json["webhook"]["secret"].startswith("whsec_")
    assert answer.json["webhook"]["old_secret_until"] == "2027-01-16T08:00:00Z"


def test_a_webhook_is_renamed_moved_disabled_enabled_and_deleted(service: Service, store: FakeStore) -> None:
    put_webhook(store, "a")

    def change(**body: Any) -> dict[str, Any]:
        changed: dict[str, Any] = service.ask("patch", A, template=ONE, json=body).json["webhook"]
        return changed

    assert change(name="renamed")["state"] == "enabled"
    assert change(url="https://other.example/")["state"] == "unverified"
    assert change(is_enabled=False)["reason"] == "its owner has disabled it"
    assert change(is_enabled=True)["state"] == "unverified"
    assert error_of(service.ask("patch", A, template=ONE, json={})) == (400, "bad_request")
    assert service.ask("delete", A, template=ONE).status_code == 204
    assert error_of(service.get(A, template=ONE)) == (404, "not_found")


def test_a_ping_is_a_delivery_that_can_be_followed_and_repeated(service: Service, store: FakeStore) -> None:
    put_webhook(store, "a")
    sent = service.ask("post", f"{A}/ping", template=f"{ONE}/ping")
    assert sent.status_code == 202
    delivery = sent.json["delivery"]
    assert (delivery["type"], delivery["state"], delivery["next_try_at"]) == (
        "spot.webhook.ping",
        "pending",
        "2027-01-15T08:00:00Z",
    )
    one = f"{ONE}/deliveries/{{delivery_id}}"
    assert service.get(f"{A}/deliveries/{delivery['id']}", template=one).json["delivery"] == delivery
    again = f"{one}/redeliver"
    pending = service.ask("post", f"{A}/deliveries/{delivery['id']}/redeliver", template=again)
    assert error_of(pending) == (409, "not_now")
    done = service.ask("post", f"{A}/deliveries/message-a/redeliver", template=again)
    assert (done.status_code, done.json["delivery"]["state"], done.json["delivery"]["id"]) == (
        202,
        "pending",
        "message-a",
    )


def test_one_ping_is_enough(service: Service, store: FakeStore) -> None:
    put_webhook(store, "a")
    assert service.ask("post", f"{A}/ping", template=f"{ONE}/ping").status_code == 202
    assert error_of(service.ask("post", f"{A}/ping", template=f"{ONE}/ping")) == (409, "not_now")


def test_who_is_not_enabled_is_not_sent_a_ping(service: Service, store: FakeStore) -> None:
    put_webhook(store, "a", state=WebhookState.DISABLED)
    assert error_of(service.ask("post", f"{A}/ping", template=f"{ONE}/ping")) == (409, "not_now")


def test_deliveries_are_listed_page_by_page(service: Service, store: FakeStore) -> None:
    put_webhook(store, "a")
    put_delivery(store, "webhook-a", "message-b")
    service.ask("post", f"{A}/ping", template=f"{ONE}/ping")
    template = f"{ONE}/deliveries"
    everything = service.get(f"{A}/deliveries", template=template)
    assert (len(everything.json["deliveries"]), everything.json["links"]) == (3, [])
    first = service.get(f"{A}/deliveries?limit=2", template=template)
    (link,) = first.json["links"]
    path, _, query = link["href"].partition("?")
    assert path.endswith(f"{A}/deliveries")
    rest = service.get(f"{A}/deliveries?{query}", template=template)
    assert first.json["deliveries"] + rest.json["deliveries"] == everything.json["deliveries"]
    assert rest.json["links"] == []
    done = service.get(f"{A}/deliveries?state=delivered", template=template).json["deliveries"]
    assert [(one["id"], one["status"], one["response"]) for one in done] == [
        ("message-b", 200, "fine"),
        ("message-a", 200, "fine"),
    ]
    assert error_of(service.get(f"{A}/deliveries?marker=unknown", template=template)) == (404, "not_found")
    assert error_of(service.get(f"{A}/deliveries?limit=0", template=template)) == (400, "bad_request")


def test_a_cloud_without_webhooks_has_none_of_their_paths() -> None:
    parts = use_cases(FakeStore())
    client = served.testing.TestClient(served.made(replace(parts, webhooks=None)))
    assert client.simulate_get("/v1/webhooks", headers=OURS).status_code == 404
