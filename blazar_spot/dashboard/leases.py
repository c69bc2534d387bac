# SPDX-License-Identifier: Apache-2.0
"""The table of leases with a column "Spot reclaim": how far each lease is in getting its hosts.

The column is filled by one question for the whole table. It also carries the mending of an action of upstream's.
"""

from datetime import UTC, datetime
from functools import cached_property
from typing import Any

from blazar_dashboard.content.leases import tables as upstream
from django.template.loader import render_to_string
from django.utils.dateparse import parse_datetime
from django.utils.timezone import now
from django.utils.translation import gettext_lazy as _
from horizon import exceptions, tables

from blazar_spot.client.documents import Lease
from blazar_spot.dashboard import asking
from blazar_spot.dashboard.states import of_reclaim


class UpdateLease(upstream.UpdateLease):
    """Upstream's, whose own test whether the lease is over fails with an exception, so that it is never shown."""

    def allowed(self, request: Any, lease: Any) -> bool:
        return bool(datetime.fromisoformat(lease.end_date).replace(tzinfo=UTC) > now())


def shown(lease: Lease | None) -> str | None:
    """The cell; nothing for a lease that takes no host from spot."""
    if lease is None:
        return None
    text, colour = of_reclaim(lease["state"], lease["instances_to_go"])
    evict_at = parse_datetime(lease["evict_at"]) if lease["evict_at"] else None
    return str(render_to_string("spot/_reclaim.html", {"lease": lease, "text": text, "colour": colour, "at": evict_at}))


class ReclaimColumn(tables.Column):
    """Looks into what the table has asked for."""

    def get_raw_data(self, lease: Any) -> Lease | None:
        found: Lease | None = self.table.reclaims.get(lease.id)
        return found


class SpotLeasesTable(upstream.LeasesTable):
    """Upstream's, with one column more."""

    spot_reclaim = ReclaimColumn("spot_reclaim", verbose_name=_("Spot reclaim"), filters=(shown,))

    class Meta(upstream.LeasesTable.Meta):
        row_actions = (UpdateLease, upstream.DeleteLease)

    @cached_property
    def reclaims(self) -> dict[str, Lease]:
        """By the lease's id; nothing, and a message, if the service does not answer."""
        try:
            client = asking.client(self.request)
            if client is None:
                return {}
            found = client.leases.list(all_projects=asking.sees_all(self.request), limit=asking.MOST_LEASES)
            return {lease["lease_id"]: lease for lease in found}
        except Exception:
            exceptions.handle(self.request, _("What spot is doing for the leases could not be read."))
            return {}
