# SPDX-License-Identifier: Apache-2.0
"""All engines over this database, as their operator sees and stops them: signs of life, and the switch.

Nothing here reaches an engine. Each reads the switch before it evicts anybody, and writes its sign after each tick.
"""

from collections.abc import Sequence

from blazar_spot.core.heartbeat import Heartbeat
from blazar_spot.core.record import deed
from blazar_spot.core.switch import Switch, turned
from blazar_spot.ports.clock import Clock
from blazar_spot.ports.store import Store


class Engines:
    """What an operator may know of the engines, and tell them."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    def signs(self) -> Sequence[tuple[Heartbeat, bool]]:
        """The last sign of life of each engine, and whether it should have given another one by now."""
        now = self._clock.now()
        with self._store.begin() as work:
            return [(one, one.is_silent(now)) for one in work.heartbeats()]

    def switch(self) -> Switch:
        """Whether evictions are paused."""
        with self._store.begin() as work:
            return work.switch()

    def turn(self, *, is_paused: bool, reason: str) -> Switch:
        """Pause or resume evictions; what is so already stays as it is, since when included."""
        now = self._clock.now()
        with self._store.begin() as work:
            before = work.switch()
            after = turned(before, now, is_paused=is_paused, reason=reason)
            if after == before:
                return before
            work.add(deed("evictions paused" if is_paused else "evictions resumed", now, "", "", details=reason))
            return work.put_switch(after)
