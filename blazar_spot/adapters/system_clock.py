# SPDX-License-Identifier: Apache-2.0
"""The machine's time: the only file of the product that may read it or wait for it."""

import math
import threading
import time

REST_SECONDS = 1.0
"""How much of a wait is always waited: hints that come in masses must not make the process run without a rest."""


class Countdown:
    """Seconds that run out, by a clock that nobody can set."""

    def __init__(self, seconds: float) -> None:
        self._end = time.monotonic() + seconds

    def left(self) -> float:
        """How many seconds are left; none is 0.0."""
        return max(self._end - time.monotonic(), 0.0)

    def shorten(self, seconds: float) -> None:
        """Leave so many at most."""
        self._end = min(self._end, time.monotonic() + seconds)


class SystemClock:
    """The real ``Clock``, whose waiting can be cut short from another thread or from a signal handler."""

    def __init__(self, rest_seconds: float = REST_SECONDS) -> None:
        self._rest_seconds = rest_seconds
        # Its lock may be taken again by the thread that has it: a signal handler interrupts the very thread that waits.
        self._bell = threading.Condition(threading.RLock())
        self._is_stopping = False
        self._is_woken = False

    def now(self) -> int:
        return math.floor(time.time())

    def wait(self, seconds: float) -> bool:
        """Wait so long, measured by a clock that nobody can set, or until woken; True at once if interrupted."""
        rest = min(seconds, self._rest_seconds)
        with self._bell:
            self._bell.wait_for(lambda: self._is_stopping, rest)
            self._bell.wait_for(lambda: self._is_stopping or self._is_woken, seconds - rest)
            self._is_woken = False
            return self._is_stopping

    def wake(self) -> None:
        """End this wait, or the next one, soon: there may be something to do."""
        with self._bell:
            self._is_woken = True
            self._bell.notify_all()

    def interrupt(self) -> None:
        """End this wait and all later ones: the process is about to stop."""
        with self._bell:
            self._is_stopping = True
            self._bell.notify_all()
