# SPDX-License-Identifier: Apache-2.0
"""The tables of reclaims that have not ended, and of broken promises."""

from typing import Any

from django.utils.translation import gettext_lazy as _
from horizon import tables

from blazar_spot.dashboard import moments
from blazar_spot.dashboard.listings import Listing
from blazar_spot.dashboard.states import badge, of_reclaim


def state(reclaim: Any) -> Any:
    """How far it is."""
    return badge(*of_reclaim(reclaim["state"], reclaim["counts"]["instances_to_go"]))


def to_go(reclaim: Any) -> str:
    """How many, of how many."""
    known = {"left": reclaim["counts"]["instances_to_go"], "all": reclaim["counts"]["instances"]}
    return _("%(left)d of %(all)d") % known  # type: ignore[no-any-return]


def broken(reclaim: Any) -> int:
    """How many promises."""
    return int(reclaim["counts"]["breaches"])


class ReclaimsTable(Listing):
    """Of all projects."""

    host = tables.Column("host", verbose_name=_("Host"))
    lease_name = tables.Column("lease_name", verbose_name=_("Lease"))
    state = tables.Column(state, verbose_name=_("State"))
    to_go = tables.Column(to_go, verbose_name=_("Spot instances to go"))
    broken = tables.Column(broken, verbose_name=_("Broken promises"))
    evict_at = tables.Column("evict_at", verbose_name=_("Deleted from"), filters=(moments.awaited,))
    start_at = tables.Column("start_at", verbose_name=_("Handed over"), filters=(moments.awaited,))

    class Meta:
        name = "spot_reclaims"
        verbose_name = _("Reclaims")
        pagination_param = "reclaims_marker"
        multi_select = False


class BreachesTable(Listing):
    """Of the whole cloud, the last one first."""

    at = tables.Column("at", verbose_name=_("When"), filters=(moments.shown,))
    host = tables.Column("host", verbose_name=_("Host"))
    cause = tables.Column("cause", verbose_name=_("Cause"))
    instance_id = tables.Column("instance_id", verbose_name=_("Instance"))
    details = tables.Column("details", verbose_name=_("Details"))

    class Meta:
        name = "spot_breaches"
        verbose_name = _("Broken promises")
        pagination_param = "breaches_marker"
        multi_select = False
