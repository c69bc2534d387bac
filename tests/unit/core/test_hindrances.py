# SPDX-License-Identifier: Apache-2.0
"""What keeps the engines from carrying out an order."""

import pytest

from blazar_spot.core.heartbeat import SILENT_AFTER, Heartbeat
from blazar_spot.core.hindrances import Hindrance, hindrance
from blazar_spot.core.switch import Mode, Switch

NOW = 1_800_000_000
PAUSED = Switch(paused_at=NOW - 60)


def beats(*modes: Mode, at: int = NOW) -> list[Heartbeat]:
    return [
        Heartbeat(id=str(number), host="controller", pid=number, mode=mode, started_at=0, beat_at=at)
        for number, mode in enumerate(modes)
    ]


@pytest.mark.parametrize(
    ("needed", "modes", "sentence"),
    [
        (Mode.PROTECT, [Mode.PROTECT], None),
        (Mode.PROTECT, [Mode.ENFORCE], None),
        (Mode.ENFORCE, [Mode.OBSERVE, Mode.ENFORCE], None),
        (Mode.ENFORCE, [Mode.OBSERVE, Mode.PROTECT], "The engine's mode is protect, in which nobody is evicted."),
        (
            Mode.PROTECT,
            [Mode.OBSERVE],
            "The engine's mode is observe, in which nothing in the cloud is touched and nobody is told.",
        ),
    ],
)
def test_one_engine_has_to_be_configured_to_go_as_far(needed: Mode, modes: list[Mode], sentence: str | None) -> None:
    expected = None if sentence is None else Hindrance(sentence, is_configured=True)
    assert hindrance(needed, beats(*modes), Switch(), NOW) == expected


def test_the_switch_is_in_the_way_of_evictions_alone() -> None:
    assert hindrance(Mode.PROTECT, beats(Mode.ENFORCE), PAUSED, NOW) is None
    assert hindrance(Mode.ENFORCE, beats(Mode.ENFORCE), PAUSED, NOW) == Hindrance("Evictions are paused.")


def test_an_engine_that_is_silent_is_none() -> None:
    silent = beats(Mode.ENFORCE, at=NOW - SILENT_AFTER - 1)
    assert hindrance(Mode.PROTECT, silent, Switch(), NOW) == Hindrance("No engine gives a sign of life.")
    assert hindrance(Mode.PROTECT, silent + beats(Mode.OBSERVE), Switch(), NOW) != hindrance(
        Mode.PROTECT, silent, Switch(), NOW
    )
