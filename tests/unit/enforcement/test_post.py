# SPDX-License-Identifier: Apache-2.0
"""News of notices reaches a channel: all of it, in order, whatever fails in between."""

from dataclasses import replace
from threading import Event as Moment
from threading import Thread

import pytest

from blazar_spot.adapters.system_clock import SystemClock
from blazar_spot.core.errors import Permanent, Unreachable
from blazar_spot.core.events import Event, News
from blazar_spot.core.outbox import HOLD_SECONDS, KEEP_SECONDS, letters
from blazar_spot.core.promises import NoticeState
from blazar_spot.enforcement.post import LETTERS_AT_ONCE, Post
from blazar_spot.testing.channel import FakeChannel
from blazar_spot.testing.clock import FakeClock
from blazar_spot.testing.lab import Lab
from blazar_spot.testing.store import FakeStore
from tests.contract.store import EVENT
from tests.stateful.fragile import FragileStore, Fuse

HOUR = 3600


class Killed(BaseException):
    """The process is gone."""


@pytest.fixture
def lab() -> Lab:
    return Lab(channels=["bus"])


@pytest.fixture
def channel() -> FakeChannel:
    return FakeChannel()


@pytest.fixture
def post(lab: Lab, channel: FakeChannel) -> Post:
    return Post(lab.store, "bus", channel, lab.clock)


def test_letters_are_carried_as_soon_as_the_bell_rings(lab: Lab, channel: FakeChannel, post: Post) -> None:
    """Whoever carries them would look again in a minute, and has found nothing before."""
    clock, looked, bell = SystemClock(rest_seconds=0), Moment(), lab.whole.bell
    bell.heard_by(clock.wake)

    def wait(seconds: float) -> bool:
        looked.set()
        return bool(channel.sent) or clock.wait(60 * seconds)

    thread = Thread(target=post.run, args=(wait,), daemon=True)
    thread.start()
    assert looked.wait(20)
    lab.boot_and_run(1)
    lab.book("r1", lab.clock.now() + HOUR)
    lab.run_until(lab.reclaim.notice_at)
    thread.join(20)
    assert [event.news for event in channel.sent] == [News.SCHEDULED]


def _die() -> None:
    raise Killed


def news(instance: str, revision: int = 1, *, at: int) -> Event:
    incident = f"incident-of-{instance}"
    return replace(
        EVENT, id=f"{incident}-{revision}", at=at, incident=incident, revision=revision, instance_id=instance
    )


def write(store: FakeStore, events: list[Event]) -> None:
    with store.begin() as work:
        work.put_letters(letters(events, ["bus"]))


def carry_all(post: Post, store: FakeStore, clock: FakeClock) -> None:
    end = clock.now() + 10 * HOLD_SECONDS
    while store.letters:
        post.carry()
        clock.advance(1)
        assert clock.now() < end


def tell(lab: Lab, spots: int = 1) -> None:
    """Let notices be decided."""
    lab.boot_and_run(spots)
    lab.book("r1", lab.clock.now() + 2 * HOUR)
    lab.run_until_true(lambda: len(lab.store.notices) == spots, within=2 * HOUR)


def test_a_notice_is_told_once(lab: Lab, channel: FakeChannel, post: Post) -> None:
    tell(lab)
    assert (post.carry(), post.carry()) == (1, 0)
    (event,), (notice,), (instance,) = channel.sent, lab.store.notices, lab.store.instances
    assert (event.news, event.incident, event.deadline_at) == (News.SCHEDULED, notice.id, notice.deadline_at)
    assert (event.project_id, event.instance_name) == (instance.project_id, instance.name)
    assert lab.store.letters == []


def test_the_end_of_the_instance_is_told_after_it(lab: Lab, channel: FakeChannel, post: Post) -> None:
    tell(lab)
    lab.run_until_true(lambda: lab.store.notices[0].state is NoticeState.TERMINATED, within=HOUR)
    post.carry()
    assert [event.news for event in channel.sent] == [News.SCHEDULED]
    post.carry()
    assert [event.news for event in channel.sent] == [News.SCHEDULED, News.TERMINATED]


