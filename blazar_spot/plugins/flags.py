# SPDX-License-Identifier: Apache-2.0
"""The flags by which Blazar tells that a lease is not whole: it sets them but never clears them; here both are done."""

import logging

from blazar.db import api as db_api

from blazar_spot.plugins.servings import Serving

LOG = logging.getLogger(__name__)


def degrade(reservation: Serving) -> None:
    """The reservation has fewer hosts now than it must have."""
    db_api.reservation_update(reservation.reservation_id, {"missing_resources": True})
    db_api.lease_update(reservation.lease_id, {"degraded": True})


def restore(reservation: Serving) -> None:
    """The reservation has all its hosts; the lease is degraded as long as anything else is flagged in it."""
    db_api.reservation_update(reservation.reservation_id, {"missing_resources": False})
    reservations = db_api.reservation_get_all_by_lease_id(reservation.lease_id)
    if not any(other["missing_resources"] or other["resources_changed"] for other in reservations):
        db_api.lease_update(reservation.lease_id, {"degraded": False})
    LOG.info("Reservation %s has all its hosts now", reservation.reservation_id)
