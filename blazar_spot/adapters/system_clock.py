# SPDX-License-Identifier: Apache-2.0
"""The machine's time: the only file of the product that may read it or wait for it."""

import math
import threading
import time


class SystemClock:
    """The real ``Clock``, whose waiting can be cut short from another thread or from a signal handler."""

    def __init__(self) -> None:
        self._interrupted = threading.Event()

    def now(self) -> int:
        return math.floor(time.time())

    def wait(self, seconds: float) -> bool:
        """Wait so long, measured by a clock that nobody can set; True at once if waiting was interrupted."""
        return self._interrupted.wait(seconds)

    def interrupt(self) -> None:
        """End this wait and all later ones: the process is about to stop."""
        self._interrupted.set()