@pytest.mark.parametrize(("change", "news"), [("drop", News.WITHDRAWN), ("move", News.RESCHEDULED)])
def test_a_change_of_the_lease_is_told(lab: Lab, channel: FakeChannel, post: Post, change: str, news: News) -> None:
    tell(lab)
    if change == "drop":
        lab.cancel("r1")
    else:
        lab.move("r1", lab.reclaim.start_at + 60)
    lab.run_for(5)
    while post.carry():
        pass
    assert [event.news for event in channel.sent] == [News.SCHEDULED, news]


def test_without_a_channel_nothing_is_written() -> None:
    lab = Lab()
    tell(lab)
    assert lab.store.letters == []


def test_a_channel_that_is_away_is_tried_again_and_misses_nothing(lab: Lab, channel: FakeChannel, post: Post) -> None:
    tell(lab, spots=2)
    channel.failure = Unreachable("the bus is away")
    assert post.carry() == 0
    channel.failure = None
    assert post.carry() == 0
    lab.clock.advance(2)
    assert post.carry() == 2
    assert lab.store.letters == []


def test_what_a_channel_never_takes_is_given_up_and_on_record(lab: Lab, channel: FakeChannel, post: Post) -> None:
    tell(lab, spots=2)
    channel.failure = Permanent("too long")
    assert post.carry() == 2
    assert lab.store.letters == []
    given_up = [deed for deed in lab.store.deeds if deed.what == "not told"]
    assert {deed.reclaim_id for deed in given_up} == {""}  # told with whatever takes the host
    assert {deed.subject for deed in given_up} == {notice.instance_id for notice in lab.store.notices}


def test_what_could_not_be_told_for_a_day_is_given_up(lab: Lab, channel: FakeChannel, post: Post) -> None:
    tell(lab)
    channel.failure = Unreachable("the bus is away")
    post.carry()
    lab.clock.advance(KEEP_SECONDS)
    assert post.carry() == 1
    assert lab.store.letters == []


def test_many_are_sent_some_at_a_time(channel: FakeChannel) -> None:
    clock, store = FakeClock(), FakeStore()
    write(store, [news(f"instance-{number}", at=clock.now()) for number in range(LETTERS_AT_ONCE + 20)])
    post = Post(store, "bus", channel, clock)
    assert [post.carry() for _ in range(3)] == [LETTERS_AT_ONCE, 20, 0]


def test_two_bearers_do_not_carry_the_same_letter(lab: Lab, channel: FakeChannel, post: Post) -> None:
    tell(lab, spots=2)
    other = FakeChannel()

    class Meeting(FakeChannel):
        """While this one sends, the other bearer has its turn."""

        def send(self, event: Event) -> None:
            assert Post(lab.store, "bus", other, lab.clock).carry() == 0

    assert Post(lab.store, "bus", Meeting(), lab.clock).carry() == 2
    assert other.sent == []


@pytest.mark.parametrize("place", range(1, 9))
def test_whoever_dies_loses_nothing_and_keeps_the_order(channel: FakeChannel, place: int) -> None:
    """Two rounds of two letters have eight places: before and after each commit."""
    fuse = Fuse(_die)
    clock, store = FakeClock(), FragileStore(fuse)
    write(store, [news("one", at=clock.now()), news("other", at=clock.now()), news("one", 2, at=clock.now())])
    fuse.burnt, fuse.blows_at = 0, place
    with pytest.raises(Killed):
        carry_all(Post(store, "bus", channel, clock), store, clock)
    carry_all(Post(store, "bus", channel, clock), store, clock)
    of_one = [event.revision for event in channel.sent if event.instance_id == "one"]
    assert of_one == sorted(of_one)
    assert {event.id for event in channel.sent} == {"incident-of-one-1", "incident-of-one-2", "incident-of-other-1"}


def test_an_error_that_nobody_expected_does_not_end_the_carrying(lab: Lab) -> None:
    tell(lab)

    class Broken(FakeChannel):
        def send(self, event: Event) -> None:
            raise RuntimeError("a bug")

    assert Post(lab.store, "bus", Broken(), lab.clock).turn() == 0
    lab.clock.advance(HOLD_SECONDS)
    assert Post(lab.store, "bus", FakeChannel(), lab.clock).turn() == 1


def test_a_database_that_is_down_does_not_end_the_carrying(lab: Lab, channel: FakeChannel, post: Post) -> None:
    tell(lab)
    lab.store.is_down = True
    pauses = iter([False, False, True])

    def pause(seconds: float) -> bool:
        lab.store.is_down = False
        return next(pauses)

    post.run(pause)
    assert len(channel.sent) == 1
