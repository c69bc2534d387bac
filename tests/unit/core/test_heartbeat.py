# SPDX-License-Identifier: Apache-2.0
"""The sign of life of an engine."""

from dataclasses import replace

import pytest

from blazar_spot.core.heartbeat import SILENT_AFTER, Heartbeat

NOON = 1_800_000_000
ENGINE = Heartbeat(id="e1", host="ctl1", pid=7, mode="active", started_at=NOON - 3600, beat_at=NOON)
WHO = "Engine 7 on ctl1 (active, started 2027-01-15 07:00)"


@pytest.mark.parametrize(
    ("engine", "now", "told"),
    [
        (ENGINE, NOON + SILENT_AFTER, f"{WHO} works; its last tick ended 120 s ago"),
        (ENGINE, NOON + SILENT_AFTER + 1, f"{WHO} gave no sign of life for 121 s"),
        (
            replace(ENGINE, failing_since=NOON - 60),
            NOON + 30,
            f"{WHO}: nothing has worked since 2027-01-15 07:59 (90 s)",
        ),
    ],
)
def test_an_engine_works_or_fails_or_is_silent(engine: Heartbeat, now: int, told: str) -> None:
    assert engine.told(now) == told
