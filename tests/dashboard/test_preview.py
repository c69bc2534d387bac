# SPDX-License-Identifier: Apache-2.0
"""The form that makes a lease, with the plan that the real API has for it."""

import re
from datetime import UTC, datetime
from typing import Any

import pytest
from blazar_dashboard import api
from blazar_dashboard.content.leases import forms as upstream
from blazar_dashboard.content.leases import views
from blazar_dashboard.test import helpers
from django.urls import reverse

from blazar_spot.dashboard.previews import PreviewedCreateForm
from blazar_spot.testing.lab import POLICY, Lab
from tests.dashboard.panels import BY_SCRIPT, Panel
from tests.unit.api.served import ADMIN
from tests.unit.api.test_plans import listed

CREATE = reverse("horizon:project:leases:create")
DAY = 86400


class TestPreview(Panel):
    @pytest.fixture(autouse=True)
    def _cloud(self, _service: None, monkeypatch: pytest.MonkeyPatch) -> None:
        """Two instances on the first host, one on the second; they have run for longer than they were promised."""
        self.behind(lab := Lab(hosts=2))
        lab.boot(2, "host01")
        lab.boot(1, "host02")
        lab.run_for(10)
        lab.clock.advance(POLICY.min_uptime)
        lab.second()
        listed(lab)
        self.made: list[tuple[Any, ...]] = []
        monkeypatch.setattr(api.client, "lease_create", lambda request, *what: self.made.append(what))

    def filled_in(self, start_in: int = DAY, **more: Any) -> dict[str, Any]:
        """What somebody types: whole minutes."""
        start = (self.lab.clock.now() + start_in) // 60 * 60
        words = [f"{datetime.fromtimestamp(at, UTC):%Y-%m-%d %H:%M}" for at in (start, start + 3600)]
        usual = {"name": "lease-1", "resource_type": "host", "min_hosts": 1, "max_hosts": 1}
        return usual | {"start_date": words[0], "end_date": words[1]} | more

    def preview(self, start_in: int = DAY, *, by_script: bool = False, **more: Any) -> str:
        headers = BY_SCRIPT if by_script else {}
        answer = self.client.post(CREATE, self.filled_in(start_in, preview="on", **more), headers=headers)
        assert answer.status_code == 200
        assert self.made == []
        return self.text(answer)

    def test_the_form_has_a_box_with_a_name_and_asks_nothing(self) -> None:
        page = self.text(self.client.get(CREATE))
        assert '<input type="checkbox" name="preview" id="id_preview">' in page
        assert 'for="id_preview"> <span class="field-label">Only show what it would take</span>' in page
        assert self.network.asked == []

    def test_without_the_box_the_lease_is_made_and_nothing_is_asked(self) -> None:
        answer = self.client.post(CREATE, self.filled_in())
        self.assertRedirectsNoFollow(answer, reverse("horizon:project:leases:index"))
        ((name, *_),) = self.made
        assert name == "lease-1"
        assert self.network.asked == []

    def test_with_it_the_plan_is_shown_and_the_form_is_as_it_was(self) -> None:
        for by_script in (False, True):
            page = self.preview(by_script=by_script)
            assert "It would get 1 host." in page
            assert "1 spot instance would have to go." in page
            assert "<dt>They are deleted</dt><dd>2027-" in page
            assert 'value="lease-1"' in page
            assert 'id="id_preview" checked>' in page
        assert self.network.asked == ["POST /v1/plans"] * 2

    def test_the_plan_comes_before_what_was_filled_in(self) -> None:
        page = self.preview()
        assert page.index("It would get") < page.index('value="lease-1"')

    def test_the_instants_are_those_that_were_typed(self) -> None:
        typed = self.filled_in()
        page = self.preview()
        assert f"<dt>Start</dt><dd>{typed['start_date']}:00 UTC</dd>" in page
        assert f"<dt>End</dt><dd>{typed['end_date']}:00 UTC</dd>" in page

    def test_more_hosts_cost_more(self) -> None:
        page = self.preview(min_hosts=2, max_hosts=2)
        assert "It would get 2 hosts." in page
        assert "3 spot instances would have to go." in page
        assert "host01" not in page

    def test_an_admin_is_told_which_hosts(self) -> None:
        self.caller = ADMIN
        self.behind(self.lab)
        page = self.preview(min_hosts=2, max_hosts=2)
        assert re.search("It would get 2 hosts. host0[12], host0[12]</p>", page)

    def test_a_start_that_is_left_blank_is_the_services_now(self) -> None:
        self.behind(lab := Lab(hosts=1))
        listed(lab)
        page = self.preview(start_date="")
        assert f"<dt>Start</dt><dd>{datetime.fromtimestamp(lab.clock.now(), UTC):%Y-%m-%d %H:%M:%S} UTC</dd>" in page
        assert "0 spot instances would have to go." in page
        assert "They are deleted" not in page

    def test_a_refusal_says_the_first_start_that_would_work(self) -> None:
        page = self.preview(60)
        assert "It would be refused." in page
        assert "The first start that would work: 2027-01-15 08:" in page
        assert "This is an answer and not a hold.</p>" in page
        assert "earliest_start=" not in page
        assert "would have to go" not in page

    def test_properties_are_part_of_the_question(self) -> None:
        assert "It would get 1 host." in self.preview(resource_properties='["=", "$rack", "r1"]')
        assert "It would get" not in self.preview(resource_properties='["=", "$rack", "r2"]')

    def test_parts_of_hosts_are_not_planned_and_that_is_said(self) -> None:
        page = self.preview(resource_type="instance", amount=1, vcpus=1, memory_mb=1, disk_gb=0)
        assert "Only leases of whole hosts are planned." in page
        assert self.network.asked == []

    def test_a_service_that_does_not_answer_leaves_the_form_and_a_message(self) -> None:
        self.network.fails = "/plans"
        page = self.preview()
        assert "What the lease would take could not be found out." in page
        assert "The database does not answer." in page
        assert "There is no plan to show." not in page
        assert 'value="lease-1"' in page

    def test_a_lease_that_there_cannot_be_is_said_to_be_none(self) -> None:
        page = self.preview(end_date="2026-01-01 00:00")
        assert "What the lease would take could not be found out." in page


class TestWithoutTheService(helpers.TestCase):
    def test_a_cloud_without_it_has_upstreams_form(self) -> None:
        self.assertNotContains(self.client.get(CREATE), "preview")


def test_upstreams_form_has_what_ours_was_made_for() -> None:
    assert views.CreateView.form_class is PreviewedCreateForm
    assert issubclass(PreviewedCreateForm, upstream.CreateForm)
    asked = {"start_date", "end_date", "resource_type", "min_hosts", "max_hosts"}
    assert asked | {"hypervisor_properties", "resource_properties"} <= set(upstream.CreateForm.base_fields)
    assert "host" in dict(upstream.CreateForm.base_fields["resource_type"].choices)
    assert [*upstream.CreateForm.base_fields, "preview"] == list(PreviewedCreateForm.base_fields)
