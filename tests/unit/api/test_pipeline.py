# SPDX-License-Identifier: Apache-2.0
"""The whole WSGI application as a server loads it, with Keystone's own middleware, over a real database."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from wsgiref.validate import validator

import pytest
from falcon import testing
from webob import Request

from blazar_spot import wiring
from blazar_spot.db import migration
from blazar_spot.db.engine import Database
from blazar_spot.db.store import SqlStore
from blazar_spot.testing import keystone as testing_keystone
from blazar_spot.testing.keystone import FakeKeystone
from tests.unit.adapters.test_fernet_keyring import KEY
from tests.unit.api.served import check, error_of, put_incident

SPOOFED = {"X-User-Id": "somebody", "X-Project-Id": "ours", "X-Roles": "admin", "X-Identity-Status": "Confirmed"}


@pytest.fixture
def keystone() -> Iterator[FakeKeystone]:
    with testing_keystone.keystone() as server:
        yield server


@pytest.fixture
def served(keystone: FakeKeystone, tmp_path: Path) -> Any:
    url = f"sqlite:///{tmp_path}/spot.db"
    migration.sync(database := Database(url))
    put_incident(SqlStore(database), "a")
    file = tmp_path / "blazar-spot.conf"
    file.write_text(f"""
[database]
connection = {url}
{keystone.settings}
[oslo_middleware]
enable_proxy_headers_parsing = true
[cors]
allowed_origin = https://dashboard.example
""")
    return wiring.api(wiring.load(str(file)))


@pytest.fixture
def client(served: Any) -> testing.TestClient:
    return testing.TestClient(lambda environ, start: served(environ, start))


def test_a_good_token_shows_its_projects_events(client: testing.TestClient) -> None:
    ours = client.simulate_get("/v1/events", headers={"X-Auth-Token": "ours"})
    assert [one["id"] for one in ours.json["events"]] == ["notice-a"]
    theirs = client.simulate_get("/v1/events", headers={"X-Auth-Token": "theirs"})
    assert theirs.json["events"] == []


@pytest.mark.parametrize("headers", [{}, {"X-Auth-Token": "made up"}, SPOOFED])
def test_no_token_or_a_bad_one_is_refused_in_our_own_words(client: testing.TestClient, headers: dict[str, str]) -> None:
    answer = client.simulate_get("/v1/events", headers=headers)
    check(answer, "/v1/events", "get")
    assert error_of(answer) == (401, "unauthorized")
    assert answer.headers["www-authenticate"] == 'Keystone uri="https://keystone.example/v3"'
    assert answer.json["error"]["request_id"] == answer.headers["x-openstack-request-id"]


def test_a_keystone_that_is_ill_is_not_the_tokens_fault(client: testing.TestClient, keystone: FakeKeystone) -> None:
    keystone.is_ill = True
    answer = client.simulate_get("/v1/events", headers={"X-Auth-Token": "ours"})
    check(answer, "/v1/events", "get")
    assert error_of(answer) == (503, "unavailable")


@pytest.mark.parametrize("path", ["/", "/v1", "/v1/", "/openapi.json", "/healthcheck"])
def test_what_is_public_asks_for_no_token_and_needs_no_keystone(
    client: testing.TestClient, keystone: FakeKeystone, path: str
) -> None:
    keystone.is_ill = True
    for headers in ({}, {"X-Auth-Token": "made up"}):
        assert client.simulate_get(path, headers=headers).status_code == 200


def test_webhooks_are_there_where_their_channel_is_enabled(client: testing.TestClient, tmp_path: Path) -> None:
    ours = {"X-Auth-Token": "ours"}
    assert client.simulate_get("/v1/webhooks", headers=ours).status_code == 404
    file = tmp_path / "blazar-spot.conf"
    file.write_text(f"{file.read_text()}[channels]\nenabled = webhooks\n[webhooks]\nencryption_keys = {KEY}\n")
    enabled = wiring.api(wiring.load(str(file)))
    answer = testing.TestClient(lambda environ, start: enabled(environ, start)).simulate_get(
        "/v1/webhooks", headers=ours
    )
    assert answer.json == {"webhooks": [], "links": []}


def test_what_is_nowhere_is_not_told_to_strangers(client: testing.TestClient) -> None:
    assert client.simulate_get("/v2").status_code == 401
    assert error_of(client.simulate_get("/v2", headers={"X-Auth-Token": "ours"})) == (404, "not_found")


def test_every_answer_has_an_id_of_its_own(client: testing.TestClient) -> None:
    found = {
        client.simulate_get(path).headers["x-openstack-request-id"] for path in ("/", "/v1/events", "/healthcheck")
    }
    assert len(found) == 3


def test_a_browser_of_an_origin_that_is_allowed_may_ask(served: Any) -> None:
    asked = {"Origin": "https://dashboard.example", "Access-Control-Request-Method": "POST"}
    asked["Access-Control-Request-Headers"] = "X-Auth-Token, Content-Type"
    answer = Request.blank("/v1/events", method="OPTIONS", headers=asked).get_response(served)
    assert answer.headers["Access-Control-Allow-Origin"] == "https://dashboard.example"
    assert answer.headers["Access-Control-Allow-Headers"] == "X-Auth-Token,Content-Type"


def test_a_browser_of_another_origin_is_not_let_in(served: Any) -> None:
    for origin in ("https://evil.example", "https://dashboard.example.evil.example", "null"):
        asked = {"Origin": origin, "Access-Control-Request-Method": "POST"}
        for request in (
            Request.blank("/v1/events", method="OPTIONS", headers=asked),
            Request.blank("/v1/events", headers={"Origin": origin, "X-Auth-Token": "ours"}),
        ):
            assert "Access-Control-Allow-Origin" not in request.get_response(served).headers


def test_a_browser_that_is_let_in_may_read_what_its_program_needs(served: Any) -> None:
    headers = {"Origin": "https://dashboard.example"}
    for more in ({}, {"X-Auth-Token": "ours"}):
        answer = Request.blank("/v1/events", headers=headers | more).get_response(served)
        assert answer.headers["Access-Control-Allow-Origin"] == "https://dashboard.example"
        shown = set(answer.headers["Access-Control-Expose-Headers"].split(","))
        assert shown == {"Retry-After", "WWW-Authenticate", "X-Openstack-Request-Id"}


@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", "/"), ("GET", "/v1/events"), ("GET", "/v1/none"), ("POST", "/v1/events/notice-a/ack"), ("DELETE", "/v1")],
)
def test_any_server_can_run_it_that_keeps_to_the_rules_of_wsgi(served: Any, method: str, path: str) -> None:
    """The validator of Python's own library complains about whatever the rules do not allow, on both sides."""
    strict: Any = validator(served)
    client = testing.TestClient(lambda environ, start: strict(environ, start))
    assert client.simulate_request(method, path, headers={"X-Auth-Token": "ours"}).status_code < 500


def test_behind_a_proxy_links_lead_to_the_proxy(client: testing.TestClient) -> None:
    headers = {"X-Forwarded-Proto": "https", "X-Forwarded-Host": "cloud.example", "X-Forwarded-Prefix": "/spot"}
    answer = client.simulate_get("/", headers=headers)
    assert answer.json["versions"][0]["links"][0]["href"] == "https://cloud.example/spot/v1/"
