# SPDX-License-Identifier: Apache-2.0
"""The tables of spot instances: what each is promised and what is coming to it, and of those that have ended what each
was promised and what it was given.
"""

from datetime import datetime
from typing import Any

from django.utils.translation import gettext_lazy as _
from horizon import tables

from blazar_spot.dashboard import moments
from blazar_spot.dashboard.listings import Listing
from blazar_spot.dashboard.states import EVENTS, label


def notice(instance: Any) -> str | None:
    """The state of the one that runs."""
    return instance["event"]["state"] if instance["event"] else None


def promised(instance: Any) -> str | None:
    """Until when it might run by the notice that it had; one that was withdrawn promised nothing."""
    event = instance["event"]
    return event["not_before"] if event and event["state"] != "withdrawn" else None


def difference(instance: Any) -> Any:
    """What it was given beyond that, or short of it: its holder may have deleted it, which is said beside it."""
    until = promised(instance)
    if until is None:
        return None
    seconds = int((datetime.fromisoformat(instance["gone_at"]) - datetime.fromisoformat(until)).total_seconds())
    words = _("%s more") if seconds >= 0 else _("%s less")
    return words % moments.span(abs(seconds))


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


class EndedTable(Listing):
    """Of one project, the last one first."""

    name = tables.Column("name", verbose_name=_("Instance"))
    flavor = tables.Column("flavor", verbose_name=_("Flavor"))
    running_since = tables.Column("running_since", verbose_name=_("Running since"), filters=(moments.shown,))
    promised = tables.Column(promised, verbose_name=_("Promised until"), filters=(moments.shown,))
    gone_at = tables.Column("gone_at", verbose_name=_("Gone"), filters=(moments.shown,))
    difference = tables.Column(difference, verbose_name=_("Given"))
    why = tables.Column("why", verbose_name=_("Why"))

    class Meta:
        name = "spot_ended"
        verbose_name = _("Ended spot instances")
        pagination_param = "ended_marker"
        multi_select = False
