# SPDX-License-Identifier: Apache-2.0
"""Who may evict now, and why not."""

import pytest

from blazar_spot.core.switch import Mode, Switch, turned, withheld


def test_an_engine_that_enforces_evicts_unless_it_is_paused() -> None:
    assert withheld(Mode.ENFORCE, Switch()) == ""
    assert withheld(Mode.ENFORCE, Switch(paused_at=0, reason="a fire")) == "evictions are paused: a fire"


def test_a_pause_without_a_reason_says_that() -> None:
    assert withheld(Mode.ENFORCE, Switch(paused_at=5)) == "evictions are paused: no reason was given"


@pytest.mark.parametrize("mode", [Mode.OBSERVE, Mode.PROTECT])
def test_no_other_mode_evicts(mode: Mode) -> None:
    assert withheld(mode, Switch()) == f"the engine's mode is {mode}"


def test_a_pause_lasts_from_when_it_began_and_has_the_last_reason() -> None:
    first = turned(Switch(version=3), 5, is_paused=True, reason="a fire")
    assert first == Switch(paused_at=5, reason="a fire", version=3)
    assert turned(first, 9, is_paused=True, reason="two fires") == Switch(paused_at=5, reason="two fires", version=3)
    assert turned(first, 9, is_paused=False, reason="no fire") == Switch(version=3)
    assert turned(Switch(paused_at=0), 9, is_paused=True, reason="").paused_at == 0
