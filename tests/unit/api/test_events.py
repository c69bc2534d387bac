# SPDX-License-Identifier: Apache-2.0
"""GET /v1/events and GET /v1/events/{id}."""

from itertools import pairwise
from urllib.parse import urlsplit

import pytest

from blazar_spot.core.promises import NoticeState
from blazar_spot.testing.clock import FakeClock
from blazar_spot.testing.store import FakeStore
from tests.unit.api.served import (
    ADMIN,
    NOBODY,
    NOON,
    OURS,
    READER,
    THEIRS,
    Service,
    error_of,
    put_incident,
    serve,
    token,
)

ONE = "/v1/events/{event_id}"


def ids(answer: object) -> list[str]:
    return [one["id"] for one in answer.json["events"]]  # type: ignore[attr-defined]


def test_an_event_says_what_is_coming_and_when(service: Service, store: FakeStore) -> None:
    put_incident(store, "a", given_at=NOON + 1, acknowledged_at=NOON + 2)
    expected = {
        "id": "notice-a",
        "revision": 1,
        "state": "acknowledged",
        "instance_id": "instance-a",
        "instance_name": "Größe a",
        "project_id": "ours",
        "flavor": "boost-preemptible",
        "decided_at": "2027-01-15T08:00:00Z",
        "not_before": "2027-01-15T08:15:00Z",
        "given_at": "2027-01-15T08:00:01Z",
        "acknowledged_at": "2027-01-15T08:00:02Z",
        "is_ready": False,
    }
    assert service.get("/v1/events/notice-a", template=ONE).json == {"event": expected}
    assert service.get("/v1/events").json == {"incarnation": 1, "events": [expected], "links": []}


def test_only_admins_see_the_host(service: Service, store: FakeStore) -> None:
    put_incident(store, "a")
    hosts = [
        service.get("/v1/events/notice-a", who, template=ONE).json["event"].get("host")
        for who in (OURS, READER, ADMIN, token("ours", "service", "reader"))
    ]
    assert hosts == [None, None, "gpu-1", "gpu-1"]


def test_a_project_sees_its_own_events_in_the_order_of_decisions(service: Service, store: FakeStore) -> None:
    put_incident(store, "late", decided_at=NOON + 5)
    put_incident(store, "b", decided_at=NOON)
    put_incident(store, "a", decided_at=NOON)
    put_incident(store, "other", "theirs")
    assert ids(service.get("/v1/events")) == ["notice-a", "notice-b", "notice-late"]
    assert ids(service.get("/v1/events", THEIRS)) == ["notice-other"]


def test_what_is_over_is_shown_to_those_who_ask_for_it(service: Service, store: FakeStore) -> None:
    put_incident(store, "a")
    put_incident(store, "b", acknowledged_at=NOON)
    put_incident(store, "c", state=NoticeState.WITHDRAWN)
    put_incident(store, "d", state=NoticeState.TERMINATED, acknowledged_at=NOON)
    assert ids(service.get("/v1/events")) == ["notice-a", "notice-b"]
    assert ids(service.get("/v1/events?state=acknowledged")) == ["notice-b"]
    assert ids(service.get("/v1/events?state=scheduled&state=terminated")) == ["notice-a", "notice-d"]
    assert service.get("/v1/events/notice-c", template=ONE).json["event"]["state"] == "withdrawn"


def test_events_are_found_by_instance_and_by_flavor(service: Service, store: FakeStore) -> None:
    put_incident(store, "a", flavor="small")
    put_incident(store, "b", flavor="large")
    assert ids(service.get("/v1/events?instance_id=instance-a")) == ["notice-a"]
    assert ids(service.get("/v1/events?flavor=large")) == ["notice-b"]
    assert ids(service.get("/v1/events?flavor=large&instance_id=instance-a")) == []


