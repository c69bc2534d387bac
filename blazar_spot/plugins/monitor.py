# SPDX-License-Identifier: Apache-2.0
"""What runs again and again inside blazar-manager: starts that were cut off are begun again, leases get
better hosts, claims are published, hosts come home, late ones join, failed ones are found.

Blazar polls a monitor only if that monitor says so; upstream's does by an option that is off by default, so this one
is our own and always on. Each duty is on its own: one that fails keeps no other from being done. The failure
detection stays upstream's, with upstream's switches and intervals. A returned flag would mark its lease as degraded
for ever, so our own duties return none and write their flags themselves.
"""

from collections.abc import Callable, Iterable
from typing import Any

from blazar.plugins.base import BaseMonitorPlugin

from blazar_spot.enforcement.publishing import Publishing
from blazar_spot.plugins import calendar, published
from blazar_spot.plugins.attempts import tried
from blazar_spot.plugins.doors import Doors
from blazar_spot.plugins.returns import Returns
from blazar_spot.plugins.slot_returns import SlotReturns
from blazar_spot.ports.clock import Clock

Flags = dict[str, dict[str, bool]]


class SpotMonitor(BaseMonitorPlugin):
    """Our duties, around upstream's monitor."""

    def __init__(
        self,
        upstream: BaseMonitorPlugin,
        publishing: Publishing,
        returns: Iterable[Returns | SlotReturns],
        doors: Iterable[Doors],
        clock: Clock,
        interval: int,
        before: Iterable[Callable[[], None]] = (),
    ) -> None:
        """What is done ``before`` may change the calendar, so that what is published follows at once."""
        self._upstream = upstream
        self._publishing = publishing
        self._returns = tuple(returns)
        self._doors = tuple(doors)
        self._clock = clock
        self._interval = interval
        self._before = tuple(before)
        self._failures_due_at = clock.now()

    def is_notification_enabled(self) -> bool:
        return bool(self._upstream.is_notification_enabled())

    def get_notification_event_types(self) -> list[str]:
        return list(self._upstream.get_notification_event_types())

    def get_notification_topics(self) -> list[str]:
        return list(self._upstream.get_notification_topics())

    def notification_callback(self, event_type: str, payload: Any) -> Flags:
        flags: Flags = self._upstream.notification_callback(event_type, payload)
        return flags

    def is_polling_enabled(self) -> bool:
        return True

    def get_polling_interval(self) -> int:
        return self._interval

    def poll(self) -> Flags:
        for duty in self._before:
            _do(duty)
        _do(self._publish)
        for way_back in self._returns:
            _do(way_back.tidy)
        for door in self._doors:
            _do(door.join_late)
        return _do(self._find_failures)

    def get_healing_interval(self) -> int:
        """Upstream heals only where it watches for failures; 0 is never."""
        is_watching = self._upstream.is_polling_enabled() or self._upstream.is_notification_enabled()
        return int(self._upstream.get_healing_interval()) if is_watching else 0

    def heal(self) -> Flags:
        flags: Flags = self._upstream.heal()
        return flags

    def _publish(self) -> None:
        with calendar.CHANGES:
            entries, unsettled = published.entries()
            self._publishing.publish(entries, unsettled)

    def _find_failures(self) -> Flags:
        now = self._clock.now()
        if not self._upstream.is_polling_enabled() or now < self._failures_due_at:
            return {}
        self._failures_due_at = now + self._upstream.get_polling_interval()
        flags: Flags = self._upstream.poll()
        return flags


def _do(duty: Callable[[], Flags | None]) -> Flags:
    flags: Flags = {}
    with tried(f"{duty.__qualname__} could not be done, it is done again at the next poll"):
        flags |= duty() or {}
    return flags
