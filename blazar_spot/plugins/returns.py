# SPDX-License-Identifier: Apache-2.0
"""The way back of whole hosts: from Blazar's calendar, which says what belongs where, to the hand-back."""

from blazar.plugins.oshosts import RESOURCE_TYPE
from oslo_config import cfg

from blazar_spot.enforcement.handback import HandBack
from blazar_spot.plugins import calendar
from blazar_spot.ports.clock import Clock


class Returns:
    """Takes hosts away from reservations."""

    def __init__(self, handback: HandBack, clock: Clock) -> None:
        self._handback = handback
        self._clock = clock

    def end(self, aggregate_id: int) -> None:
        """Take the hosts of a reservation that is over away; what does not come free soon is left to ``tidy``."""
        self._handback.end(aggregate_id, calendar.known_hosts())

    def tidy(self) -> None:
        """Take home every host that is where it does not belong."""
        prefix = cfg.CONF[RESOURCE_TYPE].blazar_az_prefix
        self._handback.sweep(prefix, lambda: calendar.books(self._clock.now()))
