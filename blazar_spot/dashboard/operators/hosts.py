# SPDX-License-Identifier: Apache-2.0
"""The table of hosts: how full each pool is, why it is closed, who wants it, and the buttons that close and open it."""

from functools import cached_property
from typing import Any

from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy
from horizon import exceptions, tables

from blazar_spot.client import Client
from blazar_spot.client.documents import Pool, PoolClaim
from blazar_spot.dashboard import asking
from blazar_spot.dashboard.listings import Listing
from blazar_spot.dashboard.orders import Order
from blazar_spot.dashboard.states import CLOSURES, FENCES, badge, label, of_reclaim
from blazar_spot.dashboard.templatetags.spot import instant


def occupancy(pool: Pool) -> str:
    """What is used, of each resource."""
    return ", ".join(f"{one['used']}/{one['total']} {one['resource_class']}" for one in pool["resources"])


def fence(pool: Pool) -> Any:
    """Whether it is open, and if not why."""
    if not pool["is_closed"]:
        return badge(_("Open"), "success")
    why = ", ".join(str(FENCES.get(reason, reason)) for reason in pool["closed_because"])
    return format_html("{} {}", badge(_("Closed"), "warning"), why)


def claims(pool: Pool) -> Any:
    """Those whose fences' instants have come: the states, the instants of their starts."""
    shown = [
        format_html("{} {}", badge(*of_reclaim(one["state"], pool["instances"])), instant(one["start_at"]))
        for one in pool["claims"]
    ]
    return format_html("{} " * len(shown), *shown) if shown else None


def next_claim(pool: Pool) -> str | None:
    """From when the pool is closed for it, and from when the host is taken."""
    claim: PoolClaim | None = pool["next_claim"]
    if claim is None:
        return None
    if claim["fence_at"] is None:
        return _("Starts %s") % instant(claim["start_at"])  # type: ignore[no-any-return]
    known = {"fence": instant(claim["fence_at"]), "start": instant(claim["start_at"])}
    return _("Closed from %(fence)s, starts %(start)s") % known  # type: ignore[no-any-return]


class OrderColumn(tables.Column):
    """What an operator has ordered for the host; looks into what the table has asked for."""

    def get_raw_data(self, datum: Any) -> str | None:
        return self.table.orders.get(datum["host"])  # type: ignore[no-any-return]


class Close(Order):
    """Nobody comes; who is there stays."""

    name = "close"
    help_text = _("No new spot instance comes to the host. Those that are there stay.")
    refused = _("The host was not closed.")

    @staticmethod
    def action_present(count: int) -> Any:
        return ngettext_lazy("Close Host", "Close Hosts", count)

    @staticmethod
    def action_past(count: int) -> Any:
        return ngettext_lazy("Closed Host", "Closed Hosts", count)

    def allowed(self, request: Any, datum: Any = None) -> bool:
        return datum is None or self.table.orders.get(datum["host"]) is None

    def order(self, client: Client, datum_id: str) -> str | None:
        return client.pools.close(datum_id)["waits_for"]


class Drain(Order):
    """Nobody comes, and who is there goes."""

    name = "drain"
    action_type = "danger"
    help_text = _("The host is closed, and each spot instance on it is told and goes, with every promise kept.")
    refused = _("The host is not drained.")

    @staticmethod
    def action_present(count: int) -> Any:
        return ngettext_lazy("Drain Host", "Drain Hosts", count)

    @staticmethod
    def action_past(count: int) -> Any:
        return ngettext_lazy("Draining Host", "Draining Hosts", count)

    def allowed(self, request: Any, datum: Any = None) -> bool:
        return datum is None or self.table.orders.get(datum["host"]) in (None, "closed")

    def order(self, client: Client, datum_id: str) -> str | None:
        return client.pools.drain(datum_id)["waits_for"]


class Open(Order):
    """Everything as it was. If it is not known what was ordered, the service says whether there is anything to open."""

    name = "open"
    help_text = _("Spot instances may come again. Who was told to go for a drain may stay.")
    refused = _("The host was not opened.")

    @staticmethod
    def action_present(count: int) -> Any:
        return ngettext_lazy("Open Host", "Open Hosts", count)

    @staticmethod
    def action_past(count: int) -> Any:
        return ngettext_lazy("Opened Host", "Opened Hosts", count)

    def allowed(self, request: Any, datum: Any = None) -> bool:
        return datum is None or "closure" in datum["closed_because"] or datum["host"] in self.table.orders

    def order(self, client: Client, datum_id: str) -> None:
        client.pools.open(datum_id)


class HostsTable(Listing):
    """A page of pools, and all orders, of which there are few."""

    host = tables.Column("host", verbose_name=_("Host"))
    instances = tables.Column("instances", verbose_name=_("Spot instances"))
    occupancy = tables.Column(occupancy, verbose_name=_("Used"))
    fence = tables.Column(fence, verbose_name=_("Pool"))
    ordered = OrderColumn("ordered", verbose_name=_("Order"), filters=(label(CLOSURES),))
    claims = tables.Column(claims, verbose_name=_("Is freed for"))
    next_claim = tables.Column(next_claim, verbose_name=_("Next claim"))

    class Meta:
        name = "spot_hosts"
        verbose_name = _("Hosts")
        pagination_param = "hosts_marker"
        table_actions = (Close, Drain, Open)
        row_actions = (Close, Drain, Open)

    def get_object_id(self, datum: Any) -> str:
        return str(datum["host"])

    @cached_property
    def orders(self) -> dict[str, str]:
        """The state of what was ordered, by host; nothing, and a message, if the service does not answer."""
        try:
            client = asking.client(self.request)
            return {one["host"]: one["state"] for one in client.pools.closures()} if client else {}
        except Exception:
            exceptions.handle(self.request, _("What was ordered for the hosts could not be read."))
            return {}
