# SPDX-License-Identifier: Apache-2.0
"""What the loop takes for an outage, and what it does not."""

from typing import Any

import pytest

from blazar_spot.core.errors import SpotError, StaleVersion, Unreachable
from blazar_spot.enforcement.loop import Pace, run
from blazar_spot.testing.clock import FakeClock


class Engine:
    """Fails its first tick like this, and then has nothing to do."""

    def __init__(self, error: Exception) -> None:
        self.failures = [error]

    def tick(self) -> bool:
        if self.failures:
            raise self.failures.pop()
        return False

    def refill(self) -> None:
        """There is no room to fill."""


def beats_after(error: Exception) -> tuple[list[int | None], list[float]]:
    """What each of two ticks says of the health, and how long was waited after the first."""
    clock, beats, waits = FakeClock(), list[int | None](), list[float]()

    def pause(seconds: float) -> bool:
        waits.append(seconds)
        clock.advance(int(seconds))
        return len(beats) == 2

    engine: Any = Engine(error)
    run(engine, clock, pause, Pace(5, 2, 40), ready=lambda: None, beat=beats.append)
    return [beat and beat - clock.now() for beat in beats], waits[:-1]


def test_a_race_lost_to_another_engine_is_no_outage_and_is_decided_again_soon() -> None:
    beats, waits = beats_after(StaleVersion("somebody else was faster"))
    assert beats == [None, None]
    assert sum(waits) == 2


@pytest.mark.parametrize("error", [Unreachable("down"), SpotError("whatever"), ValueError("a bug")])
def test_everything_else_is_one_until_a_tick_goes_through(error: Exception) -> None:
    beats, waits = beats_after(error)
    assert beats == [-10, None]
    assert waits == [5]
