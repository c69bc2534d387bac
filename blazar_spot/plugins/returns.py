# SPDX-License-Identifier: Apache-2.0
"""The way back of whole hosts: from Blazar's calendar, which says what belongs where, to the hand-back."""

import logging

from blazar.plugins.oshosts import RESOURCE_TYPE
from oslo_config import cfg

from blazar_spot.core.errors import NoFreepool, SpotError
from blazar_spot.enforcement.handback import HandBack
from blazar_spot.enforcement.publishing import Publishing
from blazar_spot.plugins import calendar
from blazar_spot.ports.clock import Clock

LOG = logging.getLogger(__name__)

_HOMELESS = (
    "There is no freepool: no host can be handed over or come back. Create the aggregate that freepool_name in [nova] "
    "of our configuration names; aggregate_freepool_name in [nova] of blazar.conf must name the same one, and names %s"
)


class Returns:
    """Takes hosts away from reservations."""

    def __init__(self, handback: HandBack, clock: Clock) -> None:
        self._handback = handback
        self._clock = clock
        self._has_home = True

    def end(self, aggregate_id: int) -> None:
        """Take the hosts of a reservation that is over away; what does not come free soon is left to ``tidy``."""
        self._handback.end(aggregate_id, calendar.known_hosts())

    def tidy(self) -> None:
        """Take home every host that is where it does not belong."""
        prefix = cfg.CONF[RESOURCE_TYPE].blazar_az_prefix
        try:
            self._handback.sweep(prefix, lambda: calendar.books(self._clock.now()))
        except NoFreepool:
            self._note_home(False)
        else:
            self._note_home(True)

    def _note_home(self, is_there: bool) -> None:
        """An operator has to hear of it once, and not at each poll."""
        if is_there and not self._has_home:
            LOG.info("There is a freepool again: hosts are handed over and come back")
        elif self._has_home and not is_there:
            LOG.error(_HOMELESS, cfg.CONF.nova.aggregate_freepool_name)
        self._has_home = is_there


def withdraw(publishing: Publishing, reservation_id: str) -> None:
    """Notices are withdrawn with the next tick of the engine. If this fails, the next poll does it."""
    try:
        publishing.end(reservation_id)
    except SpotError as error:
        LOG.warning("The claims of reservation %s are not ended yet: %s", reservation_id, error)
