# SPDX-License-Identifier: Apache-2.0
"""What holds for every delivery, whatever its receiver answers."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from blazar_spot.core.deliveries import (
    LONGEST_WAIT_SECONDS,
    Answer,
    Delivery,
    DeliveryState,
    next_ones,
    of_notice,
    order,
    tried,
    wait_after,
)
from blazar_spot.core.webhooks import HOLD_SECONDS, WebhookState, after, taken
from tests.contract.store import EVENT, NOON
from tests.unit.core.test_webhooks import WEBHOOK

CHANCES = st.floats(0, 1)
ANSWERS = st.builds(
    Answer,
    st.one_of(st.none(), st.integers(100, 599)),
    st.text(max_size=5),
    st.one_of(st.none(), st.integers(0, 3600)),
)


@st.composite
def deliveries(draw: st.DrawFn) -> list[Delivery]:
    """Some that wait for one webhook."""
    several = []
    for number in range(draw(st.integers(0, 8))):
        event = replace(EVENT, id=f"event-{number}", instance_id=draw(st.sampled_from("abc")))
        one = of_notice(event, "webhook-1", NOON + draw(st.integers(0, 3)))
        several.append(replace(one, revision=draw(st.integers(1, 12)), due_at=NOON + draw(st.integers(0, 9))))
    return several


@given(st.integers(0, 10_000), CHANCES, st.one_of(st.none(), st.integers(0, 3600)))
def test_a_wait_is_never_nothing_and_never_longer_than_the_longest_or_what_the_receiver_wants(
    failures: int, chance: float, retry_after: int | None
) -> None:
    assert 1 <= wait_after(failures, chance, retry_after) <= max(LONGEST_WAIT_SECONDS, retry_after or 0)


@given(st.integers(1, 30))
def test_waits_grow_and_do_not_fall_together(failures: int) -> None:
    assert wait_after(failures + 1, 0.0) >= wait_after(failures, 0.0)
    assert wait_after(failures, 1.0) >= wait_after(failures, 0.0)


@given(st.lists(st.tuples(ANSWERS, st.integers(0, 300), CHANCES), max_size=30))
def test_a_delivery_is_done_once_and_never_tried_after_its_time(tries: list[tuple[Answer, int, float]]) -> None:
    now, one = NOON, of_notice(EVENT, "webhook-1", NOON)
    for answer, later, chance in tries:
        now = max(now, one.due_at) + later
        if one.state is not DeliveryState.PENDING or now >= one.expires_at:
            break
        one = tried(one, answer, now, chance)
        assert (one.state is DeliveryState.DELIVERED) == answer.is_good
        assert (one.done_at is None) == (one.state is DeliveryState.PENDING)
        assert one.state is not DeliveryState.PENDING or one.due_at < one.expires_at
        assert (one.id, one.message) == ("notice-1-1/webhook-1", of_notice(EVENT, "webhook-1", NOON).message)


@given(deliveries(), st.integers(0, 9))
def test_the_next_ones_never_overtake_within_their_incident(pending: list[Delivery], later: int) -> None:
    now = NOON + later
    due = [one for one in pending if one.due_at <= now]
    waiting = {one.subject for one in pending if one.due_at > now}
    chosen = next_ones(due, waiting)
    assert chosen == next_ones(list(reversed(due)), waiting)
    for one in chosen:
        earlier = [other for other in pending if other.subject == one.subject and order(other) < order(one)]
        assert all(other in chosen[: chosen.index(one)] for other in earlier)


@given(st.lists(st.tuples(st.lists(ANSWERS, min_size=1, max_size=5), st.integers(0, 4000), CHANCES), max_size=12))
def test_a_webhook_is_failing_since_the_last_time_it_took_something(
    rounds: list[tuple[list[Answer], int, float]],
) -> None:
    webhook, now, since = WEBHOOK, NOON, None
    for answers, later, chance in rounds:
        now += later
        webhook = after(taken(webhook, now), answers, now, chance, patience=9000)
        for answer in answers:
            since = None if answer.is_good else now if since is None else since
        assert webhook.failing_since == since
        assert now <= webhook.due_at <= now + 3600
        assert webhook.due_at == now or webhook.failures
        is_over = any(answer.is_gone for answer in answers) or (since is not None and now - since >= 9000)
        assert (webhook.state is WebhookState.DISABLED) == is_over
        if is_over:
            break


def test_whoever_speaks_has_the_receiver_alone_for_longer_than_he_may_take() -> None:
    assert taken(WEBHOOK, NOON).due_at == NOON + HOLD_SECONDS
