# SPDX-License-Identifier: Apache-2.0
"""The tabs, and what each asks for."""

from django.utils.translation import gettext_lazy as _
from horizon import tabs

from blazar_spot.client import Client
from blazar_spot.client.door import Page
from blazar_spot.dashboard.instances import EndedTable, InstancesTable
from blazar_spot.dashboard.listings import ListTab
from blazar_spot.dashboard.project.capacity import CapacityTable
from blazar_spot.dashboard.project.notices import NoticesTable
from blazar_spot.dashboard.project.webhooks import WebhooksTable


class InstancesTab(ListTab):
    """Until when each may run."""

    name = _("Instances")
    slug = "instances"
    table_classes = (InstancesTable,)
    lists = "instances"


class EndedTab(ListTab):
    """Why each is gone."""

    name = _("Ended")
    slug = "ended"
    table_classes = (EndedTable,)
    lists = "instances"
    of_ended = True


class NoticesTab(ListTab):
    """Who has to go."""

    name = _("Notices")
    slug = "notices"
    table_classes = (NoticesTable,)
    lists = "events"


class CapacityTab(ListTab):
    """What could boot now."""

    name = _("Capacity now")
    slug = "capacity"
    table_classes = (CapacityTable,)

    def read(self, client: Client, marker: str | None) -> Page:
        return Page([*client.pools.capacity()["flavors"]], None)


class WebhooksTab(ListTab):
    """Who is told."""

    name = _("Webhooks")
    slug = "webhooks"
    table_classes = (WebhooksTable,)
    lists = "webhooks"


class SpotTabs(tabs.TabGroup):
    """All of them."""

    slug = "spot"
    tabs = (InstancesTab, NoticesTab, EndedTab, CapacityTab, WebhooksTab)
    sticky = True
