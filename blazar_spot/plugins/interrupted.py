# SPDX-License-Identifier: Apache-2.0
"""Starts that were cut off by the death of their blazar-manager, which Blazar itself never takes up again.

It marks a start as under way before it does it, and nobody looks at such a mark afterwards: the lease would stay in
STARTING for good, neither serving nor ending. Here it is put back to where it was before, so that Blazar starts it
once more. That is safe for hosts, which the doors find where they have been brought already; a lease that has
anything else in it is left alone. Next: ``doors``.
"""

import logging

from blazar import status
from blazar.db import api as db_api

from blazar_spot.plugins import calendar

LOG = logging.getLogger(__name__)


def begin_again(before: int) -> None:
    """Let the starts that were marked before this process began be done once more.

    The lease itself comes last: until then it is found again, should this be cut off too.
    """
    for lease_id in calendar.cut_off(before):
        LOG.warning("The start of lease %s was cut off; it is started again", lease_id)
        for reservation in db_api.reservation_get_all_by_lease_id(lease_id):
            db_api.reservation_update(reservation["id"], {"status": status.reservation.PENDING})
        event = db_api.event_get_first_sorted_by_filters(
            "lease_id", "asc", {"lease_id": lease_id, "event_type": "start_lease"}
        )
        db_api.event_update(event["id"], {"status": status.event.UNDONE})
        db_api.lease_update(lease_id, {"status": status.lease.PENDING})
