# SPDX-License-Identifier: Apache-2.0
"""Work that is done again and again beside the ticks, on a thread of its own, and that no failure ends."""

import logging
from collections.abc import Callable
from typing import Protocol

from blazar_spot.core.errors import Temporary

LOG = logging.getLogger(__name__)

LOOK_AGAIN_SECONDS = 1
"""How soon is found what another process has left to be done."""


class Bearer(Protocol):
    """Somebody who carries what others have written down."""

    def run(self, pause: Callable[[float], bool]) -> None:
        """Carry until ``pause`` says stop."""

    def turn(self) -> int:
        """Carry what there is now, and let no failure end it; how much it was."""


def attempt(name: str, work: Callable[[], int]) -> int:
    """Do it once; how much was done, nothing if it failed."""
    try:
        return work()
    except Temporary as error:
        LOG.warning("%s: again later: %s", name, error)
    except Exception:
        LOG.exception("%s: again later", name)
    return 0


def rounds(turn: Callable[[], int], pause: Callable[[float], bool]) -> None:
    """Take one turn after the other until ``pause`` says stop."""
    while not pause(0 if turn() else LOOK_AGAIN_SECONDS):
        pass
