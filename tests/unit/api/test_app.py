# SPDX-License-Identifier: Apache-2.0
"""What holds for every route, told from the table of routes and the document."""

from typing import Any

import pytest
from falcon import testing

from blazar_spot.api import document
from blazar_spot.api.routes import table
from blazar_spot.testing.store import FakeStore
from tests.unit.api.served import NOBODY, OURS, THEIRS, Service, error_of, made, put_incident, put_webhook, use_cases

DOCUMENT = document.service()
OPERATIONS = sorted(DOCUMENT.operations)
CLOSED = [one for one in OPERATIONS if not DOCUMENT.operations[one].is_public]
OF_ONE = [one for one in OPERATIONS if "{" in one[0]]
"""The operations on one object."""


BODIES: dict[tuple[str, str], dict[str, Any]] = {
    ("/v1/webhooks", "post"): {"name": "ours", "url": "https://receiver.example/"},
    ("/v1/webhooks/{webhook_id}", "patch"): {"name": "renamed"},
    ("/v1/webhooks/{webhook_id}/subscriptions", "post"): {},
}
"""What the operations that need a body are given."""


def filled(template: str) -> str:
    """The path of an object of the project ``ours``."""
    return template.format(
        event_id="notice-a", webhook_id="webhook-a", subscription_id="subscription-a", delivery_id="message-a"
    )


def test_the_document_and_the_table_of_routes_are_about_the_same_operations() -> None:
    described = document.service()
    handlers = table(use_cases(FakeStore()), described)
    served = {
        (path, method)
        for path, handler in handlers.items()
        for method in document.METHODS
        if hasattr(handler, f"on_{method}")
    }
    assert served == set(described.operations)


@pytest.mark.parametrize(("path", "method"), CLOSED)
def test_nobody_comes_in_without_a_token(service: Service, path: str, method: str) -> None:
    answer = service.ask(method, filled(path), NOBODY, template=path)
    assert error_of(answer) == (401, "unauthorized")


@pytest.mark.parametrize(("path", "method"), OF_ONE)
def test_another_projects_object_is_answered_like_none(
    service: Service, store: FakeStore, path: str, method: str
) -> None:
    put_incident(store, "a")
    put_webhook(store, "a")
    body = {"json": BODIES[path, method]} if (path, method) in BODIES else {}
    theirs = service.ask(method, filled(path), THEIRS, template=path, **body)
    none = service.ask(method, filled(path).replace("-a", "-b"), THEIRS, template=path, **body)
    assert error_of(theirs) == error_of(none) == (404, "not_found")
    assert theirs.json["error"]["message"] == none.json["error"]["message"]
    assert service.ask(method, filled(path), OURS, template=path, **body).status_code < 300


@pytest.mark.parametrize(("path", "method"), OPERATIONS)
def test_a_parameter_that_nobody_knows_is_refused(service: Service, path: str, method: str) -> None:
    assert error_of(service.ask(method, filled(path), template=path, params={"colour": "red"})) == (400, "bad_request")


@pytest.mark.parametrize("path", ["/v2", "/v1/events/notice-a/more", "/v1/event", "/v1//events", "/v1/events/a%2Fb"])
def test_what_is_nowhere_is_not_found(service: Service, path: str) -> None:
    answer = service.client.simulate_get(path, headers=OURS)
    assert error_of(answer) == (404, "not_found")


def test_a_method_that_a_path_does_not_have_is_said_with_those_that_it_has(service: Service) -> None:
    answer = service.client.simulate_delete("/v1/events", headers=OURS)
    assert error_of(answer) == (405, "method_not_allowed")
    assert "GET" in answer.headers["allow"]


def test_an_error_inside_is_answered_without_what_it_was(caplog: pytest.LogCaptureFixture) -> None:
    class Broken:
        def begin(self) -> Any:
            raise ZeroDivisionError("the password is swordfish")

    client = testing.TestClient(made(use_cases(Broken())))  # type: ignore[arg-type]
    answer = client.simulate_get("/v1/events", headers=OURS)
    assert error_of(answer) == (500, "internal")
    assert "swordfish" not in answer.text
    assert "swordfish" in caplog.text


def test_an_error_names_the_request(service: Service) -> None:
    answer = service.client.simulate_get("/v2", extras={"openstack.request_id": "req-1"})
    assert answer.json["error"]["request_id"] == "req-1"
