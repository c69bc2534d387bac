# SPDX-License-Identifier: Apache-2.0
"""Questions that nobody thought of, made by schemathesis from the document: good ones and bad ones, to every operation.

No answer is a 500, each is one that the document has, what it describes is taken and what it does not is refused.
"""

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, settings

from blazar_spot.api import document
from blazar_spot.api.app import App
from blazar_spot.core.promises import NoticeState
from blazar_spot.core.reclaim import State
from blazar_spot.core.webhooks import WebhookState
from blazar_spot.enforcement.watching import Watch
from blazar_spot.testing.clock import FakeClock
from blazar_spot.testing.store import FakeStore
from tests.unit.api.served import OURS, made, put_incident, put_reclaim, put_webhook, token, use_cases

PEOPLE = {"a-member": OURS, "an-operator": token("ours", "admin", "service", "member", "reader")}
"""Whose questions they are, by their tokens: some may ask little, some everything."""
NAMES = {
    "event_id": "notice",
    "flavor_id": "flavor",
    "host": "host",
    "instance_id": "instance",
    "reclaim_id": "reclaim",
    "webhook_id": "webhook",
    "subscription_id": "subscription",
    "delivery_id": "message",
}
LEASE = {
    "start": "2998-01-01T00:00:00Z",
    "end": "2999-01-01T00:00:00Z",
    "hypervisor_properties": "",
    "resource_properties": '["=", "$vcpus", "4"]',
}
Start = Callable[..., Any]


def _store() -> FakeStore:
    store = FakeStore()
    put_incident(store, "a")
    put_incident(store, "b", state=NoticeState.WITHDRAWN)
    put_incident(store, "c", "theirs")
    put_reclaim(store, "a")
    put_reclaim(store, "b", state=State.HANDED_OVER)
    put_reclaim(store, "c", "theirs")
    put_webhook(store, "a")
    put_webhook(store, "b", state=WebhookState.DISABLED)
    put_webhook(store, "c", "theirs")
    return store


class Hasty(Watch):
    """Nobody waits longer than no time."""

    def wait(self, project_id: str, known: int, seconds: float) -> None:
        super().wait(project_id, known, min(seconds, 0.001))


def _app() -> App:
    store = _store()
    return made(replace(use_cases(store), watch=Hasty(store, FakeClock(), places=1)))


APP = _app()


def served(environ: dict[str, Any], start: Start) -> Iterable[bytes]:
    """The API behind a doorman who knows these tokens."""
    known = PEOPLE.get(environ.get("HTTP_X_AUTH_TOKEN", ""), {})
    environ |= {f"HTTP_{name.upper().replace('-', '_')}": value for name, value in known.items()}
    return APP(environ, start)


def _document() -> Any:
    config = schemathesis.Config()
    config.projects.default.generation.with_security_parameters = False
    refused = config.projects.default.checks.negative_data_rejection
    refused.expected_statuses = [*refused.expected_statuses, "413"]  # what is too long is refused before it is read
    return schemathesis.openapi.from_wsgi("/openapi.json", served, config=config)


DOCUMENT = _document()


@pytest.mark.parametrize("who", PEOPLE)
@DOCUMENT.parametrize()
@settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck))
def test_every_question_gets_an_answer_that_the_document_has(case: schemathesis.Case, who: str) -> None:
    if case.meta.generation.mode.is_positive:
        # Ids that nobody has are all alike; so half of these are somebody's.
        for parameter, said in list(case.path_parameters.items()):
            known = dict(enumerate(f"{NAMES[parameter]}-{name}" for name in "abc"))
            case.path_parameters[parameter] = known.get(len(said) % 6, said)
        if case.path == "/v1/plans" and "end" in case.body:
            # What the document cannot say of a lease: it ends after it starts, and its words are Blazar's.
            case.body = {**case.body, **LEASE, "max": max(case.body.get(name, 1) for name in ("min", "max"))}
    case.call_and_validate(headers={"X-Auth-Token": who})


def test_no_operation_is_left_out() -> None:
    asked = {(one.ok().path, one.ok().method) for one in DOCUMENT.get_all_operations()}
    assert asked == set(document.service().operations) - {("/openapi.json", "get")}
