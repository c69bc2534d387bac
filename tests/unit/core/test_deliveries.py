# SPDX-License-Identifier: Apache-2.0
"""One message on its way to one webhook."""

from dataclasses import replace

import pytest

from blazar_spot.core.deliveries import (
    KEEP_SECONDS,
    LONGEST_WAIT_SECONDS,
    Answer,
    Delivery,
    DeliveryState,
    abandoned,
    delivery,
    next_ones,
    of_notice,
    repeated,
    tried,
    wait_after,
)
from blazar_spot.core.events import News
from blazar_spot.core.messages import ping
from tests.contract.store import EVENT, NOON

DELIVERY = of_notice(EVENT, "webhook-1", NOON)
OK = Answer(204)
BUSY = Answer(503, "later")
SILENT = Answer(None, "no answer within 10 s")
OOPS = Answer(500, "oops")


def about(instance: str, revision: int = 1, written_at: int = NOON) -> Delivery:
    event = replace(EVENT, id=f"{instance}-{revision}", instance_id=instance, revision=revision)
    return of_notice(event, "webhook-1", written_at)


@pytest.mark.parametrize("news", News)
def test_what_tells_a_deadline_is_tried_until_then_and_other_news_for_a_day(news: News) -> None:
    until = EVENT.deadline_at if news in (News.SCHEDULED, News.RESCHEDULED) else NOON + KEEP_SECONDS
    assert of_notice(replace(EVENT, news=news), "webhook-1", NOON).expires_at == until


def test_a_delivery_is_known_by_its_event_and_its_webhook() -> None:
    found = of_notice(EVENT, "webhook-1", NOON)
    assert (found.id, found.message.id) == ("notice-1-1/webhook-1", "notice-1-1")
    assert (found.webhook_id, found.project_id) == ("webhook-1", EVENT.project_id)


def test_a_delivery_is_due_at_once() -> None:
    message = ping("ping", "webhook-1", NOON)
    assert delivery(message, "webhook-1", "ours", NOON + 1, NOON + 9) == Delivery(
        id="ping/webhook-1",
        webhook_id="webhook-1",
        project_id="ours",
        subject="webhook-1",
        message=message,
        revision=0,
        written_at=NOON + 1,
        due_at=NOON + 1,
        expires_at=NOON + 9,
    )


def test_what_was_taken_is_done() -> None:
    done = tried(DELIVERY, OK, NOON + 1, 0)
    assert (done.state, done.done_at, done.tries, done.status) == (DeliveryState.DELIVERED, NOON + 1, 1, 204)
    assert done.tried_at == NOON + 1


def test_what_was_answered_and_not_taken_waits_and_what_had_no_answer_waits_with_its_webhook() -> None:
    assert tried(DELIVERY, OOPS, NOON, 1).due_at == NOON + 2
    for answer in (SILENT, BUSY, Answer(429)):
        later = tried(DELIVERY, answer, NOON, 1)
        assert (later.state, later.due_at, later.response) == (DeliveryState.PENDING, NOON, answer.excerpt)


def test_what_would_be_tried_after_its_deadline_is_abandoned() -> None:
    for answer in (OOPS, SILENT):
        late = tried(DELIVERY, answer, DELIVERY.expires_at, 0)
        assert (late.state, late.done_at) == (DeliveryState.ABANDONED, DELIVERY.expires_at)
    assert tried(DELIVERY, OOPS, DELIVERY.expires_at - 1, 0).state is DeliveryState.ABANDONED
    assert tried(DELIVERY, OOPS, DELIVERY.expires_at - 2, 0).state is DeliveryState.PENDING


def test_a_receiver_is_left_alone_as_long_as_it_wants() -> None:
    assert tried(DELIVERY, Answer(500, retry_after=77), NOON, 0).due_at == NOON + 77
    assert wait_after(1, 0, retry_after=77) == 77
    assert wait_after(9, 1, retry_after=0) == LONGEST_WAIT_SECONDS


def test_the_next_ones_are_in_the_order_of_their_writing() -> None:
    later, tenth, second = about("b", written_at=NOON + 1), about("a", 10), about("a", 2)
    assert next_ones([later, tenth, second], ()) == [second, tenth, later]


def test_what_waits_holds_up_only_the_news_of_its_incident() -> None:
    follower, other = about("a", 2), about("b", written_at=NOON + 1)
    assert next_ones([follower, other], {"a"}) == [other]


def test_what_is_wanted_again_is_the_same_message_with_time_to_be_tried() -> None:
    lost = abandoned(tried(DELIVERY, OOPS, NOON + 900, 0), NOON + 900)
    again = repeated(lost, NOON + 1000)
    assert (again.id, again.message, again.state) == (DELIVERY.id, DELIVERY.message, DeliveryState.PENDING)
    assert (again.due_at, again.expires_at, again.tries) == (NOON + 1000, NOON + 1000 + KEEP_SECONDS, 0)
    assert repeated(replace(lost, done_at=NOON + 9), NOON + 1000).done_at is None


def test_an_answer_in_words_is_its_status_or_why_there_is_none() -> None:
    assert (OOPS.in_words, SILENT.in_words) == ("status 500", "no answer within 10 s")
    assert (Answer(410).is_gone, OOPS.is_gone, Answer(301).is_good, Answer(199).is_good) == (True, False, False, False)
