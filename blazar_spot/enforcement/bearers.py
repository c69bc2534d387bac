# SPDX-License-Identifier: Apache-2.0
"""The threads that serve webhooks: each serves one at a time, so a receiver that hangs delays nobody but itself.

Receivers that gave no answer the last time get half of the threads at most: however many of them hang, there are
threads for the others. What is said is ``deliveries``'.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from queue import SimpleQueue
from threading import Lock, Thread

from blazar_spot.core.webhooks import Webhook
from blazar_spot.enforcement.deliveries import AT_ONCE, Deliveries
from blazar_spot.enforcement.rounds import attempt, rounds


class Bearers:
    """Some threads; ``wake`` ends the pause of whoever runs them. ``_busy`` are the webhooks that are being served, and
    whether they are failing; ``_is_short`` if there were no threads for all who waited."""

    def __init__(self, deliveries: Deliveries, threads: int, wake: Callable[[], None]) -> None:
        self._deliveries = deliveries
        self._threads = threads
        self._wake = wake
        self._busy: dict[str, bool] = {}
        self._is_short = False
        self._lock = Lock()
        self._orders: SimpleQueue[Webhook | None] = SimpleQueue()

    def run(self, pause: Callable[[float], bool]) -> None:
        """Serve until ``pause`` says stop; whoever is being spoken to then is not waited for."""
        with self._at_work():
            rounds(lambda: attempt("Giving out webhooks", self._give_out), pause)

    def turn(self) -> int:
        """Serve everybody who waits now, one after the other, without threads."""
        return attempt("Serving webhooks", self._serve_all)

    def _serve_all(self) -> int:
        waiting = self._deliveries.waiting(self._threads)
        for webhook in waiting:
            attempt(f"Serving webhook {webhook.id}", partial(self._deliveries.serve, webhook))
        return len(waiting)

    def _give_out(self) -> int:
        """Give each thread that is free a webhook; how many were given."""
        with self._lock:
            busy = dict(self._busy)
        if len(busy) == self._threads:
            self._is_short = True
            return 0
        waiting = [one for one in self._deliveries.waiting(self._threads * 2) if one.id not in busy]
        may_fail = max(self._threads // 2 - sum(busy.values()), 0)
        healthy, failing = ([one for one in waiting if bool(one.failures) is fails] for fails in (False, True))
        chosen = (healthy + failing[:may_fail])[: self._threads - len(busy)]
        with self._lock:
            self._is_short = len(chosen) < len(waiting)
            self._busy |= {webhook.id: webhook.failures > 0 for webhook in chosen}
        for webhook in chosen:
            self._orders.put(webhook)
        return len(chosen)

    def _serve(self) -> None:
        while (webhook := self._orders.get()) is not None:
            told = attempt(f"Serving webhook {webhook.id}", partial(self._deliveries.serve, webhook))
            with self._lock:
                del self._busy[webhook.id]
                has_more = self._is_short or told == AT_ONCE
            if has_more:
                self._wake()

    @contextmanager
    def _at_work(self) -> Iterator[None]:
        for _ in range(self._threads):
            Thread(target=self._serve, daemon=True).start()
        try:
            yield
        finally:
            for _ in range(self._threads):
                self._orders.put(None)
