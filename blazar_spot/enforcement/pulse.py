# SPDX-License-Identifier: Apache-2.0
"""Writes down after each tick that this engine lives, and since when a cloud that is down fails it.

While the database does not answer nothing can be written, and that is a sign as well. Nothing depends on this.
"""

import logging
import uuid
from collections.abc import Callable
from dataclasses import replace

from blazar_spot.core.errors import SpotError, StaleVersion
from blazar_spot.core.heartbeat import OLD, Heartbeat
from blazar_spot.core.switch import Mode
from blazar_spot.ports.clock import Clock
from blazar_spot.ports.store import Store

LOG = logging.getLogger(__name__)


class Pulse:
    """One row for this process."""

    def __init__(self, store: Store, clock: Clock, mode: Mode, host: str, pid: int) -> None:
        now = clock.now()
        self._store = store
        self._clock = clock
        self._heard_at: int | None = None
        self._last = Heartbeat(id=uuid.uuid4().hex, host=host, pid=pid, mode=mode, started_at=now, beat_at=now)

    def hearing(self, wake: Callable[[], None]) -> Callable[[], None]:
        """What to call for a hint: it is remembered for the next sign, and then whoever waits for it is woken."""

        def hear() -> None:
            self._heard_at = self._clock.now()
            wake()

        return hear

    def beat(self, failing_since: int | None) -> None:
        """A tick has ended; it went through if nothing is failing."""
        now = self._clock.now()
        worked_at = self._last.worked_at if failing_since is not None else now
        beat = replace(
            self._last, beat_at=now, worked_at=worked_at, failing_since=failing_since, heard_at=self._heard_at
        )
        try:
            with self._store.begin() as work:
                if beat.version == 0:
                    work.drop_heartbeats(now - OLD)
                self._last = work.put_heartbeat(beat)
        except StaleVersion:
            self._last = replace(beat, id=uuid.uuid4().hex, version=0)
        except SpotError as error:
            LOG.debug("No sign of life could be written: %s", error)
