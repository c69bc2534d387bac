# SPDX-License-Identifier: Apache-2.0
"""Admin > Reservation > Spot pool, over the real API and a cloud in memory."""

import re

from django.urls import reverse

from blazar_spot.core.closures import Stage
from blazar_spot.core.promises import NoticeState, Purpose
from blazar_spot.core.reclaim import State
from blazar_spot.core.record import Cause, breach
from blazar_spot.core.switch import Mode
from blazar_spot.dashboard.states import CLOSURES, FENCES
from blazar_spot.enforcement.stocks import Because
from blazar_spot.testing.lab import Lab
from tests.contract.read_store import claim, keep, reclaim
from tests.dashboard.panels import OperatorsPanel, following
from tests.unit.api.served import NOON

INDEX = reverse("horizon:admin:spot_pool:index")
QUESTIONS = {
    "hosts": "/pools?",
    "reclaims": "/reclaims?",
    "breaches": "/breaches?",
    "instances": "/instances?all_projects=true&limit",
    "ended": "/instances?all_projects=true&gone",
}


class TestPanel(OperatorsPanel):
    def order(self, button: str, *, tab: str = "hosts") -> str:
        return self.press(INDEX, button, tab=f"spot_pool__{tab}")

    def shown(self, tab: str = "hosts") -> str:
        return self.text(self.tab(INDEX, f"spot_pool__{tab}"))

    def test_the_page_is_in_the_menu_and_asks_for_the_open_tab_only(self) -> None:
        assert f'href="{INDEX}"' in self.text(self.client.get(INDEX))
        assert {question.partition("?")[0] for question in self.network.asked} == {"GET /v1/pools", "GET /v1/closures"}

    def test_a_host_says_how_full_it_is_and_who_wants_it(self) -> None:
        self.lab.book("far", self.lab.clock.now() + 90_000, hosts=3)
        (taken,) = self.lab.book("soon", self.lab.clock.now() + 600)
        self.lab.boot(3, next(host for host in self.lab.hosts if host != taken.host))
        self.lab.run_for(10)
        page = self.shown()
        assert "3/8 CUSTOM_GPU, 30/1000 DISK_GB" in page
        assert page.count('<span class="label label-success">Open</span>') == 2
        assert '<span class="label label-warning">Closed</span> wanted by a reservation or an order' in page
        assert page.count("Closed from ") == 3

    def test_a_host_is_closed_and_opened_by_buttons(self) -> None:
        self.beat()
        assert self.order("spot_hosts__close__host02") == "Closed Host: host02"
        page = self.shown()
        assert page.count('<span class="label label-default">Closed by order</span>') == 1
        assert "spot_hosts__row_host02__action_close" not in page
        assert "spot_hosts__row_host01__action_open" not in page
        assert self.order("spot_hosts__open__host02") == "Opened Host: host02"
        assert "Closed by order" not in self.shown()

    def test_many_hosts_are_drained_at_once(self) -> None:
        self.lab.boot(1, "host01")
        self.lab.run_for(200)
        self.beat()
        where = f"{INDEX}?tab=spot_pool__hosts"
        chosen = {"action": "spot_hosts__drain", "object_ids": ["host01", "host03"]}
        answer = self.client.post(where, chosen, follow=True)
        assert [str(one) for one in answer.context["messages"]] == ["Draining Hosts: host01, host03"]
        page = self.shown()
        assert page.count("Being drained") + page.count("Drained<") == 2

    def test_what_an_order_waits_for_is_said_and_what_nobody_would_do_is_refused(self) -> None:
        said = self.order("spot_hosts__drain__host02")
        assert "No engine gives a sign of life." in said
        assert "Draining Host: host02" in said
        self.beat(Mode.OBSERVE)
        said = self.order("spot_hosts__drain__host01")
        assert said.startswith("The host is not drained.")
        assert "The engine's mode is observe, in which nothing in the cloud is touched" in said

    def test_what_the_service_refuses_is_said_in_its_words(self) -> None:
        self.network.fails = "/close"
        said = self.order("spot_hosts__close__host02")
        assert said.startswith("The host was not closed.")
        assert "The database does not answer." in said

    def test_reclaims_and_breaches_of_all_are_listed(self) -> None:
        keep(self.store, claim("a", project_id="theirs"), reclaim("a"), breach(Cause.STUCK, NOON, "a", "gpu-1", "i-1"))
        page = self.shown("reclaims")
        assert "Größe 🚀" in page
        assert '<span class="label label-default">Planned</span>' in page
        assert "0 of 0" in page
        page = self.shown("breaches")
        assert "stuck" in page
        assert "i-1" in page

    def test_a_host_on_which_nobody_has_to_go_is_not_said_to_wait_for_spot(self) -> None:
        self.lab.book("soon", self.lab.clock.now() + 1200)
        self.lab.run_for(1200 - 100)
        assert {one.state for one in self.store.reclaims} == {State.NOTIFIED}
        for tab in ("hosts", "reclaims"):
            page = self.shown(tab)
            assert page.count('<span class="label label-info">Closed, nobody has to go</span>') == 1
            assert "have their notice" not in page

    def test_what_was_promised_stands_beside_what_was_given(self) -> None:
        (server,) = self.lab.boot_and_run(1, "host01")
        self.lab.book("all", self.lab.clock.now() + 1200, hosts=3)
        self.lab.run_for(1200)
        assert server.status == "DELETED"
        page = self.shown("ended")
        assert "host01" in page
        assert re.search(r"0:00:\d\d more", page)
        assert "Its host was needed for a reservation" in page

    def test_an_end_is_rehearsed_by_a_button(self) -> None:
        (server,) = self.lab.boot(1, "host01")
        self.lab.run_for(200)
        page = self.shown("instances")
        assert "host01" in page
        self.beat()
        said = self.order(f"spot_all_instances__rehearse__{server.id}", tab="instances")
        assert said.startswith("Gave a notice to")
        (notice,) = self.lab.notices_of(server)
        assert (notice.purpose, notice.state) == (Purpose.REHEARSAL, NoticeState.SCHEDULED)
        assert "action_rehearse" not in self.shown("instances")

    def test_each_question_alone_may_fail(self) -> None:
        self.lab.boot(1, "host01")
        for name, question in QUESTIONS.items():
            self.network.fails = question
            for tab in QUESTIONS:
                assert ("This could not be read." in self.shown(tab)) is (tab == name)
            answer = self.client.get(INDEX, {"tab": f"spot_pool__{name}"})
            self.assertMessageCount(answer, error=1)

    def test_hosts_are_shown_if_what_was_ordered_is_not_known_and_can_be_opened(self) -> None:
        self.order("spot_hosts__close__host02")
        self.lab.second()
        self.network.fails = "GET /v1/closures"
        answer = self.client.get(INDEX, {"tab": "spot_pool__hosts"})
        self.assertContains(answer, "host02")
        self.assertMessageCount(answer, error=1)
        self.assertContains(answer, "spot_hosts__row_host02__action_open")

    def test_pages_are_turned_by_the_markers_of_the_service(self) -> None:
        for number in range(52):
            name = f"{number:02}"
            keep(self.store, claim(name, host=f"gpu-{name}"), reclaim(name, host=f"gpu-{name}"))
        first = self.shown("reclaims")
        query = following(first)
        second = self.text(self.tab(INDEX, *query.pop("tab"), **query))
        seen = [set(re.findall(r"gpu-(\d\d)", page)) for page in (first, second)]
        assert (len(seen[0]), len(seen[1]), seen[0] & seen[1]) == (50, 2, set())

    def test_however_many_hosts_there_are_a_page_asks_two_questions(self) -> None:
        self.behind(Lab(hosts=60))
        first = self.shown()
        assert sorted(self.network.asked) == ["GET /v1/closures", "GET /v1/pools?limit=50"]
        query = following(first)
        second = self.text(self.tab(INDEX, *query.pop("tab"), **query))
        assert (first.count('data-object-id="'), second.count('data-object-id="')) == (50, 10)

    def test_somebody_else_has_no_such_page(self) -> None:
        self.setActiveUser(
            self.user.id, self.token, self.user.name, self.tenant.id, service_catalog=self.service_catalog
        )
        assert self.client.get(INDEX, follow=True).status_code != 200
        assert self.network.asked == []


def test_every_state_of_the_api_has_a_name() -> None:
    assert set(CLOSURES) == {str(stage) for stage in Stage}
    assert set(FENCES) == {str(reason) for reason in Because}
