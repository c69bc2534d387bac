# SPDX-License-Identifier: Apache-2.0
"""POST /v1/vendordata, as Nova's metadata service sends it."""

from typing import Any

import pytest

from blazar_spot.core.promises import NoticeState
from blazar_spot.testing.store import FakeStore
from tests.unit.api.served import NOON, OURS, Service, error_of, put_incident, token

NOVA = token("service", "admin", "service", "member", "reader")
ASKED = {
    "project-id": "ours",
    "instance-id": "instance-a",
    "image-id": None,
    "user-data": None,
    "hostname": "guest",
    "metadata": {},
    "boot-roles": "member",
}


def ask(service: Service, who: dict[str, str] = NOVA, **changed: Any) -> Any:
    return service.ask("post", "/v1/vendordata", who, json=ASKED | changed)


def test_a_guest_reads_what_its_metadata_says_and_the_event(service: Service, store: FakeStore) -> None:
    put_incident(store, "a")
    answer = ask(service).json
    assert answer["cloud_termination_scheduled_event_time"] == str(NOON)
    assert answer["cloud_termination_time"] == str(NOON + 900)
    assert answer["event"] == service.get("/v1/events").json["events"][0]


def test_a_guest_to_which_nothing_is_coming_reads_nothing(service: Service, store: FakeStore) -> None:
    put_incident(store, "a", state=NoticeState.WITHDRAWN)
    assert ask(service).json == ask(service, **{"instance-id": "instance-b"}).json == {}


def test_an_instance_that_is_said_to_be_another_projects_reads_nothing(service: Service, store: FakeStore) -> None:
    put_incident(store, "a")
    assert ask(service, **{"project-id": "theirs"}).json == {}


def test_nobody_but_services_may_ask(service: Service, store: FakeStore) -> None:
    put_incident(store, "a")
    assert error_of(ask(service, OURS)) == (403, "forbidden")


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (b"", (415, "not_json")),
        (b"{", (400, "bad_request")),
        (b"\xff", (400, "bad_request")),
        (b"[]", (400, "bad_request")),
        (b'{"project-id": "ours"}', (400, "bad_request")),
        (b'{"project-id": "ours", "instance-id": 7}', (400, "bad_request")),
        (b'{"project-id": "ours", "instance-id": "\\u0000"}', (400, "bad_request")),
        (b'{"project-id": "ours", "instance-id": "a", "more": ["\\ud800"]}', (400, "bad_request")),
        (b'{"project-id": "ours", "instance-id": "a", "more": NaN}', (400, "bad_request")),
        (b"[" * 60000, (400, "bad_request")),
        (b" " * 70000, (413, "too_large")),
    ],
    ids=lambda value: repr(value)[:70],
)
def test_a_body_that_the_document_does_not_know_is_refused(
    service: Service, body: bytes, expected: tuple[int, str]
) -> None:
    kind = {"Content-Type": "application/json; charset=utf-8"} if body else {}
    assert error_of(service.ask("post", "/v1/vendordata", NOVA | kind, body=body)) == expected
