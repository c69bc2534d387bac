# SPDX-License-Identifier: Apache-2.0
"""News of a notice, and when which letter is tried."""

from dataclasses import replace

import pytest

from blazar_spot.core.events import Event, News, event
from blazar_spot.core.outbox import KEEP_SECONDS, LONGEST_WAIT_SECONDS, Letter, letters, next_ones, put_off, taken
from blazar_spot.core.promises import Instance, Notice, NoticeState

NOON = 1_800_000_000
NOTICE = Notice(
    id="incident",
    instance_id="instance",
    project_id="p1",
    host="gpu-1",
    decided_at=NOON,
    deadline_at=NOON + 900,
    given_at=None,
    state=NoticeState.SCHEDULED,
)
INSTANCE = Instance(
    id="instance",
    host="gpu-1",
    project_id="project",
    name="boost",
    flavor="boost-preemptible",
    created_at=NOON - 9000,
    running_since=NOON - 8990,
)


def told(before: Notice | None, after: Notice) -> Event:
    found = event(before, after, INSTANCE, NOON)
    assert found is not None
    return found


def letter(incident: str, revision: int = 1, *, written_at: int = NOON, instance: str = "instance") -> Letter:
    notice = replace(NOTICE, id=incident, revision=revision, instance_id=instance)
    (only,) = letters([told(None, notice)], ["bus"])
    return replace(only, written_at=written_at, due_at=written_at)


def test_a_new_notice_is_news() -> None:
    assert told(None, NOTICE) == Event(
        id="incident-1",
        news=News.SCHEDULED,
        at=NOON,
        incident="incident",
        revision=1,
        instance_id="instance",
        instance_name="boost",
        project_id="project",
        flavor="boost-preemptible",
        host="gpu-1",
        decided_at=NOON,
        deadline_at=NOON + 900,
    )


@pytest.mark.parametrize(
    ("state", "news"),
    [
        (NoticeState.SCHEDULED, News.RESCHEDULED),
        (NoticeState.WITHDRAWN, News.WITHDRAWN),
        (NoticeState.TERMINATED, News.TERMINATED),
    ],
)
def test_each_revision_is_news_with_an_id_of_its_own(state: NoticeState, news: News) -> None:
    after = replace(NOTICE, state=state, deadline_at=NOON + 960, revision=2)
    assert (told(NOTICE, after).news, told(NOTICE, after).id) == (news, "incident-2")


@pytest.mark.parametrize("ready_at", [None, NOON + 30])
def test_what_its_holder_says_to_a_notice_is_news_and_is_told_in_all_that_follows(ready_at: int | None) -> None:
    known = replace(NOTICE, acknowledged_at=NOON + 30, ready_at=ready_at, revision=2)
    later = replace(known, deadline_at=NOON + 960, revision=3)
    for before, after, news in ((NOTICE, known, News.ACKNOWLEDGED), (known, later, News.RESCHEDULED)):
        said = told(before, after)
        assert (said.news, said.acknowledged_at, said.is_ready) == (news, NOON + 30, ready_at is not None)


def test_that_a_notice_could_be_read_is_no_news() -> None:
    assert event(NOTICE, replace(NOTICE, given_at=NOON + 1), INSTANCE, NOON) is None


def test_each_channel_gets_a_letter_that_is_due_at_once() -> None:
    found = letters([told(None, NOTICE)], {"hooks", "bus"})
    assert [(one.id, one.channel, one.written_at, one.due_at) for one in found] == [
        ("incident-1/bus", "bus", NOON, NOON),
        ("incident-1/hooks", "hooks", NOON, NOON),
    ]


def test_of_one_instance_only_the_first_letter_is_tried() -> None:
    first, second = letter("a", 9), letter("a", 10)
    assert next_ones([second, first], NOON) == [first]


def test_a_letter_that_waits_holds_up_the_later_ones_of_its_instance_and_no_others() -> None:
    waiting = put_off(taken(letter("a"), NOON), NOON)
    later, other = letter("b", written_at=NOON + 1), letter("c", written_at=NOON + 1, instance="other")
    assert next_ones([waiting, later, other], NOON + 1) == [other]
    assert next_ones([waiting, later, other], NOON + 2) == [waiting, other]


def test_a_letter_in_somebodys_hands_is_free_again_if_nothing_is_heard() -> None:
    held = taken(letter("a"), NOON)
    assert next_ones([held], NOON + 29) == []
    assert next_ones([held], NOON + 30) == [held]


def test_the_wait_doubles_up_to_a_bound() -> None:
    waits = [put_off(replace(letter("a"), tries=tries), NOON).due_at - NOON for tries in (1, 2, 3, 5, 6, 1000)]
    assert waits == [2, 4, 8, 32, LONGEST_WAIT_SECONDS, LONGEST_WAIT_SECONDS]


def test_after_a_day_it_is_old_news() -> None:
    assert not letter("a").is_old_news(NOON + KEEP_SECONDS - 1)
    assert letter("a").is_old_news(NOON + KEEP_SECONDS)
