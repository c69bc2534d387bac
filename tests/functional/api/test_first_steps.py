# SPDX-License-Identifier: Apache-2.0
"""A new user types what doc/source/first-steps.rst says, and sees what it says.

It comes before the other tests of this cloud, whose lease has the only host for good.
"""

import shlex
from pathlib import Path

import pytest

from blazar_spot.devcloud.cloud import Cloud
from blazar_spot.devcloud.waiting import wait_until
from tests.functional.api.pages import Step, steps
from tests.functional.api.shells import Terminal

PAGE = Path(__file__).parents[3] / "doc" / "source" / "first-steps.rst"
PATIENCE_SECONDS = 120


def test_the_page_is_true(cloud: Cloud) -> None:
    told = list(steps(PAGE))
    assert len(told) == 8
    assert sum(bool(step.lines) for step in told) == 6
    terminal = Terminal(cloud.site, "demo")
    for step in told:
        play(terminal, step)


def play(terminal: Terminal, step: Step) -> None:
    """Type the command; if it only asks, again until it is answered as the page says."""
    program, *words = shlex.split(step.command)
    assert program == "openstack"
    printed = ""

    def is_as_told() -> bool:
        nonlocal printed
        typed = terminal.type(*words)
        assert typed.code == 0, f"{step.command}: {typed.complained}"
        printed = typed.printed
        return step.is_told_by(printed)

    try:
        wait_until(is_as_told, step.command, at_most=PATIENCE_SECONDS if {"show", "list"} & set(words) else 0)
    except Exception:
        pytest.fail(f"{step.command} printed\n{printed}\ninstead of\n" + "\n".join(step.lines))
