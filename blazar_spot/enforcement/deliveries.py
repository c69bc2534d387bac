# SPDX-License-Identifier: Apache-2.0
"""Speaks to the receivers of webhooks: takes one webhook, tells it what is due, and writes down what it said.

A webhook is taken by a write that only one can do, so its receiver hears one thing at a time, and is lost with whoever
took it for some seconds at most. What was said is written down after it was said: a receiver may hear something again,
with the same id, but nothing is lost. Who is told what was decided before (``sorting``); threads are ``bearers``'.
"""

import hmac
import json
import logging
import uuid
from collections.abc import Callable, Sequence
from random import SystemRandom

from blazar_spot.core.deliveries import KEEP_SECONDS, Answer, Delivery, abandoned, delivery, next_ones, tried
from blazar_spot.core.errors import BadUrl, StaleVersion, Unreachable
from blazar_spot.core.messages import DISABLED, Message, challenge, disabled
from blazar_spot.core.webhooks import Webhook, WebhookState, after, after_challenge, taken, wanting
from blazar_spot.ports.clock import Clock
from blazar_spot.ports.courier import Courier
from blazar_spot.ports.envelopes import Envelopes
from blazar_spot.ports.keyring import Keyring
from blazar_spot.ports.store import Store, Work

LOG = logging.getLogger(__name__)

AT_ONCE = 20
SPEAK_SECONDS = 10
"""After this nothing new is begun, so that the last try ends while the webhook is still held."""
TRIES_TO_WRITE = 3
ANY_CHANCE = SystemRandom().random


class Deliveries:
    """Tells receivers what is due. Used by many threads at once."""

    def __init__(
        self,
        store: Store,
        courier: Courier,
        envelopes: Envelopes,
        keyring: Keyring,
        clock: Clock,
        patience: int,
        chance: Callable[[], float] = ANY_CHANCE,
    ) -> None:
        self._store = store
        self._courier = courier
        self._envelopes = envelopes
        self._keyring = keyring
        self._clock = clock
        self._patience = patience
        self._chance = chance

    def waiting(self, limit: int) -> Sequence[Webhook]:
        """The first so many webhooks that may be served now, those that take what they are told before others."""
        with self._store.begin() as work:
            return work.webhooks_to_serve(self._clock.now(), limit)

    def serve(self, webhook: Webhook) -> int:
        """Tell this webhook what is due, if nobody else does; with how many deliveries that was."""
        now = self._clock.now()
        try:
            with self._store.begin() as work:
                held = work.put_webhook(taken(webhook, now))
                due = next_ones(work.deliveries_due(held.id, now, AT_ONCE), work.subjects_waiting(held.id, now))
        except StaleVersion:
            return 0  # somebody else tells it, or it was changed
        if held.state is WebhookState.UNVERIFIED:
            self._challenge(held)
            return 0
        told, answers = self._tell(held, due)
        self._write_down(held, told, answers)
        return len(told)

    def _tell(self, webhook: Webhook, due: Sequence[Delivery]) -> tuple[list[Delivery], list[Answer]]:
        """What has become of the deliveries that were come to, and what was said to them."""
        told: list[Delivery] = []
        answers: list[Answer] = []
        held_up: set[str] = set()
        end = self._clock.now() + SPEAK_SECONDS
        for one in due:
            now = self._clock.now()
            if now > end or (answers and (answers[-1].is_of_the_receiver or answers[-1].is_gone)):
                break
            if one.subject in held_up:
                continue
            if now >= one.expires_at:
                told.append(abandoned(one, now))
                continue
            answers.append(self._say(webhook, one.message))
            told.append(tried(one, answers[-1], self._clock.now(), self._chance()))
            if not answers[-1].is_good:
                held_up.add(one.subject)
        return told, answers

    def _say(self, webhook: Webhook, message: Message) -> Answer:
        now = self._clock.now()
        secrets = [self._keyring.opened(sealed) for sealed in webhook.secrets_at(now)]
        headers, body = self._envelopes.wrapped(message, secrets, now)
        try:
            answer = self._courier.post(webhook.url, headers, body)
        except (Unreachable, BadUrl) as error:
            answer = Answer(None, str(error))
        if not answer.is_good:
            LOG.info("Webhook %s does not take %s: %s", webhook.id, message.id, answer.in_words)
        return answer

    def _challenge(self, held: Webhook) -> None:
        token = held.challenge or ""
        now = self._clock.now()
        answer = self._say(held, challenge(f"{held.id}-{held.verify_until}", held.id, token, now))
        is_right = answer.is_good and _repeats(answer.excerpt, token)

        def settle(work: Work, fresh: Webhook) -> None:
            work.put_webhook(after_challenge(fresh, answer, is_right, self._clock.now(), self._chance()))

        self._if_still_held(held, settle)

    def _write_down(self, held: Webhook, told: Sequence[Delivery], answers: Sequence[Answer]) -> None:
        chance = self._chance()

        def settle(work: Work, fresh: Webhook) -> None:
            now = self._clock.now()
            work.put_deliveries(told)
            settled = work.put_webhook(after(fresh, answers, now, chance, self._patience))
            if settled.state is WebhookState.DISABLED:
                self._say_farewell(work, settled, now)

        self._if_still_held(held, settle)
        for one in told:
            if one.done_at is not None and one.tried_at != one.done_at:
                LOG.warning("Webhook %s was not told %s before its time was over", held.id, one.message.id)

    def _if_still_held(self, held: Webhook, settle: Callable[[Work, Webhook], None]) -> None:
        """Whoever changed the webhook in the meantime is right; only its name and secrets may change while it is held.
        What was said to it by somebody who does not hold it any more is said again."""
        for _ in range(TRIES_TO_WRITE):
            try:
                with self._store.begin() as work:
                    fresh = work.webhook(held.id)
                    if fresh is not None and fresh.due_at == held.due_at:
                        settle(work, fresh)
                return
            except StaleVersion as error:
                LOG.info("Webhook %s was changed at the same time: %s", held.id, error)

    def _say_farewell(self, work: Work, webhook: Webhook, now: int) -> None:
        """The webhook is not told anything any more; the project's others are told that."""
        LOG.warning("Webhook %s of project %s is disabled: %s", webhook.id, webhook.project_id, webhook.reason)
        work.abandon_deliveries(webhook.id, now)
        message = disabled(uuid.uuid4().hex, webhook.id, webhook.name, webhook.reason, now)
        others = work.webhooks([webhook.project_id])
        told = wanting(others, work.subscriptions([one.id for one in others]), DISABLED, None)
        work.put_deliveries([delivery(message, one.id, one.project_id, now, now + KEEP_SECONDS) for one in told])


def _repeats(text: str, token: str) -> bool:
    """Whether the receiver has said the token that it was sent."""
    try:
        said = json.loads(text)
    except (ValueError, RecursionError):
        return False
    found = said.get("challenge") if isinstance(said, dict) else None
    return isinstance(found, str) and hmac.compare_digest(found.encode(), token.encode())
