# SPDX-License-Identifier: Apache-2.0
"""Project > Reservations > Spot, over the real API."""

import re
from dataclasses import replace

import pytest
from django.contrib.staticfiles import finders
from django.urls import reverse
from horizon.exceptions import HandledException

from blazar_spot.core.deliveries import DeliveryState
from blazar_spot.core.promises import NoticeState
from blazar_spot.core.webhooks import WebhookState
from blazar_spot.dashboard import asking, listings
from blazar_spot.dashboard.project.notices import Acknowledge
from blazar_spot.dashboard.states import DELIVERIES, EVENTS, WEBHOOKS
from tests.contract.read_store import instance, keep
from tests.dashboard.panels import BY_SCRIPT, Panel, following, rows_of
from tests.unit.api.served import NOON, put_delivery, put_incident, put_webhook

INDEX = reverse("horizon:project:spot:index")
SCRIPT = '<script src="/static/spot/countdown.js" defer></script>'
QUESTIONS = {
    "instances": "/instances?limit",
    "notices": "/events",
    "ended": "/instances?gone",
    "capacity": "/capacity",
    "webhooks": "/webhooks",
}


class TestPanel(Panel):
    def test_the_page_has_its_tabs_and_its_script(self) -> None:
        page = self.text(self.client.get(INDEX))
        for name in ("Instances", "Notices", "Ended", "Capacity now", "Webhooks"):
            assert name in page
        assert f'href="{INDEX}"' in page
        assert SCRIPT in page
        assert finders.find("spot/countdown.js")

    def test_only_the_tab_that_is_open_is_asked_for(self) -> None:
        assert self.client.get(INDEX).status_code == 200
        assert self.network.asked == [f"GET /v1/instances?limit={listings.ROWS}"]

    def test_an_instance_says_until_when_it_may_run(self) -> None:
        put_incident(self.store, "a")
        put_incident(self.store, "b", "theirs")
        keep(self.store, instance("free"))
        page = self.text(self.tab(INDEX, "spot__instances"))
        assert "Größe a" in page
        assert "Größe b" not in page
        assert '<time datetime="2027-01-15T08:15:00Z" data-spot-awaited="d">2027-01-15 08:15:00 UTC</time>' in page
        assert "No end in sight" in page
        assert '<span class="label label-warning">Told</span>' in page

    def test_a_notice_is_acknowledged_by_a_button(self) -> None:
        put_incident(self.store, "a")
        page = self.text(self.tab(INDEX, "spot__notices"))
        assert "Größe a" in page
        assert "Acknowledge Notice" in page
        said = self.press(INDEX, "spot_notices__acknowledge__notice-a", tab="spot__notices")
        assert said == "Acknowledged Notice: Größe a"
        page = self.text(self.tab(INDEX, "spot__notices"))
        assert '<span class="label label-info">Acknowledged</span>' in page
        assert "spot_notices__row_notice-a__action_acknowledge" not in page

    def test_an_instance_is_given_up_by_a_button(self) -> None:
        put_incident(self.store, "a")
        self.press(INDEX, "spot_notices__ready__notice-a", tab="spot__notices")
        with self.store.begin() as work:
            (notice,) = work.notices_of(["instance-a"])
        assert notice.ready_at is not None
        assert "spot_notices__row_notice-a__action_ready" not in self.text(self.tab(INDEX, "spot__notices"))

    def test_what_the_service_refuses_is_said_in_its_words(self) -> None:
        put_incident(self.store, "a")
        self.network.fails = "POST"
        said = self.press(INDEX, "spot_notices__acknowledge__notice-a", tab="spot__notices")
        assert said.startswith("The notice could not be acknowledged.")
        assert "The database does not answer." in said
        assert "Acknowledged" not in said

    def test_what_nobody_could_be_asked_is_not_said_to_be_done(self) -> None:
        put_incident(self.store, "a")
        url = f"{INDEX}?tab=spot__notices"
        table = self.client.get(url).context["spot_notices_table"]
        self.monkeypatch.setattr(asking, "client", lambda request: None)
        with pytest.raises(HandledException):
            Acknowledge(table=table).action(table.request, "notice-a")

    def test_the_capacity_says_how_many_could_boot(self) -> None:
        page = self.text(self.tab(INDEX, "spot__capacity"))
        assert "preemptible-gpu" in page
        assert "> 24 </td>" in page
        assert "1 CUSTOM_GPU, 10 DISK_GB" in page

    def test_a_webhook_is_tested_and_its_deliveries_are_a_page(self) -> None:
        put_webhook(self.store, "a")
        put_webhook(self.store, "b", "theirs")
        page = self.text(self.tab(INDEX, "spot__webhooks"))
        url = reverse("horizon:project:spot:deliveries", args=["webhook-a"])
        assert f'<a href="{url}"' in page
        assert "webhook-b" not in page
        assert self.press(INDEX, "spot_webhooks__test__webhook-a", tab="spot__webhooks").startswith("Test on its way")
        page = self.text(self.client.get(url))
        assert SCRIPT in page
        assert page.count('<span class="label label-success">Delivered</span>') == 1
        assert page.count('<span class="label label-info">On its way</span>') == 1

    def test_the_deliveries_to_a_webhook_of_others_are_not_found_and_the_page_is_there(self) -> None:
        put_webhook(self.store, "b", "theirs")
        page = self.text(self.client.get(reverse("horizon:project:spot:deliveries", args=["webhook-b"])))
        assert "Deliveries could not be read." in page
        assert "Delivered" not in page

    def test_each_tab_alone_may_fail(self) -> None:
        put_incident(self.store, "a")
        put_webhook(self.store, "a")
        for name, question in QUESTIONS.items():
            self.network.fails = question
            for tab in QUESTIONS:
                answer = self.tab(INDEX, f"spot__{tab}")
                assert ("This could not be read." in self.text(answer)) is (tab == name)
                said = answer.headers.get("X-Horizon-Messages", "")
                assert ("The database does not answer." in said) is (tab == name)
            answer = self.client.get(INDEX, {"tab": f"spot__{name}"})
            self.assertMessageCount(answer, error=1)

    def test_pages_are_turned_by_the_markers_of_the_service(self) -> None:
        rows, listings_of = 50, {"notices": "Größe ", "instances": "Größe "}
        for number in range(rows + 2):
            put_incident(self.store, f"{number:02}", decided_at=NOON + number)
        for tab, word in listings_of.items():
            first = self.text(self.tab(INDEX, f"spot__{tab}"))
            query = following(first)
            assert query.pop("tab") == [f"spot__{tab}"]
            second = self.text(self.tab(INDEX, f"spot__{tab}", **query))
            seen = [set(re.findall(word + r"(\d\d)", page)) for page in (first, second)]
            assert (len(seen[0]), len(seen[1])) == (rows, 2)
            assert not seen[0] & seen[1]
            assert "Next" not in second
            assert following(second, "Prev") == {"tab": [f"spot__{tab}"]}

    def test_pages_are_turned_back_one_by_one_and_from_far_on_to_the_first(self) -> None:
        for number in range(9):
            put_incident(self.store, f"{number}", decided_at=NOON + number)
        self.monkeypatch.setattr(listings, "ROWS", 2)
        self.monkeypatch.setattr(listings, "KEPT", 3)
        pages = [self.text(self.tab(INDEX, "spot__notices"))]
        for _ in range(4):
            pages.append(self.text(self.client.get(INDEX, following(pages[-1]), headers=BY_SCRIPT)))
        assert len({rows_of(page) for page in pages}) == 5
        back = pages[-1]
        for expected in (pages[3], pages[2], pages[0]):
            back = self.text(self.client.get(INDEX, following(back, "Prev"), headers=BY_SCRIPT))
            assert rows_of(back) == rows_of(expected)
        assert "Prev" not in back

    def test_what_has_ended_says_what_was_promised_what_was_given_and_why(self) -> None:
        put_incident(self.store, "a", state=NoticeState.TERMINATED)
        keep(self.store, instance("gone", gone_at=NOON))
        with self.store.begin() as work:
            (it,) = work.instances_by_id(["instance-a"])
            work.put_instances([replace(it, gone_at=NOON + 910)])
        page = self.text(self.tab(INDEX, "spot__ended"))
        assert "2027-01-15 08:15:00 UTC </td>" in page
        assert "0:00:10 more" in page
        assert "It had been told at" in page
        assert "It was deleted by its owner or has failed" in page

    def test_the_deliveries_have_pages_too(self) -> None:
        put_webhook(self.store, "a")
        for number in range(55):
            put_delivery(self.store, "webhook-a", f"more-{number:02}")
        url = reverse("horizon:project:spot:deliveries", args=["webhook-a"])
        query = following(self.text(self.client.get(url)))
        assert self.text(self.client.get(url, query)).count("Delivered</span>") == 6

    def test_what_people_have_named_is_not_taken_for_html(self) -> None:
        put_incident(self.store, "a", called="<script>alert(1)</script>")
        for tab in ("instances", "notices"):
            page = self.text(self.tab(INDEX, f"spot__{tab}"))
            assert "alert(1)" in page
            assert "<script>alert" not in page


class TestWithoutTheService(Panel):
    def _setup_test_data(self) -> None:
        super()._setup_test_data()
        self.service_catalog.pop()

    def test_a_cloud_without_it_has_no_such_page(self) -> None:
        assert reverse("horizon:project:leases:index") in self.text(self.client.get("/project/leases/"))
        assert self.client.get(INDEX, follow=True).status_code != 200


def test_every_state_of_the_api_has_a_name_and_a_colour() -> None:
    assert set(WEBHOOKS) == {str(state) for state in WebhookState}
    assert set(DELIVERIES) == {str(state) for state in DeliveryState}
    assert set(EVENTS) == {"scheduled", "acknowledged", "withdrawn", "terminated"}
