# SPDX-License-Identifier: Apache-2.0
"""GET /v1/reclaims, GET /v1/reclaims/{id}, GET /v1/leases and GET /v1/breaches."""

from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

import pytest

from blazar_spot.core.promises import Standing
from blazar_spot.core.reclaim import State
from blazar_spot.core.record import Cause, breach, deed
from blazar_spot.testing.lab import Lab
from blazar_spot.testing.store import FakeStore
from tests.contract.read_store import claim, instance, keep, notice, reclaim
from tests.unit.api.served import ADMIN, NOON, OURS, READER, THEIRS, Service, error_of, serve, token

ONE = "/v1/reclaims/{reclaim_id}"


def ids(answer: Any) -> str:
    return "".join(one["id"] for one in answer.json["reclaims"])


def leases(answer: Any) -> list[str]:
    return [one["lease_id"] for one in answer.json["leases"]]


def pages(service: Service, link: str, collection: str, key: str) -> list[list[str]]:
    """What following the links gives."""
    path, found = link.partition("?")[0], []
    while link:
        answer = service.get(path, ADMIN, query_string=urlsplit(link).query)
        found.append([one[key] for one in answer.json[collection]])
        link = answer.json["links"][0]["href"] if answer.json["links"] else ""
    return found


class TestReclaims:
    """The list and the single one."""

    def test_one_of_no_project_is_nobodys_own(self, service: Service, store: FakeStore) -> None:
        keep(store, claim("a", project_id=""), reclaim("a"))
        assert error_of(service.get("/v1/reclaims/a", OURS, template=ONE))[0] == 404
        assert service.get("/v1/reclaims/a", ADMIN, template=ONE).status_code == 200
        assert leases(service.get("/v1/leases", OURS)) == []

    def test_a_reclaim_says_what_is_done_when(self, service: Service, store: FakeStore) -> None:
        keep(store, claim("a"), reclaim("a", planned_at=NOON - 60), instance("i"))
        expected = {
            "id": "a",
            "lease_id": "lease-1",
            "lease_name": "Größe 🚀",
            "reservation_id": "r1",
            "project_id": "ours",
            "state": "planned",
            "planned_at": "2027-01-15T07:59:00Z",
            "fence_at": "2027-01-15T07:59:51Z",
            "notice_at": "2027-01-15T07:59:54Z",
            "evict_at": "2027-01-15T07:59:57Z",
            "start_at": "2027-01-15T08:00:00Z",
            "end_at": "2027-01-15T09:00:00Z",
            "lead_seconds": 3,
            "counts": {"instances": 1, "instances_to_go": 1, "breaches": 0},
        }
        assert service.get("/v1/reclaims", READER).json == {"reclaims": [expected], "links": []}
        seen = service.get("/v1/reclaims?all_projects=true", ADMIN).json["reclaims"]
        assert seen == [expected | {"host": "gpu-1"}]

    def test_a_project_sees_its_own_and_an_admin_all_when_asking_for_them(
        self, service: Service, store: FakeStore
    ) -> None:
        keep(store, claim("a"), reclaim("a"), claim("b", project_id="theirs"), reclaim("b"))
        assert (ids(service.get("/v1/reclaims")), ids(service.get("/v1/reclaims", THEIRS))) == ("a", "b")
        assert ids(service.get("/v1/reclaims?all_projects=true", ADMIN)) == "ab"
        for path, template in (("/v1/reclaims/b", ONE), ("/v1/reclaims/none", ONE)):
            assert error_of(service.get(path, template=template)) == (404, "not_found")
        for query in ("all_projects=true", "host=gpu-1"):
            assert error_of(service.get("/v1/reclaims", query_string=query)) == (403, "forbidden")
        assert service.get("/v1/reclaims/b", ADMIN, template=ONE).json["reclaim"]["host"] == "gpu-1"

    def test_reclaims_are_found_by_lease_by_host_and_by_state(self, service: Service, store: FakeStore) -> None:
        keep(store, claim("a"), reclaim("a"), claim("b", host="gpu-2"), reclaim("b", state=State.READY))
        keep(store, claim("c", lease_id="lease-2"), reclaim("c", state=State.HANDED_OVER))
        assert ids(service.get("/v1/reclaims")) == "ab"
        assert ids(service.get("/v1/reclaims?lease_id=lease-2")) == "c"
        assert ids(service.get("/v1/reclaims?lease_id=lease-2&state=planned")) == ""
        assert ids(service.get("/v1/reclaims?state=ready&state=handed_over")) == "bc"
        assert ids(service.get("/v1/reclaims?host=gpu-2&all_projects=true", ADMIN)) == "b"

    def test_following_the_links_gives_each_reclaim_once(self, service: Service, store: FakeStore) -> None:
        for number in range(5):
            keep(store, claim(str(number)), reclaim(str(number), start_at=NOON + number // 2))
        found = pages(service, "/v1/reclaims?limit=2&all_projects=true", "reclaims", "id")
        assert found == [["0", "1"], ["2", "3"], ["4"]]

    def test_of_other_projects_instances_the_owner_learns_only_how_many_there_are(
        self, service: Service, store: FakeStore
    ) -> None:
        keep(store, claim("a"), reclaim("a"), instance("mine"), instance("secret", project_id="theirs"))
        keep(store, notice("n", "secret", project_id="theirs"), notice("m", "mine"))
        keep(store, deed("notice", NOON, "a", "gpu-1", "secret"), deed("notice", NOON, "a", "gpu-1", "mine", "hidden"))
        keep(store, deed("is fenced", NOON - 9, "a", "gpu-1"), deed("notice moved", NOON, "", "gpu-1", "secret"))
        keep(
            store, breach(Cause.STUCK, NOON, "a", "gpu-1", "secret", "hidden"), breach(Cause.STUCK, NOON, "a", "gpu-1")
        )
        answer = service.get("/v1/reclaims/a", template=ONE)
        shown = answer.json["reclaim"]
        for word in ("secret", "gpu-1", "hidden", "theirs"):
            assert word not in answer.text
        assert [one["instance_id"] for one in shown["victims"]] == ["mine"]
        assert (shown["victims_of_others"], shown["counts"]["instances"]) == (1, 2)
        assert [(one["what"], one["instance_id"]) for one in shown["timeline"]] == [
            ("is fenced", None),
            ("notice", "mine"),
        ]
        assert [one["instance_id"] for one in shown["breaches"]] == [None, None]
        every = service.get("/v1/reclaims/a", ADMIN, template=ONE).json["reclaim"]
        assert [one["instance_id"] for one in every["victims"]] == ["mine", "secret"]
        assert every["victims_of_others"] == 0
        assert [one["instance_id"] for one in every["breaches"]] == [None, "secret"]
        assert len(every["timeline"]) == 4

    def test_the_whole_story_of_a_reclaim_is_told(self) -> None:
        lab = Lab()
        server, alone = lab.boot_and_run(2)
        lab.book("r1", lab.clock.now() + 3000)
        lab.calendar["r1"] = [replace(lab.calendar["r1"][0], project_id="ours", lease_name="mine")]
        lab.run_until_true(lambda: lab.reclaim.state is State.NOTIFIED, 3000)
        lab.acknowledge(alone)
        lab.run_until_true(lambda: lab.reclaim.state is State.READY, 3000)
        aggregate = lab.cloud.add_aggregate("r1", zone="zone")
        lab.run_until(lab.reclaim.start_at)
        assert not lab.whole.handover.hand_over("r1", aggregate.id, lab.candidates())
        story = serve(lab.store, lab.clock).get(f"/v1/reclaims/{lab.reclaim.id}", ADMIN, template=ONE).json["reclaim"]
        states = [one["what"] for one in story["timeline"] if one["what"].startswith("is ")]
        assert states == [
            f"is {state}" for state in ("fenced", "notified", "evicting", "verifying", "ready", "handed_over")
        ]
        about = [one["what"] for one in story["timeline"] if one["instance_id"] == alone.id]
        assert about == ["notice", "notice acknowledged", "delete", "notice ended"]
        assert {one["instance_id"]: one["stage"] for one in story["victims"]} == {server.id: "gone", alone.id: "gone"}
        assert story["counts"] == {"instances": 2, "instances_to_go": 0, "breaches": 0}
        assert all("so nobody else may stay there" in one["why"] for one in story["victims"])


class TestLeases:
    """One line a lease."""

    def test_a_lease_is_one_line_over_all_its_hosts(self, service: Service, store: FakeStore) -> None:
        keep(store, claim("a"), reclaim("a", state=State.READY), claim("b", host="gpu-2"), instance("i", host="gpu-2"))
        keep(store, reclaim("b", host="gpu-2", state=State.EVICTING), breach(Cause.STUCK, NOON, "b", "gpu-2"))
        assert service.get("/v1/leases", READER).json["leases"] == [
            {
                "lease_id": "lease-1",
                "lease_name": "Größe 🚀",
                "project_id": "ours",
                "state": "evicting",
                "hosts": 2,
                "hosts_ready": 1,
                "instances": 1,
                "instances_to_go": 1,
                "evict_at": "2027-01-15T07:59:57Z",
                "start_at": "2027-01-15T08:00:00Z",
                "end_at": "2027-01-15T09:00:00Z",
                "breaches": 1,
            }
        ]

    def test_other_projects_leases_are_not_there_even_if_their_ids_are_known(
        self, service: Service, store: FakeStore
    ) -> None:
        keep(store, claim("a"), claim("b", lease_id="lease-2", project_id="theirs"))
        assert leases(service.get("/v1/leases?lease_id=lease-1&lease_id=lease-2&lease_id=none")) == ["lease-1"]
        assert leases(service.get("/v1/leases", THEIRS)) == ["lease-2"]
        assert leases(service.get("/v1/leases?all_projects=true", ADMIN)) == ["lease-1", "lease-2"]
        assert leases(service.get("/v1/leases?all_projects=true&lease_id=lease-2", ADMIN)) == ["lease-2"]
        assert error_of(service.get("/v1/leases?all_projects=true")) == (403, "forbidden")

    def test_a_lease_that_is_over_is_shown_to_those_who_ask_for_it(self, service: Service, store: FakeStore) -> None:
        keep(store, claim("a", standing=Standing.ENDED), reclaim("a", state=State.HANDED_OVER))
        assert leases(service.get("/v1/leases")) == []
        (shown,) = service.get("/v1/leases?lease_id=lease-1").json["leases"]
        assert (shown["state"], shown["instances_to_go"]) == ("handed_over", 0)

    def test_following_the_links_gives_each_lease_once(self, service: Service, store: FakeStore) -> None:
        for number in range(5):
            keep(store, claim(str(number), lease_id=f"lease-{number // 2}-{number}"))
        found = pages(service, "/v1/leases?limit=2&all_projects=true", "leases", "lease_id")
        assert found == [["lease-0-0", "lease-0-1"], ["lease-1-2", "lease-1-3"], ["lease-2-4"]]


class TestBreaches:
    """For operators alone."""

    def test_an_operator_sees_them_the_last_one_first(self, service: Service, store: FakeStore) -> None:
        keep(
            store, breach(Cause.STUCK, NOON, "a", "gpu-1", "i", "why"), breach(Cause.LEAD_SHORT, NOON + 1, "a", "gpu-1")
        )
        found = service.get("/v1/breaches", ADMIN).json["breaches"]
        assert [(one["cause"], one["instance_id"]) for one in found] == [("lead_short", None), ("stuck", "i")]
        assert found[1] == {
            "id": "stuck/a/i",
            "at": "2027-01-15T08:00:00Z",
            "cause": "stuck",
            "reclaim_id": "a",
            "host": "gpu-1",
            "instance_id": "i",
            "details": "why",
        }
        assert len(pages(service, "/v1/breaches?limit=1", "breaches", "id")) == 2

    @pytest.mark.parametrize("who", [OURS, READER, token("ours", "service")])
    def test_nobody_else_does(self, service: Service, who: dict[str, str]) -> None:
        assert error_of(service.get("/v1/breaches", who)) == (403, "forbidden")
