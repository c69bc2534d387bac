# SPDX-License-Identifier: Apache-2.0
"""What is left in the pools is asked seldom, however many want to know it and whatever comes of it."""

import threading

import pytest

from blazar_spot.core.errors import Unreachable
from blazar_spot.enforcement import capacity
from blazar_spot.enforcement.capacity import KEPT_SECONDS, Capacity
from blazar_spot.testing.lab import Lab


def test_that_it_could_not_be_found_out_is_kept_for_a_while() -> None:
    lab = Lab()
    asked = Capacity(lab.cloud, lab.cloud, lab.clock)
    lab.cloud.fails("preemptible_flavors", Unreachable("made up"))
    for _ in range(2):
        with pytest.raises(Unreachable, match="made up"):
            asked.now()
    lab.clock.advance(KEPT_SECONDS)
    assert asked.now().offers


def test_nobody_waits_for_long_for_somebody_who_finds_out(monkeypatch: pytest.MonkeyPatch) -> None:
    lab = Lab()
    monkeypatch.setattr(capacity, "PATIENCE_SECONDS", 0.01)
    began, may_end = threading.Event(), threading.Event()

    class Hanging(Capacity):
        def _ask(self) -> list[capacity.Offer]:
            began.set()
            may_end.wait(30)
            return super()._ask()

    asked = Hanging(lab.cloud, lab.cloud, lab.clock)
    first = threading.Thread(target=asked.now)
    first.start()
    try:
        assert began.wait(30)
        with pytest.raises(Unreachable, match="takes long"):
            asked.now()
    finally:
        may_end.set()
        first.join(30)
    assert asked.now().offers
