# SPDX-License-Identifier: Apache-2.0
"""A receiver that hangs delays nobody but itself."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from blazar_spot.adapters.system_clock import SystemClock
from blazar_spot.core.deliveries import Answer
from blazar_spot.enforcement.bearers import Bearers
from blazar_spot.testing.courier import Heard, Reply
from tests.unit.enforcement.webhook_scene import Scene

PATIENCE_SECONDS = 20


class Hall:
    """Receivers that hang until they are let, and others that are counted."""

    def __init__(self, scene: Scene) -> None:
        self.scene = scene
        self.let = threading.Event()
        self.changed = threading.Condition()
        self.hanging = 0
        self.told = 0

    def hang(self, _heard: Heard) -> Answer:
        self._count(hanging=1)
        self.let.wait(PATIENCE_SECONDS)
        return Answer(200)

    def take(self, _heard: Heard) -> Answer:
        self._count(told=1)
        return Answer(200)

    def _count(self, hanging: int = 0, told: int = 0) -> None:
        with self.changed:
            self.hanging += hanging
            self.told += told
            self.changed.notify_all()

    def wait_for(self, hanging: int, told: int) -> None:
        with self.changed:
            assert self.changed.wait_for(lambda: (self.hanging, self.told) == (hanging, told), PATIENCE_SECONDS), (
                self.hanging,
                self.told,
            )

    def invite(self, kind: str, count: int, failures: int = 0) -> None:
        """So many webhooks, before anybody hangs."""
        for number in range(count):
            webhook = self.scene.made(f"https://{kind}-{number}.example/", project=f"{kind}-{number}")
            with self.scene.store.begin() as work:
                work.put_webhook(replace(webhook, failures=failures))

    def write(self, kind: str, count: int, reply: Reply) -> None:
        """Something to be told to each of these, who will reply so."""
        for number in range(count):
            self.scene.courier.replies[f"https://{kind}-{number}.example/"] = reply
            self.scene.write(self.scene.news(f"{kind}-{number}", project_id=f"{kind}-{number}"))
        self.scene.sorting.sort()


@contextmanager
def at_work(hall: Hall, threads: int) -> Iterator[None]:
    """Bearers on so many threads."""
    clock = SystemClock(rest_seconds=0)
    bearers = Bearers(hall.scene.deliveries, threads, clock.wake)
    thread = threading.Thread(target=bearers.run, args=(clock.wait,))
    thread.start()
    try:
        yield
    finally:
        hall.let.set()
        clock.interrupt()
        thread.join(PATIENCE_SECONDS)


def test_those_that_take_what_they_are_told_do_not_wait_for_those_that_hang() -> None:
    hall = Hall(Scene())
    hall.invite("hangs", 3)
    hall.invite("takes", 20)
    hall.write("hangs", 3, hall.hang)
    hall.write("takes", 20, hall.take)
    with at_work(hall, 4):
        hall.wait_for(hanging=3, told=20)


def test_however_many_have_failed_before_they_get_half_of_the_threads() -> None:
    hall = Hall(Scene())
    hall.invite("takes", 20)
    hall.invite("hangs", 9, failures=1)
    hall.write("hangs", 9, hall.hang)
    with at_work(hall, 4):
        hall.wait_for(hanging=2, told=0)
        hall.write("takes", 20, hall.take)
        hall.wait_for(hanging=2, told=20)
        hall.let.set()
        hall.wait_for(hanging=9, told=20)


def test_an_error_that_nobody_expected_costs_no_thread() -> None:
    hall = Hall(Scene())
    hall.invite("breaks", 4)
    hall.invite("takes", 20)
    hall.write("breaks", 4, RuntimeError("a bug"))
    hall.write("takes", 20, hall.take)
    with at_work(hall, 2):
        hall.wait_for(hanging=0, told=20)
