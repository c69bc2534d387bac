# SPDX-License-Identifier: Apache-2.0
"""The form that makes a lease, with a box to tick that shows what the lease would take instead of making it.

Nothing is written or held for that: the service plans by the same rules as a booking, and forgets.
"""

from datetime import UTC, datetime
from typing import Any

from blazar_dashboard.content.leases import forms as upstream
from django.forms import Widget
from django.template.loader import render_to_string
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from horizon import exceptions, forms

from blazar_spot.client import Client
from blazar_spot.client.documents import Plan
from blazar_spot.dashboard import asking


class PreviewBox(Widget):
    """The box, and below it the plan when there is one, or that of this there is none."""

    plan: Plan | None = None
    has_no_plan = False

    def render(self, name: str, value: Any, attrs: Any = None, renderer: Any = None) -> SafeString:
        shown = {"name": name, "is_ticked": value, "id": (attrs or {}).get("id")}
        return render_to_string("spot/_preview.html", {**shown, "plan": self.plan, "has_no_plan": self.has_no_plan})

    def value_from_datadict(self, data: Any, files: Any, name: str) -> bool:
        return bool(data.get(name))


class PreviewedCreateForm(upstream.CreateForm):
    """Upstream's, with one field more where there is somebody to ask."""

    preview = forms.BooleanField(label=_("Only show what it would take"), required=False, widget=PreviewBox)

    def __init__(self, request: Any, *args: Any, **kwargs: Any) -> None:
        super().__init__(request, *args, **kwargs)
        if asking.address(request) is None:
            del self.fields["preview"]

    def handle(self, request: Any, data: dict[str, Any]) -> Any:
        """False lets Horizon show the form again, as it was filled in."""
        if not data.get("preview"):
            return super().handle(request, data)
        box = self.fields["preview"].widget
        self.order_fields(["preview"])  # what was asked for is seen first
        try:
            client = asking.client(request)
            box.plan = self._planned(client, data) if client else None
            box.has_no_plan = box.plan is None
        except Exception:
            exceptions.handle(request, _("What the lease would take could not be found out."))
        return False

    def _planned(self, client: Client, data: dict[str, Any]) -> Plan | None:
        """None for what is not planned: parts of hosts. A start that was left blank is the service's own now."""
        if data["resource_type"] != "host":
            return None
        return client.plans.of_wish(
            _said(data["end_date"]),
            start=_said(data["start_date"]) if self.data.get("start_date") else None,
            least=data["min_hosts"] or 1,
            most=data["max_hosts"],
            hypervisor_properties=data["hypervisor_properties"],
            resource_properties=data["resource_properties"],
        )


def _said(at: datetime) -> str:
    """As the service reads it; what upstream's form leaves without a zone is UTC."""
    aware = at if at.tzinfo else at.replace(tzinfo=UTC)
    return f"{aware.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
