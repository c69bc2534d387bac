# SPDX-License-Identifier: Apache-2.0
"""Ticks again and again until it is told to stop, and lets no failure end it.

A tick that failed is simply the next one's work: nothing is remembered between them but since when they fail.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol, TypeVar

from blazar_spot.core.errors import StaleVersion, Temporary
from blazar_spot.core.instants import minute
from blazar_spot.ports.clock import Clock

LOG = logging.getLogger(__name__)

Result = TypeVar("Result")


class Ticking(Protocol):
    """The engine, or whoever stands before it."""

    def tick(self) -> bool:
        """Bring every promise one step further; whether looking again soon is worth it."""

    def refill(self) -> None:
        """What must not wait for the next tick."""


class Pause(Protocol):
    """Waits between two ticks."""

    def __call__(self, seconds: float) -> bool:
        """Wait as long, or shorter when told to stop; whether to stop."""


@dataclass(frozen=True, slots=True)
class Pace:
    """How long to wait after a tick: as a rule, while instances are deleted, and at most while nothing works."""

    tick_seconds: int
    deleting_seconds: int
    backoff_seconds: int

    def after(self, is_deleting: bool | None, failures: int) -> int:
        """The wait after a tick, which failed if ``is_deleting`` is None, as that many did in a row."""
        if is_deleting is None:
            return max(self.tick_seconds, min(self.backoff_seconds, self.tick_seconds << min(failures - 1, 16)))
        return min(self.tick_seconds, self.deleting_seconds) if is_deleting else self.tick_seconds


@dataclass(slots=True)
class Health:
    """Whether the ticks go through, and since when they do not."""

    failing_since: int | None = None
    failures: int = 0

    def note(self, *, went_through: bool, now: int) -> None:
        """Take the outcome of one more tick."""
        if not went_through:
            self.failing_since = now if self.failing_since is None else self.failing_since
            self.failures += 1
            LOG.error("Nothing has worked since %s (%d s)", minute(self.failing_since), now - self.failing_since)
        elif self.failing_since is not None:
            LOG.warning("It works again, after %d s without", now - self.failing_since)
            self.failing_since, self.failures = None, 0


def run(
    engine: Ticking,
    clock: Clock,
    pause: Pause,
    pace: Pace,
    ready: Callable[[], None],
    beat: Callable[[int | None], None] = lambda _failing_since: None,
) -> None:
    """Tick until ``pause`` says stop. ``ready`` is called after the first tick that went through, and ``beat`` after
    each one, with the instant since when none does."""
    announced = False
    health = Health()
    while True:
        began = clock.now()
        is_deleting = tick(engine)
        health.note(went_through=is_deleting is not None, now=clock.now())
        beat(health.failing_since)
        if is_deleting is not None and not announced:
            announced = True
            ready()
        wait = pace.after(is_deleting, health.failures)
        if is_deleting is not None:
            wait = max(wait - max(clock.now() - began, 0), 0)
        if _wait(engine, pause, wait, is_deleting=bool(is_deleting)):
            LOG.info("Stopping")
            return


def _wait(engine: Ticking, pause: Pause, seconds: int, *, is_deleting: bool) -> bool:
    """Until the next tick is due, filling each second the room that deletes which have ended leave; whether to stop."""
    if not is_deleting or not seconds:
        return pause(seconds)
    for _ in range(seconds):
        if pause(1):
            return True
        _guarded(engine.refill, if_slower=None)
    return False


def tick(engine: Ticking) -> bool | None:
    """One tick: whether it is worth looking again soon, None if it did not go through.

    One that another engine was faster than did: the other one works, and what is left is decided again soon.
    """
    return _guarded(engine.tick, if_slower=True)


def _guarded(act: Callable[[], Result], if_slower: Result) -> Result | None:
    try:
        return act()
    except StaleVersion as error:
        LOG.info("Another engine was faster, deciding again: %s", error)
        return if_slower
    except Temporary as error:
        LOG.warning("The tick was cut short, trying again: %s", error)
    except Exception:
        LOG.exception("The tick failed, trying again")
    return None
