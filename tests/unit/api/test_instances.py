# SPDX-License-Identifier: Apache-2.0
"""GET /v1/instances and GET /v1/instances/{id}."""

from typing import Any
from urllib.parse import urlsplit

import pytest

from blazar_spot.core.promises import NoticeState
from blazar_spot.testing.lab import Lab
from blazar_spot.testing.store import FakeStore
from tests.contract.read_store import instance, keep, notice, reclaim
from tests.unit.api.served import ADMIN, NOON, OURS, READER, THEIRS, Service, error_of, serve, token

ONE = "/v1/instances/{instance_id}"
TENANT = token("tenant")


def ids(answer: Any) -> str:
    return "".join(one["id"] for one in answer.json["instances"])


def test_an_instance_says_until_when_it_may_run(service: Service, store: FakeStore) -> None:
    keep(store, instance("a", tags=("batch",)), reclaim("r", evict_at=NOON + 9000))
    expected = {
        "id": "a",
        "name": "Größe 🚀",
        "project_id": "ours",
        "flavor": "spot",
        "tags": ["batch"],
        "created_at": "2027-01-15T08:00:00Z",
        "running_since": "2027-01-15T08:00:00Z",
        "guaranteed_until": "2027-01-15T08:30:00Z",
        "expected_until": "2027-01-15T10:30:00Z",
        "event": None,
        "gone_at": None,
        "why": "",
    }
    assert service.get("/v1/instances").json == {"instances": [expected], "links": []}
    assert service.get("/v1/instances/a", READER, template=ONE).json == {"instance": expected}
    assert service.get("/v1/instances/a", ADMIN, template=ONE).json == {"instance": expected | {"host": "gpu-1"}}


def test_the_event_that_is_open_is_shown_with_it(service: Service, store: FakeStore) -> None:
    keep(store, instance("a"), notice("old", "a", state=NoticeState.WITHDRAWN), notice("n", "a", acknowledged_at=NOON))
    for shown in (
        service.get("/v1/instances").json["instances"][0],
        service.get("/v1/instances/a", template=ONE).json["instance"],
    ):
        assert shown["event"] == {
            "id": "n",
            "state": "acknowledged",
            "revision": 1,
            "not_before": "2027-01-15T08:00:09Z",
        }
        assert shown["guaranteed_until"] == "2027-01-15T08:00:09Z"


def test_a_project_sees_its_own_and_an_admin_all_when_asking_for_them(service: Service, store: FakeStore) -> None:
    keep(store, instance("a"), instance("b", project_id="theirs"))
    assert (ids(service.get("/v1/instances")), ids(service.get("/v1/instances", THEIRS))) == ("a", "b")
    assert ids(service.get("/v1/instances", ADMIN)) == ""
    answer = service.get("/v1/instances?all_projects=true", ADMIN)
    assert ids(answer) == "ba"
    assert [one["host"] for one in answer.json["instances"]] == ["gpu-1", "gpu-1"]
    assert error_of(service.get("/v1/instances?all_projects=true")) == (403, "forbidden")
    assert error_of(service.get("/v1/instances/b", template=ONE)) == (404, "not_found")
    assert error_of(service.get("/v1/instances/nobody", template=ONE)) == (404, "not_found")


def test_instances_are_found_by_flavor_and_by_those_who_may_see_it_by_host(service: Service, store: FakeStore) -> None:
    keep(store, instance("a"), instance("b", flavor="large"), instance("c", host="gpu-2"))
    assert ids(service.get("/v1/instances?flavor=large")) == "b"
    assert ids(service.get("/v1/instances?host=gpu-2&all_projects=true", ADMIN)) == "c"
    assert error_of(service.get("/v1/instances?host=gpu-2")) == (403, "forbidden")


@pytest.mark.parametrize("gone", ["true", "false"])
def test_following_the_links_gives_each_instance_once(service: Service, store: FakeStore, gone: str) -> None:
    for number in range(5):
        keep(store, instance(str(number), gone_at=NOON + number // 2 if gone == "true" else None, flavor="a & b"))
    link, pages = f"/v1/instances?limit=2&gone={gone}&flavor=a+%26+b", []
    while link:
        answer = service.get("/v1/instances", query_string=urlsplit(link).query)
        pages.append(ids(answer))
        link = answer.json["links"][0]["href"] if answer.json["links"] else ""
    assert pages == ["43", "21", "0"]


def test_who_has_no_role_in_the_project_may_not_look(service: Service, store: FakeStore) -> None:
    keep(store, instance("a"))
    stranger = token("ours", "stranger")
    assert error_of(service.get("/v1/instances", stranger)) == (403, "forbidden")
    assert error_of(service.get("/v1/instances/a", stranger, template=ONE)) == (404, "not_found")


class TestALife:
    """What its holder reads, from the booking that wants its host to the end."""

    def test_what_is_promised_never_moves_earlier_and_the_end_is_explained(self) -> None:
        lab = Lab()
        (server,) = lab.boot(1)
        api = serve(lab.store, lab.clock)
        lab.run_for(10)

        def shown() -> dict[str, Any]:
            answer = api.get(f"/v1/instances/{server.id}", TENANT, template=ONE)
            return dict(answer.json["instance"])

        assert shown()["expected_until"] is None
        lab.book("r1", lab.clock.now() + 4000)
        seen = [shown()]
        while seen[-1]["gone_at"] is None:
            lab.run_for(20)
            seen.append(shown())
        promised = [one["guaranteed_until"] for one in seen[:-1]]
        assert promised == sorted(promised)
        assert len({one["expected_until"] for one in seen[:-1]}) == 1
        assert promised[-1] == seen[-2]["expected_until"] == seen[-2]["event"]["not_before"]
        assert seen[-1]["event"]["state"] == "terminated"
        assert seen[-1]["why"].startswith(
            "Its host was needed for a reservation or for maintenance: it was made to go at "
        )
        assert ids(api.get("/v1/instances", TENANT)) == ""
        (ended,) = api.get("/v1/instances?gone=true", TENANT).json["instances"]
        assert ended == seen[-1]

    def test_one_that_its_owner_deletes_is_said_to_have_gone_so(self) -> None:
        lab = Lab()
        (server,) = lab.boot(1)
        lab.run_for(10)
        lab.cloud.delete(server.id, force=False)
        lab.run_for(10)
        (ended,) = serve(lab.store, lab.clock).get("/v1/instances?gone=true", TENANT).json["instances"]
        assert (ended["id"], ended["event"]) == (server.id, None)
        assert "nobody else made it go" in ended["why"]


@pytest.mark.parametrize("query", ["gone=yes", "limit=0", "marker=1", "host=", "flavor=a%00", "colour=red"])
def test_a_question_that_the_document_does_not_know_is_refused(service: Service, query: str) -> None:
    assert error_of(service.get("/v1/instances", OURS, query_string=query)) == (400, "bad_request")
