# SPDX-License-Identifier: Apache-2.0
"""Buttons that order something of the service. What it refuses is said in its own words."""

import sys
from typing import Any

from django.utils.translation import gettext_lazy as _
from horizon import exceptions, messages, tables

from blazar_spot.client import Client
from blazar_spot.dashboard import asking


class Order(tables.BatchAction):
    """A button on rows. Horizon asks back before one of the type ``danger`` is done, and before no other."""

    help_text = ""
    refused: Any = _("This was not done.")

    def order(self, client: Client, datum_id: str) -> str | None:
        """Order it; why nothing comes of it yet, if the service says so."""
        raise NotImplementedError

    def action(self, request: Any, datum_id: str) -> None:
        try:
            client = asking.client(request)
            if client is None:
                raise exceptions.ServiceCatalogException("spot")
            waits_for = self.order(client, datum_id)
        except Exception as error:
            exceptions.handle(request, self.refused)
            raise exceptions.HandledException(list(sys.exc_info())) from error
        if waits_for:
            messages.warning(request, waits_for)
