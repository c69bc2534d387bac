# SPDX-License-Identifier: Apache-2.0
"""Time that passes only when a test says so."""


class FakeClock:
    """A ``Clock`` that stands still until it is advanced; waiting on it advances it."""

    def __init__(self, now: int = 1_800_000_000) -> None:
        self._now = now
        self._interrupted = False

    def now(self) -> int:
        return self._now

    def advance(self, seconds: int) -> None:
        """Let time pass; a negative number is a machine whose clock was set back."""
        self._now += seconds

    def wait(self, seconds: float) -> bool:
        """Let the whole seconds that have begun pass at once; True and no time if waiting was interrupted."""
        if not self._interrupted:
            self.advance(-int(-seconds // 1))
        return self._interrupted

    def interrupt(self) -> None:
        """End all later waits."""
        self._interrupted = True
