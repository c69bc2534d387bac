# SPDX-License-Identifier: Apache-2.0
"""Lets many wait for news of their projects, at the price of one question to the database a second.

The number of a project only grows, so whoever knows one waits for a higher one. A process has one thread that asks, for
all who wait in it together, and only while somebody does. What has changed is for the one who waited to read.
"""

import logging
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from threading import Condition, Thread

from blazar_spot.core.errors import SpotError, Temporary
from blazar_spot.ports.clock import Clock
from blazar_spot.ports.store import Store

LOG = logging.getLogger(__name__)

ASK_SECONDS = 1


class TooManyWait(Temporary):
    """Each who waits occupies a thread of the server, and others have to be served as well."""

    code = "too_many_wait"


class Watch:
    """Those who wait in this process; at most ``places`` of them."""

    def __init__(self, store: Store, clock: Clock, places: int) -> None:
        self._store = store
        self._clock = clock
        self._places = places
        self._bell = Condition()
        self._awaited: Counter[str] = Counter()
        self._seen: dict[str, int] = {}
        self._thread: Thread | None = None

    @property
    def waiting(self) -> int:
        """How many wait now."""
        with self._bell:
            return self._awaited.total()

    def wait(self, project_id: str, known: int, seconds: float) -> None:
        """Return when the project's number is another one than this, or when the time is up."""
        if self._numbers([project_id])[project_id] != known:
            return
        with self._bell, self._place(project_id):
            self._bell.wait_for(lambda: self._seen.get(project_id, known) > known, seconds)

    @contextmanager
    def _place(self, project_id: str) -> Iterator[None]:
        if self._awaited.total() >= self._places:
            raise TooManyWait("Too many requests wait for changes at this moment. Try again soon.")
        self._awaited[project_id] += 1
        self._see_that_somebody_asks()
        try:
            yield
        finally:
            self._awaited[project_id] -= 1
            if not self._awaited[project_id]:
                del self._awaited[project_id]
                self._seen.pop(project_id, None)

    def _see_that_somebody_asks(self) -> None:
        """Not before the first one waits: a server may start its processes by copying one that is complete."""
        if self._thread is None:
            self._thread = Thread(target=self._ask_on, name="watch", daemon=True)
            self._thread.start()
        self._bell.notify_all()

    def _ask_on(self) -> None:
        while True:
            with self._bell:
                self._bell.wait_for(lambda: bool(self._awaited))
                projects = list(self._awaited)
            self._ask(projects)
            self._clock.wait(ASK_SECONDS)

    def _ask(self, projects: list[str]) -> None:
        try:
            numbers = self._numbers(projects)
        except SpotError as error:
            LOG.warning("Those who wait for news are not told of any: %s", error)
            return
        except Exception:
            LOG.exception("Those who wait for news are not told of any")
            return
        with self._bell:
            self._seen.update((one, number) for one, number in numbers.items() if one in self._awaited)
            self._bell.notify_all()

    def _numbers(self, projects: list[str]) -> Mapping[str, int]:
        with self._store.begin() as work:
            return work.incarnations(projects)
