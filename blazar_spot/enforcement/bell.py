# SPDX-License-Identifier: Apache-2.0
"""Wakes those in this process who carry letters, right after a commit that may have written some.

Nothing depends on it: who was not woken looks again by himself before long, as for the letters of other processes.
"""

from collections.abc import Callable


class Bell:
    """Rings at everybody who wants to hear it."""

    def __init__(self) -> None:
        self._wake: list[Callable[[], None]] = []

    def heard_by(self, wake: Callable[[], None]) -> None:
        """From now on, too; ``wake`` returns at once, whichever thread it is called in."""
        self._wake.append(wake)

    def ring(self) -> None:
        for wake in self._wake:
            wake()
