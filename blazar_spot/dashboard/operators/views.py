# SPDX-License-Identifier: Apache-2.0
"""The page."""

from django.utils.translation import gettext_lazy as _
from horizon import tabs

from blazar_spot.dashboard.operators.tabs import SpotPoolTabs


class IndexView(tabs.TabbedTableView):
    """The tabs."""

    tab_group_class = SpotPoolTabs
    template_name = "spot/page.html"
    page_title = _("Spot pool")
