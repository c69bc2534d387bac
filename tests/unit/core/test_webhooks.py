# SPDX-License-Identifier: Apache-2.0
"""Webhooks and what they ask for."""

from dataclasses import replace

import pytest

from blazar_spot.core.deliveries import Answer
from blazar_spot.core.messages import DISABLED
from blazar_spot.core.webhooks import (
    VERIFY_SECONDS,
    Subscription,
    Webhook,
    WebhookState,
    after,
    after_challenge,
    challenged,
    wanting,
)
from tests.contract.store import INSTANCE, NOON

WEBHOOK = Webhook(
    id="webhook-1",
    project_id="project-1",
    name="ours",
    url="https://receiver.example/",
    secret="sealed",
    state=WebhookState.ENABLED,
    created_at=NOON,
    due_at=NOON,
)
SUBSCRIPTION = Subscription(id="subscription-1", webhook_id="webhook-1", project_id="project-1", created_at=NOON)
KIND = "spot.notice.scheduled"
TAGGED = replace(INSTANCE, tags=("blue", "green"))


@pytest.mark.parametrize(
    ("filters", "is_wanted"),
    [
        ({}, True),
        ({"event_types": (KIND,)}, True),
        ({"event_types": ("spot.notice.withdrawn", KIND)}, True),
        ({"event_types": ("spot.notice.withdrawn",)}, False),
        ({"flavors": (TAGGED.flavor,)}, True),
        ({"flavors": ("other",)}, False),
        ({"instances": ("other", TAGGED.id)}, True),
        ({"instances": ("other",)}, False),
        ({"tags": ("green",)}, True),
        ({"tags": ("red", "blue")}, True),
        ({"tags": ("red",)}, False),
        ({"tags": ("green",), "flavors": ("other",)}, False),
        ({"event_types": (DISABLED,)}, False),
    ],
)
def test_a_subscription_wants_what_fits_each_of_its_lists(filters: dict[str, tuple[str, ...]], is_wanted: bool) -> None:
    assert replace(SUBSCRIPTION, **filters).wants(KIND, TAGGED) is is_wanted


def test_what_is_about_no_instance_is_asked_for_by_its_type_alone() -> None:
    assert replace(SUBSCRIPTION, flavors=("other",)).wants(DISABLED, None)
    assert not replace(SUBSCRIPTION, event_types=(KIND,)).wants(DISABLED, None)


def test_a_webhook_is_told_once_however_many_of_its_subscriptions_fit_and_only_if_it_is_enabled() -> None:
    others = [replace(WEBHOOK, id=state, state=state) for state in WebhookState]
    subscriptions = [replace(SUBSCRIPTION, webhook_id=one.id) for one in [WEBHOOK, WEBHOOK, *others]]
    wanted = wanting([WEBHOOK, *others, replace(WEBHOOK, id="asks for nothing")], subscriptions, KIND, TAGGED)
    assert [one.id for one in wanted] == ["webhook-1", "enabled"]


@pytest.mark.parametrize("other", [{"event_types": ("other",)}, {"flavors": ("other",)}])
def test_a_webhook_that_subscribed_to_something_else_is_not_told(other: dict[str, tuple[str, ...]]) -> None:
    assert wanting([WEBHOOK], [replace(SUBSCRIPTION, **other)], KIND, TAGGED) == []
    assert wanting([WEBHOOK], [replace(SUBSCRIPTION, event_types=(KIND,))], KIND, TAGGED) == [WEBHOOK]


def test_both_secrets_are_valid_until_the_old_one_is_not() -> None:
    rotated = replace(WEBHOOK, old_secret="older", old_secret_until=NOON + 10)
    assert rotated.secrets_at(NOON + 9) == ("sealed", "older")
    assert rotated.secrets_at(NOON + 10) == WEBHOOK.secrets_at(NOON) == ("sealed",)


