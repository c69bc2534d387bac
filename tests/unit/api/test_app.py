# SPDX-License-Identifier: Apache-2.0
"""What holds for every route, told from the table of routes and the document."""

from collections.abc import Callable
from typing import Any

import pytest
import schemathesis
from falcon import testing

from blazar_spot.api import document, policies
from blazar_spot.api.document import Document
from blazar_spot.api.routes import table
from blazar_spot.testing.store import FakeStore
from tests.unit.api.served import (
    NOBODY,
    OURS,
    THEIRS,
    Service,
    error_of,
    made,
    put_incident,
    put_reclaim,
    put_webhook,
    use_cases,
)

DOCUMENT = document.service()
OPERATIONS = sorted(DOCUMENT.operations)
CLOSED = [one for one in OPERATIONS if not DOCUMENT.operations[one].is_public]
OF_THE_CLOUD = [one for one in OPERATIONS if "{flavor_id}" in one[0] or "{host}" in one[0]]
"""The operations on one object that belongs to no project."""
OF_ONE = [one for one in OPERATIONS if "{" in one[0] and one not in OF_THE_CLOUD]
"""The operations on one object of a project."""
OF_ALL = [one for one in CLOSED if "{" not in one[0]]
WITHIN = [one for one in OF_ONE if one[0].count("{") > 1]
"""The operations on an object that belongs to another one."""

BODIES: dict[tuple[str, str], dict[str, Any]] = {
    ("/v1/webhooks", "post"): {"name": "new", "url": "https://receiver.example/"},
    ("/v1/webhooks/{webhook_id}", "patch"): {"name": "renamed"},
    ("/v1/webhooks/{webhook_id}/subscriptions", "post"): {},
    ("/v1/vendordata", "post"): {"project-id": "ours", "instance-id": "instance-a"},
    ("/v1/plans", "post"): {"end": "2999-01-01T00:00:00Z"},
    ("/v1/switch", "put"): {"is_paused": True, "reason": "maintenance"},
}
"""What the operations that need a body are given."""


def ask(service: Service, method: str, path: str, who: dict[str, str], **more: Any) -> testing.Result:
    """Ask for an object of the project ``ours``, or for its list."""
    body = {"json": BODIES[path, method]} if (path, method) in BODIES else {}
    return service.ask(method, filled(path), who, template=path, **body, **more)


def filled(template: str) -> str:
    """The path of an object of the project ``ours``."""
    return template.format(
        event_id="notice-a",
        webhook_id="webhook-a",
        subscription_id="subscription-a",
        delivery_id="message-a",
        flavor_id="flavor-a",
        host="host-a",
        instance_id="instance-a",
        reclaim_id="reclaim-a",
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
    put_reclaim(store, "a")
    put_webhook(store, "a")
    body = {"json": BODIES[path, method]} if (path, method) in BODIES else {}
    theirs = ask(service, method, path, THEIRS)
    none = service.ask(method, filled(path).replace("-a", "-b"), THEIRS, template=path, **body)
    assert error_of(theirs) == error_of(none) == (404, "not_found")
    assert theirs.json["error"]["message"] == none.json["error"]["message"]
    ours = ask(service, method, path, OURS)
    assert ours.status_code < 300 or error_of(ours) == (409, "already_noticed")


@pytest.mark.parametrize(("path", "method"), OF_THE_CLOUD)
def test_what_belongs_to_no_project_is_for_admins(service: Service, path: str, method: str) -> None:
    assert error_of(ask(service, method, path, OURS)) == (403, "forbidden")


@pytest.mark.parametrize(("path", "method"), OF_ALL)
@pytest.mark.parametrize("query", [{}, {"all_projects": "true"}, {"instance_id": "instance-a"}])
def test_no_list_and_no_question_shows_anything_of_another_project(
    service: Service, store: FakeStore, path: str, method: str, query: dict[str, str]
) -> None:
    put_incident(store, "a")
    put_reclaim(store, "a")
    put_webhook(store, "a")
    known = {name: value for name, value in query.items() if name in DOCUMENT.operations[path, method].query}
    theirs = ask(service, method, path, THEIRS, params=known)
    assert theirs.status_code < 300 or theirs.status_code == 403
    assert not any(word in theirs.text for word in ("-a", "Größe", '"ours"'))


@pytest.mark.parametrize(("path", "method"), WITHIN)
def test_another_projects_object_is_not_reached_through_ones_own(
    service: Service, store: FakeStore, path: str, method: str
) -> None:
    put_webhook(store, "a")
    put_webhook(store, "b", "theirs")
    through_theirs = filled(path).replace("webhook-a", "webhook-b")
    writes = store.writes
    assert error_of(service.ask(method, through_theirs, THEIRS, template=path)) == (404, "not_found")
    assert store.writes == writes


def test_what_others_do_to_the_objects_of_a_project_changes_nothing(service: Service, store: FakeStore) -> None:
    put_incident(store, "a")
    put_reclaim(store, "a")
    put_webhook(store, "a")
    writes = store.writes
    for path, method in OF_ONE:
        ask(service, method, path, THEIRS)
    assert store.writes == writes


def test_a_rule_names_every_operation_that_is_not_for_everybody_and_no_other() -> None:
    named = {
        (str(use["path"]).partition("?")[0], str(use["method"]).lower())
        for rule in policies.list_rules()
        for use in rule.operations
    }
    assert named == set(CLOSED)


@pytest.mark.parametrize("read", [document.service, document.receiver])
def test_the_documents_are_good_openapi_and_are_what_is_served(service: Service, read: Callable[[], Document]) -> None:
    content = read().content
    schemathesis.openapi.from_dict(content).validate()
    path = "/openapi.json" if read is document.service else "/receiver.json"
    assert service.get(path, NOBODY).json == content


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
