# SPDX-License-Identifier: Apache-2.0
"""Hints that looking again is worth it. The truth is what is seen when looking; a hint only says when."""

from collections.abc import Callable
from typing import Protocol


class Hints(Protocol):
    """Somebody who hears of changes before we look."""

    def listen(self, wake: Callable[[], None]) -> None:
        """Call ``wake`` soon after a spot instance has come, gone or changed, and once as soon as anything can be
        heard, from a thread of its own.

        Returns at once, whether or not anything can be heard yet, and goes on as long as the process lives. Hints may
        be lost, late, doubled or wrong, so nothing may depend on them.
        """
