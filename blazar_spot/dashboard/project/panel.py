# SPDX-License-Identifier: Apache-2.0
"""The entry in the menu."""

import horizon
from django.utils.translation import gettext_lazy as _


class Spot(horizon.Panel):
    """Where the catalog has the service."""

    name = _("Spot")
    slug = "spot"
    permissions = ("openstack.services.spot",)
