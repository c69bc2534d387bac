# SPDX-License-Identifier: Apache-2.0
"""The tab on the page of a lease. Behind it is the real API, over a store in memory."""

import re
from typing import Any

import pytest
from blazar_dashboard import api
from blazar_dashboard.test import helpers
from django.urls import reverse
from keystoneauth1.exceptions import ConnectFailure

from blazar_spot.client import Client
from blazar_spot.core.reclaim import State
from blazar_spot.core.record import Cause, breach, deed
from blazar_spot.dashboard import asking
from blazar_spot.dashboard.pictures import REACHED, STEPS, steps
from blazar_spot.dashboard.tabs import TOLD_IN_FULL
from blazar_spot.testing.store import FakeStore
from tests.contract.read_store import claim, instance, keep, notice, reclaim
from tests.unit.api.served import ADMIN, NOON, OURS, made, use_cases
from tests.unit.client.reached import reached, session

LEASE = "lease-1"


class TestTab(helpers.TestCase):
    @pytest.fixture(autouse=True)
    def _service(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.store = FakeStore()
        self.app = made(use_cases(self.store))
        self.monkeypatch = monkeypatch
        self.seen_by(OURS)
        monkeypatch.setattr(api.client, "lease_get", lambda request, lease_id: self.leases.first())

    def seen_by(self, who: dict[str, str]) -> None:
        self.monkeypatch.setattr(asking, "client", lambda request: reached(self.app, who))

    def tab(self) -> Any:
        url = reverse("horizon:project:leases:detail", args=[LEASE])
        by_script = {"X-Requested-With": "XMLHttpRequest"}
        answer = self.client.get(url, {"tab": "lease_details__spot_reclaim"}, headers=by_script)
        assert answer.status_code == 200
        return answer

    def text(self) -> str:
        return " ".join(self.tab().content.decode().split())

    def test_the_page_of_the_lease_has_the_tab_and_asks_nothing_before_it_is_opened(self) -> None:
        self.monkeypatch.setattr(asking, "client", lambda request: pytest.fail("asked"))
        answer = self.client.get(reverse("horizon:project:leases:detail", args=[LEASE]))
        self.assertContains(answer, "Spot reclaim")

    def test_a_lease_that_takes_no_host_says_so(self) -> None:
        assert "This lease takes no host from spot." in self.text()

    def test_a_reclaim_is_drawn_and_told(self) -> None:
        keep(
            self.store,
            claim("a"),
            reclaim("a", state=State.NOTIFIED, planned_at=NOON - 60),
            instance("i"),
            notice("n", "i"),
        )
        with self.store.begin() as work:
            work.add(deed("fence", NOON - 30, "a", "gpu-1"))
            work.add(breach(Cause.OVERRIDDEN, NOON - 20, "a", "gpu-1", "i"))
        page = self.text()
        assert '<span class="label label-warning">Spot instances have their notice</span>' in page
        assert "1 spot instance to go" in page
        assert "Planned 2027-01-15 07:59:00 UTC (done), Closed 2027-01-15 07:59:51 UTC (done), Notices" in page
        assert "Handed over 2027-01-15 08:00:00 UTC</title>" in page
        assert re.findall(r'<line x1="(\d+)" y1="20" x2="(\d+)"', page)[0] == ("70", "170")
        assert page.count("<line ") == len(STEPS) - 1
        assert '<caption class="h5">Who has to go</caption>' in page
        assert "2027-01-15 07:59:30 UTC fence" in page
        assert "Broken promise: overridden" in page
        assert "gpu-1" not in page

    def test_an_admin_sees_the_hosts_of_all(self) -> None:
        keep(self.store, claim("a", project_id="theirs"), reclaim("a"))
        admin = [{"id": "1", "name": "admin"}]
        self.setActiveUser(self.user.id, self.token, self.user.name, self.tenant.id, roles=admin)
        self.seen_by(ADMIN)
        assert "<h4> gpu-1" in self.text()

    def test_many_hosts_cost_no_more_than_a_few_questions(self) -> None:
        for number in range(30):
            name = f"{number:02}"
            keep(self.store, claim(name, host=f"gpu-{name}"), reclaim(name, host=f"gpu-{name}"))
        whole, network = session(self.app)
        self.monkeypatch.setattr(asking, "client", lambda request: Client(whole))
        page = self.text()
        assert page.count("<section") == 30
        assert page.count("<svg") == TOLD_IN_FULL
        assert len([one for one in network.asked if "/reclaims" in one]) == 1 + TOLD_IN_FULL

    def test_a_service_that_does_not_answer_leaves_the_page(self) -> None:
        def away(request: Any) -> Any:
            raise ConnectFailure("away")

        self.monkeypatch.setattr(asking, "client", away)
        assert "This could not be read." in self.text()


def test_a_picture_says_what_is_done_and_what_goes_on() -> None:
    document: Any = {"state": "evicting", "fence_at": "2027-01-15T08:00:00Z"}
    drawn = steps(document)
    assert [step.is_done for step in drawn] == [True, True, True, False, False, False]
    assert [step.is_now for step in drawn] == [False, False, False, True, False, False]


def test_what_was_due_before_it_was_planned_is_shown_as_done_when_it_was_planned() -> None:
    late: Any = {
        "state": "fenced",
        "planned_at": "2027-01-15T08:00:00Z",
        "fence_at": "2027-01-15T07:50:00Z",
        "notice_at": "2027-01-15T08:05:00Z",
    }
    planned, closed, notices, *later = [step.at for step in steps(late)]
    assert planned == closed
    assert str(closed) < str(notices)
    assert later == [None, None, None]


def test_what_is_handed_over_is_done_and_what_was_called_off_is_nowhere() -> None:
    assert all(step.is_done for step in steps({"state": "handed_over"}))  # type: ignore[typeddict-item]
    assert not any(step.is_done or step.is_now for step in steps({"state": "cancelled"}))  # type: ignore[typeddict-item]


def test_every_state_that_goes_on_has_a_place_in_the_picture() -> None:
    assert {*REACHED, "cancelled", "expired"} == {str(state) for state in State}
    assert max(REACHED.values()) == len(STEPS) - 1
