# SPDX-License-Identifier: Apache-2.0
"""The whole WSGI application as a server loads it, with Keystone's own middleware, over a real database.

Keystone is a small one of the tests, which knows some tokens.
"""

import json
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from falcon import testing
from webob import Request

from blazar_spot import wiring
from blazar_spot.db import migration
from blazar_spot.db.engine import Database
from blazar_spot.db.store import SqlStore
from tests.unit.api.served import check, error_of, put_incident

SPOOFED = {"X-User-Id": "somebody", "X-Project-Id": "ours", "X-Roles": "admin", "X-Identity-Status": "Confirmed"}


class Keystone(BaseHTTPRequestHandler):
    """Takes every password, and knows the tokens ours and theirs, of members of projects of these names."""

    is_ill = False

    def do_GET(self) -> None:
        if self.path.startswith("/v3/auth/tokens"):
            known = self.headers["X-Subject-Token"] in ("ours", "theirs")
            self._answer(200 if known else 404, self._token(self.headers["X-Subject-Token"]))
        else:
            port = self.server.server_address[1]
            links = [{"rel": "self", "href": f"http://127.0.0.1:{port}/v3/"}]
            self._answer(200, {"version": {"id": "v3.14", "status": "stable", "links": links}})

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self._answer(201, self._token("service"), {"X-Subject-Token": "service"})

    def _token(self, project: str) -> dict[str, Any]:
        port = self.server.server_address[1]
        endpoint = {"id": "1", "interface": "internal", "region": "R", "url": f"http://127.0.0.1:{port}/v3"}
        domain = {"id": "default", "name": "Default"}
        token = {
            "methods": ["password"],
            "user": {"id": f"user of {project}", "name": project, "domain": domain},
            "project": {"id": project, "name": project, "domain": domain},
            "roles": [{"id": "1", "name": "member"}, {"id": "2", "name": "reader"}],
            "catalog": [{"type": "identity", "name": "keystone", "endpoints": [endpoint]}],
            "issued_at": "2026-01-01T00:00:00.000000Z",
            "expires_at": "2999-01-01T00:00:00.000000Z",
        }
        return {"token": token}

    def _answer(self, status: int, content: dict[str, Any], headers: dict[str, str] | None = None) -> None:
        data = json.dumps(content if not type(self).is_ill else {}).encode()
        self.send_response(503 if type(self).is_ill else status)
        for name, value in {"Content-Type": "application/json", **(headers or {})}.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, format: str, *arguments: Any) -> None:  # noqa: A002 - its parent's name
        """Tests say nothing."""


@pytest.fixture
def keystone() -> Iterator[type[Keystone]]:
    one = type("OneKeystone", (Keystone,), {})
    with ThreadingHTTPServer(("127.0.0.1", 0), one) as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        thread.start()
        one.port = server.server_address[1]  # type: ignore[attr-defined]
        yield one
        server.shutdown()
        thread.join()


@pytest.fixture
def served(keystone: Any, tmp_path: Path) -> Any:
    url = f"sqlite:///{tmp_path}/spot.db"
    migration.sync(database := Database(url))
    put_incident(SqlStore(database), "a")
    file = tmp_path / "blazar-spot.conf"
    file.write_text(f"""
[database]
connection = {url}
[keystone_authtoken]
auth_type = password
auth_url = http://127.0.0.1:{keystone.port}/v3
username = spot
password = secret
project_name = service
user_domain_name = Default
project_domain_name = Default
www_authenticate_uri = https://keystone.example/v3
http_request_max_retries = 0
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


def test_a_keystone_that_is_ill_is_not_the_tokens_fault(client: testing.TestClient, keystone: Any) -> None:
    keystone.is_ill = True
    answer = client.simulate_get("/v1/events", headers={"X-Auth-Token": "ours"})
    check(answer, "/v1/events", "get")
    assert error_of(answer) == (503, "unavailable")


@pytest.mark.parametrize("path", ["/", "/v1", "/v1/", "/openapi.json", "/healthcheck"])
def test_what_is_public_asks_for_no_token_and_needs_no_keystone(
    client: testing.TestClient, keystone: Any, path: str
) -> None:
    keystone.is_ill = True
    for headers in ({}, {"X-Auth-Token": "made up"}):
        assert client.simulate_get(path, headers=headers).status_code == 200


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


def test_behind_a_proxy_links_lead_to_the_proxy(client: testing.TestClient) -> None:
    headers = {"X-Forwarded-Proto": "https", "X-Forwarded-Host": "cloud.example", "X-Forwarded-Prefix": "/spot"}
    answer = client.simulate_get("/", headers=headers)
    assert answer.json["versions"][0]["links"][0]["href"] == "https://cloud.example/spot/v1/"
