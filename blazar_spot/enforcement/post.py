# SPDX-License-Identifier: Apache-2.0
"""Carries the letters of one channel: take some, send them, throw away what was sent, try the rest later.

A letter is taken by a write that only one can do, and lost with its bearer for some seconds at most. It is thrown away
after it was sent, so one that was sent by somebody who died right then is sent again. Nothing else waits for this: each
channel has a thread, and the ticks have their own.
"""

import logging
from collections.abc import Callable, Sequence

from blazar_spot.core.errors import SpotError, StaleVersion, Temporary
from blazar_spot.core.outbox import Letter, next_ones, put_off, taken
from blazar_spot.core.record import deed
from blazar_spot.enforcement.logbook import about
from blazar_spot.ports.channel import Channel
from blazar_spot.ports.clock import Clock
from blazar_spot.ports.store import Store

LOG = logging.getLogger(__name__)

LETTERS_AT_ONCE = 100
"""How many are read and taken together: few enough to be sent while they are held."""


class Post:
    """The bearer of one channel's letters."""

    def __init__(self, store: Store, name: str, channel: Channel, clock: Clock) -> None:
        self._store = store
        self._name = name
        self._channel = channel
        self._clock = clock

    def run(self, pause: Callable[[float], bool]) -> None:
        """Carry until ``pause`` says stop."""
        while not pause(0 if self.turn() else 1):
            pass

    def turn(self) -> int:
        """Carry, and let no failure end it."""
        try:
            return self.carry()
        except Temporary as error:
            LOG.warning("The letters of %s wait: %s", self._name, error)
        except Exception:
            LOG.exception("The letters of %s wait", self._name)
        return 0

    def carry(self) -> int:
        """Try the letters that are due; how many were done with."""
        with self._store.begin() as work:
            waiting = work.letters(self._name, LETTERS_AT_ONCE)
        done: list[Letter] = []
        left = self._take(next_ones(waiting, self._clock.now()))
        while left and self._is_done_with(left[0]):
            done.append(left.pop(0))
        self._put_down(done, left)
        return len(done)

    def _take(self, due: Sequence[Letter]) -> list[Letter]:
        if not due:
            return []
        now = self._clock.now()
        try:
            with self._store.begin() as work:
                return list(work.put_letters([taken(letter, now) for letter in due]))
        except StaleVersion:
            return []  # somebody else carries them

    def _is_done_with(self, letter: Letter) -> bool:
        """Send it; False if the channel cannot be used now, which then holds for the others as well."""
        try:
            self._channel.send(letter.event)
        except Temporary as error:
            log = about(LOG, letter.event.incident)
            log.warning("%s does not take news of %s now: %s", self._name, letter.event.instance_id, error)
            return letter.is_old_news(self._clock.now()) and self._gave_up(letter, "too old")
        except SpotError as error:
            return self._gave_up(letter, str(error))
        return True

    def _gave_up(self, letter: Letter, why: str) -> bool:
        event = letter.event
        log = about(LOG, event.incident)
        log.error("%s was never told that %s is %s: %s", self._name, event.instance_id, event.news, why)
        with self._store.begin() as work:
            work.add(deed("not told", self._clock.now(), "", event.host, event.instance_id, why, once=letter.id))
        return True

    def _put_down(self, done: Sequence[Letter], left: Sequence[Letter]) -> None:
        if not done and not left:
            return
        now = self._clock.now()
        with self._store.begin() as work:
            work.drop_letters([letter.id for letter in done])
            work.put_letters([put_off(letter, now) for letter in left])
