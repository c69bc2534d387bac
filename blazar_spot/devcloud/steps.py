# SPDX-License-Identifier: Apache-2.0
"""Runs named steps side by side, each as soon as the steps it comes after are done.

The first step that fails calls the others off, and its error is the one that is raised. A step must
give up when its `called_off` event is set. Next: `cloud`, which says what the steps are.
"""

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_EXCEPTION, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass

from blazar_spot.devcloud.waiting import CalledOff


@dataclass(frozen=True)
class Step:
    """Something to do once the steps named in `after` are done."""

    name: str
    run: Callable[[threading.Event], None]
    after: tuple[str, ...] = ()


def run_steps(steps: Sequence[Step], done: Callable[[str], None]) -> None:
    """Run all steps, telling `done` the name of each finished one; raise the first real error."""
    called_off = threading.Event()
    finished = {step.name: threading.Event() for step in steps}

    def run(step: Step) -> None:
        for name in step.after:
            _wait_for(finished[name], called_off)
        step.run(called_off)
        finished[step.name].set()
        done(step.name)

    with ThreadPoolExecutor(max_workers=len(steps)) as pool:
        futures = [pool.submit(run, step) for step in steps]
        try:
            wait(futures, return_when=FIRST_EXCEPTION)
        finally:
            called_off.set()
    _raise_first(futures)


def _wait_for(finished: threading.Event, called_off: threading.Event) -> None:
    while not finished.wait(0.05):
        if called_off.is_set():
            raise CalledOff("another step failed")


def _raise_first(futures: Sequence[Future[None]]) -> None:
    errors = [error for future in futures if (error := future.exception())]
    for error in sorted(errors, key=lambda error: isinstance(error, CalledOff)):
        raise error
