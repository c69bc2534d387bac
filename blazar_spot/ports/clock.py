# SPDX-License-Identifier: Apache-2.0
"""Time, as the shell sees it."""

from typing import Protocol


class Clock(Protocol):
    """The only source of "now" in the whole program."""

    def now(self) -> int:
        """The last whole Unix second that has begun; it never goes back within one process by more than a step of
        the machine's clock."""

    def wait(self, seconds: float) -> bool:
        """Let so much time pass; True, perhaps earlier, if the process is about to stop."""
