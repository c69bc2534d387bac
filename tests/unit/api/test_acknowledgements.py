# SPDX-License-Identifier: Apache-2.0
"""POST /v1/events/{id}/ack."""

from typing import Any

import pytest

from blazar_spot.core.promises import NoticeState
from blazar_spot.testing.store import FakeStore
from tests.unit.api.served import ADMIN, NOBODY, OURS, READER, THEIRS, Service, error_of, put_incident

PATH, ONE = "/v1/events/notice-a/ack", "/v1/events/{event_id}/ack"


def ack(service: Service, headers: dict[str, str] = OURS, **more: Any) -> Any:
    return service.ask("post", PATH, headers, template=ONE, **more)


@pytest.mark.parametrize("words", [{}, {"json": {}}, {"json": {"ready": False}}])
def test_an_event_is_acknowledged_and_its_instance_stays(
    service: Service, store: FakeStore, words: dict[str, Any]
) -> None:
    put_incident(store, "a")
    said = ack(service, **words).json["event"]
    assert (said["state"], said["is_ready"], said["revision"]) == ("acknowledged", False, 2)
    assert said["acknowledged_at"] == "2027-01-15T08:00:00Z"
    assert service.get("/v1/events").json["events"] == [said]


def test_an_instance_that_is_ready_may_go_and_its_deadline_stays(service: Service, store: FakeStore) -> None:
    put_incident(store, "a")
    before = service.get("/v1/events").json
    said = ack(service, json={"ready": True}).json["event"]
    assert (said["state"], said["is_ready"]) == ("acknowledged", True)
    assert said["not_before"] == before["events"][0]["not_before"]
    assert service.get("/v1/events").json["incarnation"] == before["incarnation"] + 1
    assert [letter.event.is_ready for letter in store.letters] == [True]


def test_saying_the_same_or_less_again_changes_nothing(service: Service, store: FakeStore) -> None:
    put_incident(store, "a")
    first = ack(service, json={"ready": True}).json
    writes = store.writes
    assert [ack(service, json={"ready": ready}).json for ready in (True, False)] == [first, first]
    assert store.writes == writes


def test_another_projects_event_does_not_exist_and_a_reader_may_only_look(service: Service, store: FakeStore) -> None:
    put_incident(store, "a")
    assert error_of(ack(service, THEIRS, json={"ready": True})) == (404, "not_found")
    assert error_of(ack(service, READER, json={"ready": True})) == (403, "forbidden")
    assert error_of(ack(service, NOBODY)) == (401, "unauthorized")
    assert [notice.acknowledged_at for notice in store.notices] == [None]


def test_an_admin_may_acknowledge_for_a_project_and_sees_the_host(service: Service, store: FakeStore) -> None:
    put_incident(store, "a")
    assert ack(service, ADMIN, json={"ready": True}).json["event"]["host"] == "gpu-1"


def test_an_event_that_never_was_is_not_found(service: Service) -> None:
    assert error_of(ack(service)) == (404, "not_found")


@pytest.mark.parametrize("state", [NoticeState.WITHDRAWN, NoticeState.TERMINATED])
def test_nothing_can_be_said_to_an_event_that_is_over(service: Service, store: FakeStore, state: NoticeState) -> None:
    put_incident(store, "a", state=state)
    assert error_of(ack(service, json={"ready": True})) == (409, "not_open")


@pytest.mark.parametrize(
    ("words", "error"),
    [
        ({"json": {"ready": "yes"}}, (400, "bad_request")),
        ({"json": {"is_ready": True}}, (400, "bad_request")),
        ({"json": []}, (400, "bad_request")),
        ({"body": "{"}, (415, "not_json")),
        ({"body": "{", "content_type": "application/json"}, (400, "bad_request")),
        ({"json": {"ready": True}, "query_string": "force=true"}, (400, "bad_request")),
        ({"body": "[" + " " * 70_000 + "]", "content_type": "application/json"}, (413, "too_large")),
    ],
)
def test_what_is_not_as_described_is_refused(
    service: Service, store: FakeStore, words: dict[str, Any], error: tuple[int, str]
) -> None:
    put_incident(store, "a")
    assert error_of(ack(service, **words)) == error
    assert [notice.revision for notice in store.notices] == [1]
