# SPDX-License-Identifier: Apache-2.0
"""Steps run side by side, in their order, and end together when one fails."""

import threading

import pytest

from blazar_spot.devcloud.steps import Step, run_steps
from blazar_spot.devcloud.waiting import GaveUp, wait_until


def test_a_step_runs_after_those_it_names_in_whatever_order_they_are_listed() -> None:
    order: list[str] = []
    run_steps(
        [
            Step("roof", lambda _: order.append("roof"), ("walls",)),
            Step("walls", lambda _: order.append("walls"), ("ground",)),
            Step("ground", lambda _: order.append("ground")),
        ],
        lambda _: None,
    )
    assert order == ["ground", "walls", "roof"]


def test_steps_that_do_not_wait_for_each_other_run_side_by_side() -> None:
    both = threading.Barrier(2, timeout=20)
    run_steps([Step("one", lambda _: _meet(both)), Step("other", lambda _: _meet(both))], lambda _: None)


def test_the_step_that_failed_is_told_and_not_those_it_called_off() -> None:
    def wait_for_ever(called_off: threading.Event) -> None:
        wait_until(lambda: False, "never", at_most=60, called_off=called_off)

    def fail(called_off: threading.Event) -> None:
        raise ValueError("the ground gives way")

    done: list[str] = []
    with pytest.raises(ValueError, match="ground"):
        run_steps([Step("waits", wait_for_ever), Step("fails", fail), Step("after", fail, ("fails",))], done.append)
    assert done == []


def test_a_wait_has_an_end() -> None:
    with pytest.raises(GaveUp, match="never"):
        wait_until(lambda: False, "never", at_most=0.05, every=0.01)


def _meet(barrier: threading.Barrier) -> None:
    barrier.wait()