def test_following_the_links_gives_each_event_once(service: Service, store: FakeStore) -> None:
    for number in range(7):
        put_incident(store, str(number), decided_at=NOON + number // 3, flavor="größe & mehr")
    link = "/v1/events?limit=2&flavor=gr%C3%B6%C3%9Fe+%26+mehr&state=scheduled&state=withdrawn"
    pages = []
    while link:
        answer = service.get("/v1/events", query_string=urlsplit(link).query)
        pages.append(ids(answer))
        link = answer.json["links"][0]["href"] if answer.json["links"] else ""
    assert [len(page) for page in pages] == [2, 2, 2, 1]
    assert [one for page in pages for one in page] == [f"notice-{number}" for number in range(7)]


def test_a_page_that_is_just_full_has_no_next_one(service: Service, store: FakeStore) -> None:
    for name in "ab":
        put_incident(store, name)
    assert service.get("/v1/events?limit=2").json["links"] == []


def test_an_admin_sees_the_events_of_all_projects_when_asking_for_them(service: Service, store: FakeStore) -> None:
    put_incident(store, "a")
    put_incident(store, "b", "theirs")
    assert ids(service.get("/v1/events", ADMIN)) == []
    answer = service.get("/v1/events?all_projects=true", ADMIN)
    assert (ids(answer), "incarnation" in answer.json) == (["notice-a", "notice-b"], False)
    assert error_of(service.get("/v1/events?all_projects=true")) == (403, "forbidden")


@pytest.mark.parametrize("query", ["wait=60", "wait=60&incarnation=0", "wait=60&incarnation=1&all_projects=true"])
def test_who_has_nothing_to_wait_for_is_answered_at_once(service: Service, store: FakeStore, query: str) -> None:
    put_incident(store, "a")
    assert ids(service.get("/v1/events", ADMIN | {"X-Project-Id": "ours"}, query_string=query)) == ["notice-a"]


def test_who_waits_is_answered_with_what_is_so_then(store: FakeStore) -> None:
    class News(FakeClock):
        """Between two questions to the database something happens."""

        def wait(self, seconds: float) -> bool:
            if not store.notices:
                put_incident(store, "a")
            return super().wait(seconds)

    answer = serve(store, News(NOON)).get("/v1/events?wait=60&incarnation=0")
    assert (ids(answer), answer.json["incarnation"]) == (["notice-a"], 1)


def test_one_too_many_who_waits_is_told_to_try_again(store: FakeStore) -> None:
    answer = serve(store, places=0).get("/v1/events?wait=60&incarnation=0")
    assert error_of(answer) == (503, "too_many_wait")
    assert int(answer.headers["retry-after"]) > 0


def test_the_incarnation_grows_with_the_projects_own_news_only(service: Service, store: FakeStore) -> None:
    numbers = [service.get("/v1/events").json["incarnation"]]
    for name, project in (("a", "ours"), ("b", "ours"), ("c", "theirs")):
        put_incident(store, name, project)
        numbers.append(service.get("/v1/events").json["incarnation"])
    assert [after - before for before, after in pairwise(numbers)] == [1, 1, 0]


def test_who_has_no_role_in_the_project_may_not_list(service: Service) -> None:
    assert error_of(service.get("/v1/events", token("ours", "stranger"))) == (403, "forbidden")


def test_without_a_token_there_is_nothing_to_see(service: Service) -> None:
    assert error_of(service.get("/v1/events", NOBODY)) == (401, "unauthorized")


def test_a_token_for_no_project_is_refused(service: Service) -> None:
    assert error_of(service.get("/v1/events", {"X-User-Id": "somebody", "X-Roles": "admin"})) == (403, "forbidden")


@pytest.mark.parametrize(
    "query",
    [
        "limit=0",
        "limit=1001",
        "limit=ten",
        "limit=1&limit=2",
        "limit=",
        "limit=1.0",
        "limit=99999999999999999999999",
        "limit=%D9%A1",
        "state=gone",
        "state=scheduled&state=scheduled",
        "all_projects=yes",
        "flavor=",
        "flavor=a%00b",
        "instance_id=a%2Fb",
        "marker=nowhere",
        "marker=1",
        "wait=61&incarnation=1",
        "wait=-1&incarnation=1",
        "colour=red",
        "Limit=1",
    ],
)
def test_a_question_that_the_document_does_not_know_is_refused(service: Service, query: str) -> None:
    assert error_of(service.get("/v1/events", query_string=query)) == (400, "bad_request")


def test_the_database_being_down_is_said_without_its_secrets(service: Service, store: FakeStore) -> None:
    store.is_down = True
    answer = service.get("/v1/events")
    assert error_of(answer) == (503, "unreachable")
    assert "database" not in answer.text
    assert int(answer.headers["retry-after"]) > 0
