# SPDX-License-Identifier: Apache-2.0
"""Waiting for a condition with a bound: the only room of the dev cloud that sleeps.

Whatever has to wait says what it waits for, how long at most, and can be called off. Nothing here may
wait without a bound. Next: `steps`, which runs many such waits side by side.
"""

import threading
import time
from collections.abc import Callable


class GaveUp(Exception):
    """The condition did not come true within its time."""


class CalledOff(Exception):
    """Somebody else failed or the user pressed Ctrl-C: there is no point in waiting on."""


class Stopwatch:
    """Seconds since it was made."""

    def __init__(self) -> None:
        self._start = time.monotonic()

    @property
    def seconds(self) -> float:
        return time.monotonic() - self._start


def wait_until(
    condition: Callable[[], bool],
    what: str,
    *,
    at_most: float,
    every: float = 0.1,
    called_off: threading.Event | None = None,
) -> None:
    """Return once `condition` is true; raise GaveUp, naming `what`, after `at_most` seconds."""
    event = called_off or threading.Event()
    watch = Stopwatch()
    while not condition():
        if watch.seconds > at_most:
            raise GaveUp(f"{what}: not within {at_most:.0f} s")
        if event.wait(every):
            raise CalledOff(what)
