# SPDX-License-Identifier: Apache-2.0
"""The table of open notices, with what their holders may say to them."""

from typing import Any

from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy
from horizon import tables

from blazar_spot.client import Client
from blazar_spot.dashboard import moments
from blazar_spot.dashboard.listings import Listing
from blazar_spot.dashboard.orders import Order
from blazar_spot.dashboard.states import EVENTS, label


class Acknowledge(Order):
    """It is known."""

    name = "acknowledge"
    refused = _("The notice could not be acknowledged.")

    @staticmethod
    def action_present(count: int) -> Any:
        return ngettext_lazy("Acknowledge Notice", "Acknowledge Notices", count)

    @staticmethod
    def action_past(count: int) -> Any:
        return ngettext_lazy("Acknowledged Notice", "Acknowledged Notices", count)

    def allowed(self, request: Any, datum: Any = None) -> bool:
        return datum is None or datum["state"] == "scheduled"

    def order(self, client: Client, datum_id: str) -> None:
        client.events.acknowledge(datum_id)


class Ready(Order):
    """It need not be waited for."""

    name = "ready"
    action_type = "danger"
    help_text = _("The instance is deleted within seconds, before its deadline. This cannot be taken back.")
    refused = _("The instance was not given up.")

    @staticmethod
    def action_present(count: int) -> Any:
        return ngettext_lazy("Give Up Instance Now", "Give Up Instances Now", count)

    @staticmethod
    def action_past(count: int) -> Any:
        return ngettext_lazy("Gave Up Instance", "Gave Up Instances", count)

    def allowed(self, request: Any, datum: Any = None) -> bool:
        return datum is None or not datum["is_ready"]

    def order(self, client: Client, datum_id: str) -> None:
        client.events.acknowledge(datum_id, ready=True)


class NoticesTable(Listing):
    """Of one project."""

    instance_name = tables.Column("instance_name", verbose_name=_("Instance"))
    flavor = tables.Column("flavor", verbose_name=_("Flavor"))
    decided_at = tables.Column("decided_at", verbose_name=_("Decided"), filters=(moments.shown,))
    not_before = tables.Column("not_before", verbose_name=_("Deleted from"), filters=(moments.awaited,))
    state = tables.Column("state", verbose_name=_("State"), filters=(label(EVENTS),))
    is_ready = tables.Column(lambda event: _("Yes") if event["is_ready"] else _("No"), verbose_name=_("May go earlier"))

    class Meta:
        name = "spot_notices"
        verbose_name = _("Notices")
        pagination_param = "notices_marker"
        table_actions = (Acknowledge, Ready)
        row_actions = (Acknowledge, Ready)

    def get_object_display(self, datum: Any) -> str:
        return str(datum["instance_name"] or datum["instance_id"])
