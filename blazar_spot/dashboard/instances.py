# SPDX-License-Identifier: Apache-2.0
"""The table of spot instances: what each is promised, what is expected, and what is coming to it."""

from typing import Any

from django.utils.translation import gettext_lazy as _
from horizon import tables

from blazar_spot.dashboard import moments
from blazar_spot.dashboard.listings import Listing
from blazar_spot.dashboard.states import EVENTS, label


def notice(instance: Any) -> str | None:
    """The state of the one that runs."""
    return instance["event"]["state"] if instance["event"] else None


class InstancesTable(Listing):
    """Of one project."""

    name = tables.Column("name", verbose_name=_("Instance"), link="horizon:project:instances:detail")
    flavor = tables.Column("flavor", verbose_name=_("Flavor"))
    running_since = tables.Column("running_since", verbose_name=_("Running since"), filters=(moments.shown,))
    guaranteed_until = tables.Column("guaranteed_until", verbose_name=_("Guaranteed until"), filters=(moments.awaited,))
    expected_until = tables.Column(
        "expected_until", verbose_name=_("Expected until"), filters=(moments.awaited,), empty_value=_("No end in sight")
    )
    notice = tables.Column(notice, verbose_name=_("Notice"), filters=(label(EVENTS),))

    class Meta:
        name = "spot_instances"
        verbose_name = _("Spot instances")
        pagination_param = "instances_marker"
        multi_select = False
