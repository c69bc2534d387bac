# SPDX-License-Identifier: Apache-2.0
"""The Leases page of a Horizon with our part in it. What the service answers is held to the document of its API."""

import copy
from collections.abc import Iterator
from typing import Any

import pytest
from blazar_dashboard import api
from blazar_dashboard.content.leases import tables as upstream
from blazar_dashboard.test import helpers
from django.urls import reverse
from keystoneauth1.exceptions import ConnectFailure
from openstack_auth import utils

from blazar_spot.api import document
from blazar_spot.client import Client
from blazar_spot.client.errors import Unavailable
from blazar_spot.dashboard import asking
from blazar_spot.dashboard.leases import SpotLeasesTable, UpdateLease
from blazar_spot.dashboard.states import STATES

INDEX = reverse("horizon:project:leases:index")
LEASE = {
    "lease_id": "6ee55c78-ac52-41a6-99af-2d2d73bcc466",
    "lease_name": "lease-1",
    "project_id": "ours",
    "state": "notified",
    "hosts": 2,
    "hosts_ready": 1,
    "instances": 4,
    "instances_to_go": 3,
    "evict_at": "2030-06-27T17:55:00Z",
    "start_at": "2030-06-27T18:00:00Z",
    "end_at": "2030-06-30T18:00:00Z",
    "breaches": 0,
}


class Leases:
    """The service's answer, and how often it was asked."""

    def __init__(self) -> None:
        self.found: list[dict[str, Any]] = []
        self.asked = 0
        self.failure: Exception | None = None

    @property
    def leases(self) -> "Leases":
        return self

    def list(self, *, all_projects: bool, limit: int) -> Iterator[dict[str, Any]]:
        self.asked += 1
        if self.failure:
            raise self.failure
        return iter(self.found[:limit])


class TestAsking(helpers.TestCase):
    def setUp(self) -> None:
        super().setUp()
        self.request.user = utils.get_user(self.request)
        self.request.user.services_region = "RegionOne"

    def test_a_cloud_without_the_service_is_not_asked(self) -> None:
        assert asking.client(self.request) is None

    def test_the_address_has_the_version_however_the_catalog_says_it(self) -> None:
        endpoint = {"region": "RegionOne", "interface": "public", "region_id": "RegionOne"}
        found = []
        for url in (
            "http://spot.example",
            "http://spot.example/",
            "http://spot.example/v1",
            "http://x.example/spot/v1/",
        ):
            self.request.user.service_catalog = [{"type": "spot", "endpoints": [endpoint | {"url": url}]}]
            found.append(asking.address(self.request))
        assert found == ["http://spot.example/v1"] * 3 + ["http://x.example/spot/v1"]
        assert isinstance(asking.client(self.request), Client)


class TestLeases(helpers.TestCase):
    @pytest.fixture(autouse=True)
    def _service(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.service = Leases()
        monkeypatch.setattr(asking, "client", lambda request: self.service)
        monkeypatch.setattr(api.client, "lease_list", lambda request: self.leases.list())

    def page(self, **changed: Any) -> str:
        self.service.found = [LEASE | changed]
        answer = self.client.get(INDEX)
        assert answer.status_code == 200
        return " ".join(answer.content.decode().split())

    def test_the_page_says_how_far_a_lease_is(self) -> None:
        page = self.page()
        assert "Spot reclaim" in page
        assert '<span class="label label-warning">Spot instances have their notice</span>' in page
        assert "1 of 2 hosts ready" in page
        assert "3 spot instances to go, from 2030-06-27 17:55 UTC" in page
        assert "broken" not in page

    def test_where_nobody_has_to_go_nobody_is_said_to_have_a_notice(self) -> None:
        names = {"notified": 'label-info">Closed, nobody has to go<', "evicting": 'label-warning">Being seen clean<'}
        for state, name in names.items():
            page = self.page(state=state, instances_to_go=0)
            assert name in page
            assert "to go, from" not in page

    def test_one_is_not_many(self) -> None:
        page = self.page(hosts=1, instances_to_go=1, breaches=1)
        assert "1 of 1 host ready" in page
        assert "1 spot instance to go" in page
        assert "1 broken promise<" in page

    def test_what_is_done_says_no_deadline(self) -> None:
        page = self.page(state="handed_over", hosts_ready=2, instances_to_go=0)
        assert '<span class="label label-success">Handed over</span>' in page
        assert "to go" not in page

    def test_a_state_that_is_new_is_shown_as_it_is_called(self) -> None:
        assert '<span class="label label-default">brand_new</span>' in self.page(state="brand_new")

    def test_what_people_have_named_is_not_taken_for_html(self) -> None:
        assert "<script>alert" not in self.page(state="<script>alert(1)</script>")

    def test_a_lease_that_takes_no_host_has_an_empty_cell(self) -> None:
        self.service.found = []
        table = self.client.get(INDEX).context["table"]
        cells = [row.cells["spot_reclaim"].value for row in table.get_rows()]
        assert cells == ["-"] * len(table.data)

    def test_the_whole_page_asks_one_question(self) -> None:
        some = self.leases.list()
        many = [copy.copy(some[number % 2]) for number in range(100)]
        for number, lease in enumerate(many):
            lease._apidict = lease._apidict | {"id": str(number)}
        self.leases.list = lambda: many
        assert self.page()
        assert self.service.asked == 1

    def test_a_service_that_does_not_answer_leaves_the_page_and_a_message(self) -> None:
        self.service.failure = ConnectFailure("away")
        answer = self.client.get(INDEX)
        self.assertContains(answer, "lease-1")
        self.assertMessageCount(answer, error=1)
        assert self.service.asked == 1

    def test_a_service_that_refuses_leaves_the_page_and_a_message(self) -> None:
        self.service.failure = Unavailable(503, {"code": "unreachable", "message": "The database does not answer."})
        answer = self.client.get(INDEX)
        self.assertContains(answer, "lease-1")
        self.assertMessageCount(answer, error=1)

    def test_a_lease_can_be_updated_until_it_is_over(self) -> None:
        [first, *_] = self.leases.list()
        assert UpdateLease().allowed(self.request, first)
        first._apidict["end_date"] = "2020-01-01T00:00:00.000000"
        assert not UpdateLease().allowed(self.request, first)


def test_the_answers_here_are_answers_of_the_api() -> None:
    validator = document.service().answer("/v1/leases", "get", 200)
    assert validator is not None
    validator.validate({"leases": [LEASE], "links": []})


def test_upstreams_own_action_still_fails() -> None:
    """When it does not any more, ours can go."""

    class Lease:
        end_date = "2030-06-30T18:00:00.000000"

    with pytest.raises(AttributeError):
        upstream.UpdateLease().allowed(None, Lease())


def test_upstreams_table_has_what_ours_was_made_for() -> None:
    assert [action.__name__ for action in upstream.LeasesTable.Meta.row_actions] == ["UpdateLease", "DeleteLease"]
    assert list(upstream.LeasesTable.base_columns) == ["name", "start_date", "end_date", "status", "degraded"]
    assert [*upstream.LeasesTable.base_columns, "spot_reclaim"] == list(SpotLeasesTable.base_columns)


def test_every_state_of_the_api_has_a_name_and_a_colour() -> None:
    from blazar_spot.core.reclaim import State

    assert set(STATES) == {str(state) for state in State}
