# SPDX-License-Identifier: Apache-2.0
"""The table of flavors: how many instances of each could boot now, if nobody booted anything else."""

from typing import Any

from django.utils.translation import gettext_lazy as _
from horizon import tables

from blazar_spot.dashboard.listings import Listing


def resources(offer: Any) -> str:
    """What one instance takes."""
    return ", ".join(f"{amount} {name}" for name, amount in sorted(offer["resources"].items()))


class CapacityTable(Listing):
    """An answer, and not a hold."""

    name = tables.Column("name", verbose_name=_("Flavor"))
    available = tables.Column("available", verbose_name=_("Could boot now"))
    resources = tables.Column(resources, verbose_name=_("Each takes"))

    class Meta:
        name = "spot_capacity"
        verbose_name = _("Capacity now")
        multi_select = False
