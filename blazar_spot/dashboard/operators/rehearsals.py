# SPDX-License-Identifier: Apache-2.0
"""The tables of everybody's spot instances, with the button that gives one of them a notice to rehearse its end."""

from typing import Any

from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy
from horizon import tables

from blazar_spot.client import Client
from blazar_spot.dashboard.instances import EndedTable, InstancesTable
from blazar_spot.dashboard.orders import Order


class Rehearse(Order):
    """A real notice that is withdrawn at its deadline; what ends an instance is not to be had by a click."""

    name = "rehearse"
    action_type = "danger"
    help_text = _("The instance gets a notice like any other, which is withdrawn at its deadline. It is not deleted.")
    refused = _("No notice was given.")

    @staticmethod
    def action_present(count: int) -> Any:
        return ngettext_lazy("Rehearse Interruption", "Rehearse Interruptions", count)

    @staticmethod
    def action_past(count: int) -> Any:
        return ngettext_lazy("Gave a notice to", "Gave notices to", count)

    def allowed(self, request: Any, datum: Any = None) -> bool:
        return datum is None or datum["event"] is None

    def order(self, client: Client, datum_id: str) -> str | None:
        return client.instances.interrupt(datum_id, reason="Horizon")["waits_for"]


class AllInstancesTable(InstancesTable):
    """Of all projects."""

    name = tables.Column("name", verbose_name=_("Instance"), link="horizon:admin:instances:detail")
    project_id = tables.Column("project_id", verbose_name=_("Project"))
    host = tables.Column("host", verbose_name=_("Host"))

    class Meta:
        name = "spot_all_instances"
        verbose_name = _("Spot instances")
        pagination_param = "instances_marker"
        row_actions = (Rehearse,)
        multi_select = False


class AllEndedTable(EndedTable):
    """Of all projects."""

    project_id = tables.Column("project_id", verbose_name=_("Project"))
    host = tables.Column("host", verbose_name=_("Host"))

    class Meta:
        name = "spot_all_ended"
        verbose_name = _("Promised and given")
        pagination_param = "ended_marker"
        multi_select = False
