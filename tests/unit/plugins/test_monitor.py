# SPDX-License-Identifier: Apache-2.0
"""The monitor is always on, does each duty on its own, and leaves upstream's failure detection as it was."""

from typing import Any

import pytest

from blazar_spot.core.errors import Unreachable
from blazar_spot.plugins import published
from blazar_spot.plugins.monitor import SpotMonitor
from blazar_spot.testing.clock import FakeClock

FLAGS = {"reservation": {"missing_resources": True}}


class Upstream:
    """Upstream's monitor as an operator has set it."""

    def __init__(self, *, polls: bool = False, listens: bool = False) -> None:
        self.polls, self.listens, self.polled = polls, listens, 0

    def is_notification_enabled(self) -> bool:
        return self.listens

    def get_notification_event_types(self) -> list[str]:
        return ["service.update"]

    def get_notification_topics(self) -> list[str]:
        return ["versioned_notifications"]

    def notification_callback(self, event_type: str, payload: Any) -> Any:
        return {event_type: payload}

    def is_polling_enabled(self) -> bool:
        return self.polls

    def get_polling_interval(self) -> int:
        return 60

    def poll(self) -> Any:
        self.polled += 1
        return FLAGS

    def get_healing_interval(self) -> int:
        return 30

    def heal(self) -> Any:
        return FLAGS


class Parts:
    """The late door to parts of hosts."""

    def __init__(self) -> None:
        self.joined = 0

    def join_late(self) -> None:
        self.joined += 1


class Duties:
    """Publishing and the late door; either may fail."""

    def __init__(self) -> None:
        self.published = self.tidied = self.joined = 0
        self.parts = Parts()
        self.error: Exception | None = None

    def publish(self, *_: object) -> None:
        self.published += 1
        if self.error:
            raise self.error

    def tidy(self) -> None:
        self.tidied += 1
        if self.error:
            raise self.error

    def join_late(self) -> None:
        self.joined += 1
        if self.error:
            raise self.error


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def duties(monkeypatch: pytest.MonkeyPatch) -> Duties:
    monkeypatch.setattr(published, "entries", lambda: ([], frozenset()))
    return Duties()


def monitor(upstream: Upstream, duties: Duties, clock: FakeClock) -> SpotMonitor:
    return SpotMonitor(upstream, duties, [duties], [duties, duties.parts], clock, 5)


def test_it_polls_at_its_own_interval_while_upstreams_polling_is_off(duties: Duties, clock: FakeClock) -> None:
    upstream = Upstream()
    ours = monitor(upstream, duties, clock)
    assert ours.is_polling_enabled()
    assert ours.get_polling_interval() == 5
    assert ours.poll() == {}
    assert (duties.published, duties.tidied, duties.joined, upstream.polled) == (1, 1, 1, 0)


@pytest.mark.parametrize("error", [Unreachable("no answer"), RuntimeError("a bug")])
def test_a_duty_that_fails_keeps_no_other_from_being_done(duties: Duties, clock: FakeClock, error: Exception) -> None:
    duties.error = error
    upstream = Upstream(polls=True)
    assert monitor(upstream, duties, clock).poll() == FLAGS
    assert (duties.published, duties.tidied, duties.joined, upstream.polled) == (1, 1, 1, 1)
    assert duties.parts.joined == 1


@pytest.mark.parametrize(("error", "is_a_bug"), [(Unreachable("no answer"), False), (RuntimeError("a bug"), True)])
def test_only_a_bug_is_told_with_its_traceback(
    duties: Duties, clock: FakeClock, caplog: pytest.LogCaptureFixture, error: Exception, is_a_bug: bool
) -> None:
    duties.error = error
    monitor(Upstream(), duties, clock).poll()
    assert [bool(record.exc_info) for record in caplog.records] == [is_a_bug] * 3
    assert caplog.text.count(str(error)) >= 3


def test_failures_are_looked_for_at_upstreams_interval(duties: Duties, clock: FakeClock) -> None:
    upstream = Upstream(polls=True)
    ours = monitor(upstream, duties, clock)
    for _ in range(24):
        ours.poll()
        clock.advance(5)
    assert upstream.polled == 2
    assert duties.published == 24


@pytest.mark.parametrize(
    ("polls", "listens", "interval"), [(False, False, 0), (True, False, 30), (False, True, 30), (True, True, 30)]
)
def test_healing_is_periodic_only_where_failures_are_watched_for(
    duties: Duties, clock: FakeClock, polls: bool, listens: bool, interval: int
) -> None:
    ours = monitor(Upstream(polls=polls, listens=listens), duties, clock)
    assert ours.get_healing_interval() == interval
    assert ours.is_notification_enabled() is listens


def test_notifications_and_healing_stay_upstreams(duties: Duties, clock: FakeClock) -> None:
    ours = monitor(Upstream(), duties, clock)
    assert ours.notification_callback("service.update", "payload") == {"service.update": "payload"}
    assert ours.get_notification_event_types() == ["service.update"]
    assert ours.get_notification_topics() == ["versioned_notifications"]
    assert ours.heal() == FLAGS


def test_what_may_change_the_calendar_is_done_before_it_is_published_and_each_on_its_own(
    duties: Duties, clock: FakeClock
) -> None:
    seen = []

    def fail() -> None:
        seen.append(duties.published)
        raise RuntimeError("a bug")

    before = [fail, lambda: seen.append(duties.published)]
    SpotMonitor(Upstream(), duties, [duties], [duties], clock, 5, before).poll()
    assert (seen, duties.published) == ([0, 0], 1)
