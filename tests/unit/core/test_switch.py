# SPDX-License-Identifier: Apache-2.0
"""Who may evict now, and why not."""

import pytest

from blazar_spot.core.switch import Mode, Switch, withheld


def test_an_engine_that_enforces_evicts_unless_it_is_paused() -> None:
    assert withheld(Mode.ENFORCE, Switch()) == ""
    assert withheld(Mode.ENFORCE, Switch(paused_at=0, reason="a fire")) == "evictions are paused: a fire"


def test_a_pause_without_a_reason_says_that() -> None:
    assert withheld(Mode.ENFORCE, Switch(paused_at=5)) == "evictions are paused: no reason was given"


@pytest.mark.parametrize("mode", [Mode.OBSERVE, Mode.PROTECT])
def test_no_other_mode_evicts(mode: Mode) -> None:
    assert withheld(mode, Switch()) == f"the engine's mode is {mode}"
