# SPDX-License-Identifier: Apache-2.0
"""Ticks again and again until it is told to stop, and lets no failure end it.

A tick that failed is simply the next one's work: nothing is remembered between them.
"""

import logging
from collections.abc import Callable
from typing import Protocol

from blazar_spot.core.errors import Temporary
from blazar_spot.enforcement.engine import Engine

LOG = logging.getLogger(__name__)


class Pause(Protocol):
    """Waits between two ticks."""

    def __call__(self, seconds: float) -> bool:
        """Wait as long, or shorter when told to stop; whether to stop."""


def run(engine: Engine, pause: Pause, tick_seconds: float, ready: Callable[[], None]) -> None:
    """Tick until ``pause`` says stop; ``ready`` is called after the first tick that went through."""
    announced = False
    while True:
        if tick(engine) and not announced:
            announced = True
            ready()
        if pause(tick_seconds):
            LOG.info("Stopping")
            return


def tick(engine: Engine) -> bool:
    """One tick; whether it went through."""
    try:
        engine.tick()
    except Temporary as error:
        LOG.warning("The tick was cut short, trying again: %s", error)
        return False
    except Exception:
        LOG.exception("The tick failed, trying again")
        return False
    return True
