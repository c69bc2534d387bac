# SPDX-License-Identifier: Apache-2.0
"""The tabs, and what each asks for."""

from django.utils.translation import gettext_lazy as _
from horizon import tabs

from blazar_spot.dashboard.listings import ListTab
from blazar_spot.dashboard.operators.hosts import HostsTable
from blazar_spot.dashboard.operators.reclaims import BreachesTable, ReclaimsTable
from blazar_spot.dashboard.operators.rehearsals import AllEndedTable, AllInstancesTable


class HostsTab(ListTab):
    """How full each pool is, and who wants it."""

    name = _("Hosts")
    slug = "hosts"
    table_classes = (HostsTable,)
    lists = "pools"


class ReclaimsTab(ListTab):
    """How hosts are freed."""

    name = _("Reclaims")
    slug = "reclaims"
    table_classes = (ReclaimsTable,)
    lists = "reclaims"
    of_all_projects = True


class BreachesTab(ListTab):
    """What was promised and not kept."""

    name = _("Broken promises")
    slug = "breaches"
    table_classes = (BreachesTable,)
    lists = "breaches"


class InstancesTab(ListTab):
    """Everybody's."""

    name = _("Instances")
    slug = "instances"
    table_classes = (AllInstancesTable,)
    lists = "instances"
    of_all_projects = True


class EndedTab(ListTab):
    """What those that have ended were promised, and what they were given."""

    name = _("Promised and given")
    slug = "ended"
    table_classes = (AllEndedTable,)
    lists = "instances"
    of_all_projects = True
    of_ended = True


class SpotPoolTabs(tabs.TabGroup):
    """All of them."""

    slug = "spot_pool"
    tabs = (HostsTab, ReclaimsTab, BreachesTab, InstancesTab, EndedTab)
    sticky = True
