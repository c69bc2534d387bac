# SPDX-License-Identifier: Apache-2.0
"""The entry in the menu."""

import horizon
from django.utils.translation import gettext_lazy as _


class SpotPool(horizon.Panel):
    """Where the catalog has the service; who is an admin, Horizon says of the whole dashboard."""

    name = _("Spot pool")
    slug = "spot_pool"
    permissions = ("openstack.services.spot",)
