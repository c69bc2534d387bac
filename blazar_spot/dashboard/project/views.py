# SPDX-License-Identifier: Apache-2.0
"""The pages."""

from typing import Any

from django.utils.translation import gettext_lazy as _
from horizon import tables, tabs

from blazar_spot.client import Client
from blazar_spot.client.door import Page
from blazar_spot.dashboard import asking
from blazar_spot.dashboard.listings import ROWS
from blazar_spot.dashboard.project.tabs import SpotTabs
from blazar_spot.dashboard.project.webhooks import DeliveriesTable


class IndexView(tabs.TabbedTableView):
    """The tabs."""

    tab_group_class = SpotTabs
    template_name = "spot/page.html"
    page_title = _("Spot")


class DeliveriesView(tables.DataTableView):
    """What one webhook was told."""

    table_class = DeliveriesTable
    template_name = "spot/page.html"
    page_title = _("Deliveries")

    def get_data(self) -> list[Any]:
        return self.get_table().filled(asking.client(self.request), self._read)  # type: ignore[no-any-return]

    def has_more_data(self, table: Any) -> bool:
        return bool(table.has_more_data)

    def _read(self, client: Client, marker: str | None) -> Page:
        return client.page("webhooks", self.kwargs["webhook_id"], "deliveries", limit=ROWS, marker=marker)
