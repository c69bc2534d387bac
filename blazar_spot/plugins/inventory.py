# SPDX-License-Identifier: Apache-2.0
"""Blazar's hosts and what it says of them, published for those who plan outside blazar-manager.

They change when an operator changes them, so it is enough to look now and then.
"""

from oslo_config import cfg

from blazar_spot.core.reservable import COLUMNS, ReservableHost, Value
from blazar_spot.enforcement.listing import Listing
from blazar_spot.plugins import calendar
from blazar_spot.plugins.matching import details
from blazar_spot.ports.clock import Clock

EVERY = 30
"""So many seconds."""
_NOT_FOR_OTHERS = "trust_id"


class Inventory:
    """Publishes when it is time."""

    def __init__(self, listing: Listing, clock: Clock) -> None:
        self._listing = listing
        self._clock = clock
        self._due_at = 0

    def publish(self) -> None:
        """Publish all hosts, if that was not done just before."""
        now = self._clock.now()
        if now >= self._due_at:
            self._listing.publish(hosts())
            self._due_at = now + EVERY


def hosts() -> list[ReservableHost]:
    """Every host that Blazar has."""
    cleaning = cfg.CONF.cleaning_time * 60
    return [
        ReservableHost(
            id=one,
            host=told["hypervisor_hostname"] or "",
            service_host=told["service_name"] or "",
            cleaning=cleaning,
            properties={name: _value(name, value) for name, value in told.items() if name != _NOT_FOR_OTHERS},
        )
        for one, told in details(calendar.host_ids()).items()
    ]


def _value(name: str, value: object) -> Value:
    """Only columns are anything but text."""
    return value if name in COLUMNS and (value is None or isinstance(value, int)) else str(value)
