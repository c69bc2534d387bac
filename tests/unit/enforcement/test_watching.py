# SPDX-License-Identifier: Apache-2.0
"""Waiting for news of a project."""

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from threading import Event

import pytest

from blazar_spot.devcloud.waiting import wait_until
from blazar_spot.enforcement.watching import TooManyWait, Watch
from blazar_spot.testing.store import FakeStore

LONG = 60.0
PATIENCE_SECONDS = 30


class SteppedClock:
    """Each wait of the watch's thread ends when the test lets it."""

    def __init__(self) -> None:
        self._may_go_on, self.rests = Event(), Event()

    def now(self) -> int:
        return 0

    def wait(self, seconds: float) -> bool:
        self.rests.set()
        self._may_go_on.wait(PATIENCE_SECONDS)
        self._may_go_on.clear()
        return False

    def step(self) -> None:
        """Let it ask once more, and come back when it has."""
        assert self.rests.wait(PATIENCE_SECONDS)
        self.rests.clear()
        self._may_go_on.set()
        assert self.rests.wait(PATIENCE_SECONDS)


@pytest.fixture
def clock() -> SteppedClock:
    return SteppedClock()


@pytest.fixture
def store() -> FakeStore:
    return FakeStore()


Begin = Callable[[Watch, str, int, float], Future[None]]


@pytest.fixture
def begin() -> Iterator[Begin]:
    """Wait in a thread; what is returned is waiting already."""
    with ThreadPoolExecutor(4) as threads:

        def started(watch: Watch, project: str, known: int, seconds: float) -> Future[None]:
            before = watch.waiting
            future = threads.submit(watch.wait, project, known, seconds)
            wait_until(lambda: watch.waiting > before, "it waits", at_most=PATIENCE_SECONDS)
            return future

        yield started


def count(store: FakeStore, project: str) -> None:
    with store.begin() as work:
        work.count_news([project])


def test_who_knows_another_number_is_answered_at_once(store: FakeStore, clock: SteppedClock) -> None:
    count(store, "a")
    Watch(store, clock, places=1).wait("a", 0, LONG)
    Watch(store, clock, places=1).wait("a", 2, LONG)
    assert not clock.rests.is_set()


def test_who_waits_is_answered_when_the_number_changes_and_not_when_anothers_does(
    store: FakeStore, clock: SteppedClock, begin: Begin
) -> None:
    watch = Watch(store, clock, places=3)
    ours = [begin(watch, "a", 0, LONG) for _ in range(2)]
    clock.step()
    count(store, "b")
    clock.step()
    assert not any(one.done() for one in ours)
    count(store, "a")
    clock.step()
    assert [one.result(PATIENCE_SECONDS) for one in ours] == [None, None]


def test_who_waits_in_vain_is_answered_when_the_time_is_up(store: FakeStore, clock: SteppedClock) -> None:
    Watch(store, clock, places=1).wait("a", 0, 0.01)


def test_the_database_is_asked_once_for_all_who_wait(
    store: FakeStore, clock: SteppedClock, begin: Begin, monkeypatch: pytest.MonkeyPatch
) -> None:
    watch = Watch(store, clock, places=3)
    waiting = [begin(watch, project, 0, LONG) for project in "abb"]
    clock.step()
    clock.step()
    asked = []
    whole = store.begin
    monkeypatch.setattr(store, "begin", lambda: asked.append(1) or whole())
    clock.step()
    assert asked == [1]
    for project in "ab":
        count(store, project)
    clock.step()
    assert [one.result(PATIENCE_SECONDS) for one in waiting] == [None] * 3


def test_an_old_number_that_others_were_told_of_answers_nobody(
    store: FakeStore, clock: SteppedClock, begin: Begin
) -> None:
    watch = Watch(store, clock, places=3)
    first = begin(watch, "a", 0, LONG)
    clock.step()
    count(store, "a")
    second = begin(watch, "a", 1, LONG)
    clock.step()
    assert first.exception(PATIENCE_SECONDS) is None
    assert not second.done()
    count(store, "a")
    clock.step()
    assert second.exception(PATIENCE_SECONDS) is None


def test_one_too_many_is_told_so_and_the_place_is_free_again_afterwards(
    store: FakeStore, clock: SteppedClock, begin: Begin
) -> None:
    watch = Watch(store, clock, places=1)
    first = begin(watch, "a", 0, LONG)
    clock.step()
    with pytest.raises(TooManyWait):
        watch.wait("b", 0, LONG)
    count(store, "a")
    clock.step()
    assert first.exception(PATIENCE_SECONDS) is None
    watch.wait("b", 0, 0.01)


def test_a_database_that_is_down_for_a_while_only_delays_the_news(
    store: FakeStore, clock: SteppedClock, begin: Begin, caplog: pytest.LogCaptureFixture
) -> None:
    watch = Watch(store, clock, places=1)
    waiting = begin(watch, "a", 0, LONG)
    clock.step()
    store.is_down = True
    clock.step()
    assert "not told of any" in caplog.text
    store.is_down = False
    count(store, "a")
    clock.step()
    assert waiting.exception(PATIENCE_SECONDS) is None