def test_a_receiver_that_answers_its_challenge_is_enabled() -> None:
    failing = replace(WEBHOOK, state=WebhookState.DISABLED, reason="it failed", failures=3, failing_since=NOON - 9)
    waiting = challenged(failing, "token", NOON + 1)
    assert waiting == replace(
        WEBHOOK,
        state=WebhookState.UNVERIFIED,
        challenge="token",
        verify_until=NOON + 1 + VERIFY_SECONDS,
        due_at=NOON + 1,
    )
    tried = replace(waiting, failures=3, reason="the challenge was not answered: status 404")
    done = after_challenge(tried, Answer(200, "token"), True, NOON + 2, 0)
    assert done == replace(WEBHOOK, verified_at=NOON + 2, due_at=NOON + 2)


def test_a_challenge_is_repeated_for_a_while_and_then_given_up() -> None:
    waiting = challenged(WEBHOOK, "token", NOON)
    again = after_challenge(waiting, Answer(404), False, NOON, 1)
    assert (again.due_at, again.challenge) == (NOON + 2, "token")
    assert again.reason == "the challenge was not answered: status 404"
    assert (again.failures, after_challenge(again, Answer(404), False, NOON + 2, 1).failures) == (1, 2)
    given_up = after_challenge(again, Answer(None, "no answer"), False, NOON + VERIFY_SECONDS, 1)
    assert given_up == replace(
        WEBHOOK,
        state=WebhookState.UNVERIFIED,
        reason="the challenge was not answered: no answer",
        due_at=NOON + VERIFY_SECONDS,
    )


def test_a_challenge_is_given_up_as_soon_as_it_could_not_be_repeated_in_time() -> None:
    waiting = challenged(WEBHOOK, "token", NOON)
    assert after_challenge(waiting, Answer(404), False, NOON + VERIFY_SECONDS - 3, 1).challenge == "token"
    assert after_challenge(waiting, Answer(404), False, NOON + VERIFY_SECONDS - 2, 1).challenge is None


def test_a_receiver_that_wants_to_be_left_alone_is_challenged_again_after_that() -> None:
    waiting = challenged(WEBHOOK, "token", NOON)
    assert after_challenge(waiting, Answer(503, retry_after=30), False, NOON, 0).due_at == NOON + 30


def test_a_receiver_that_says_gone_is_disabled_at_once() -> None:
    gone = after(WEBHOOK, [Answer(410)], NOON, 0, patience=100)
    assert (gone.state, gone.reason) == (WebhookState.DISABLED, "its receiver said 410: gone")


def test_a_receiver_that_keeps_failing_is_disabled_and_the_reason_says_how() -> None:
    failing = after(WEBHOOK, [Answer(500)], NOON, 0, patience=100)
    assert (failing.state, failing.failing_since, failing.due_at) == (WebhookState.ENABLED, NOON, NOON)
    still = after(failing, [Answer(None, "no answer within 10 s")], NOON + 99, 0, patience=100)
    assert (still.state, still.due_at) == (WebhookState.ENABLED, NOON + 100)
    over = after(still, [Answer(503)], NOON + 100, 0, patience=100)
    assert (over.state, over.reason) == (WebhookState.DISABLED, "it has failed for 100 s: status 503")


def test_a_receiver_that_works_again_has_not_failed() -> None:
    failing = replace(WEBHOOK, failures=3, failing_since=NOON - 99)
    assert after(failing, [Answer(204)], NOON, 0, patience=100) == WEBHOOK


def test_a_receiver_is_left_alone_as_long_as_it_wants() -> None:
    assert after(WEBHOOK, [Answer(503, retry_after=77)], NOON, 0, patience=100).due_at == NOON + 77


def test_a_receiver_that_has_failed_for_too_long_is_disabled_without_another_answer() -> None:
    over = after(replace(WEBHOOK, failing_since=NOON - 100), [], NOON, 0, patience=100)
    assert (over.state, over.reason) == (WebhookState.DISABLED, "it has failed for 100 s: no answer")


def test_a_webhook_that_nothing_was_said_to_is_free_again() -> None:
    assert after(replace(WEBHOOK, due_at=NOON + 30), [], NOON + 1, 0, patience=100).due_at == NOON + 1
