# SPDX-License-Identifier: Apache-2.0
"""The tables of webhooks and of what each was told, and the button that sends a test."""

from typing import Any

from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy
from horizon import tables

from blazar_spot.client import Client
from blazar_spot.dashboard import moments
from blazar_spot.dashboard.listings import Listing
from blazar_spot.dashboard.orders import Order
from blazar_spot.dashboard.states import DELIVERIES, WEBHOOKS, label


class SendTest(Order):
    """Whether it is heard is seen among the deliveries."""

    name = "test"
    refused = _("The test was not sent.")

    @staticmethod
    def action_present(count: int) -> Any:
        return ngettext_lazy("Send Test", "Send Tests", count)

    @staticmethod
    def action_past(count: int) -> Any:
        return ngettext_lazy("Test on its way to", "Tests on their way to", count)

    def order(self, client: Client, datum_id: str) -> None:
        client.webhooks.ping(datum_id)


class WebhooksTable(Listing):
    """Of one project."""

    name = tables.Column("name", verbose_name=_("Webhook"), link="horizon:project:spot:deliveries")
    url = tables.Column("url", verbose_name=_("URL"))
    state = tables.Column("state", verbose_name=_("State"), filters=(label(WEBHOOKS),))
    reason = tables.Column("reason", verbose_name=_("Why"))
    failing_since = tables.Column("failing_since", verbose_name=_("Failing since"), filters=(moments.shown,))

    class Meta:
        name = "spot_webhooks"
        verbose_name = _("Webhooks")
        pagination_param = "webhooks_marker"
        row_actions = (SendTest,)
        multi_select = False


class DeliveriesTable(Listing):
    """Of one webhook."""

    type = tables.Column("type", verbose_name=_("What"))
    subject = tables.Column("subject", verbose_name=_("Of"))
    written_at = tables.Column("written_at", verbose_name=_("Written"), filters=(moments.shown,))
    state = tables.Column("state", verbose_name=_("State"), filters=(label(DELIVERIES),))
    tries = tables.Column("tries", verbose_name=_("Tries"))
    next_try_at = tables.Column("next_try_at", verbose_name=_("Next try"), filters=(moments.awaited,))
    status = tables.Column("status", verbose_name=_("Status"))
    response = tables.Column("response", verbose_name=_("Response"), truncate=80)

    class Meta:
        name = "spot_deliveries"
        verbose_name = _("Deliveries")
        pagination_param = "deliveries_marker"
        multi_select = False
