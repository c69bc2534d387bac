# SPDX-License-Identifier: Apache-2.0
"""The tabs, and what each asks for."""

from django.utils.translation import gettext_lazy as _
from horizon import tabs

from blazar_spot.client import Client
from blazar_spot.client.door import Page
from blazar_spot.dashboard.listings import ROWS, ListTab
from blazar_spot.dashboard.operators.hosts import HostsTable
from blazar_spot.dashboard.operators.reclaims import BreachesTable, ReclaimsTable
from blazar_spot.dashboard.operators.rehearsals import AllInstancesTable


class HostsTab(ListTab):
    """How full each pool is, and who wants it."""

    name = _("Hosts")
    slug = "hosts"
    table_classes = (HostsTable,)
    get_spot_hosts_data = ListTab.rows

    def read(self, client: Client, marker: str | None) -> Page:
        return client.page("pools", limit=ROWS, marker=marker)


class ReclaimsTab(ListTab):
    """How hosts are freed."""

    name = _("Reclaims")
    slug = "reclaims"
    table_classes = (ReclaimsTable,)
    get_spot_reclaims_data = ListTab.rows

    def read(self, client: Client, marker: str | None) -> Page:
        return client.page("reclaims", limit=ROWS, marker=marker, all_projects=True)


class BreachesTab(ListTab):
    """What was promised and not kept."""

    name = _("Broken promises")
    slug = "breaches"
    table_classes = (BreachesTable,)
    get_spot_breaches_data = ListTab.rows

    def read(self, client: Client, marker: str | None) -> Page:
        return client.page("breaches", limit=ROWS, marker=marker)


class InstancesTab(ListTab):
    """Everybody's."""

    name = _("Instances")
    slug = "instances"
    table_classes = (AllInstancesTable,)
    get_spot_all_instances_data = ListTab.rows

    def read(self, client: Client, marker: str | None) -> Page:
        return client.page("instances", limit=ROWS, marker=marker, all_projects=True)


class SpotPoolTabs(tabs.TabGroup):
    """All of them."""

    slug = "spot_pool"
    tabs = (HostsTab, ReclaimsTab, BreachesTab, InstancesTab)
    sticky = True
