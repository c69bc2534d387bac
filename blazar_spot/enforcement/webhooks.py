# SPDX-License-Identifier: Apache-2.0
"""What the owners of webhooks do with them. Nobody is spoken to here: ``deliveries`` does that, in the engine.

Who may do it was asked before. A secret is shown once, when it is made, and stored sealed.
"""

import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from blazar_spot.core.deliveries import Delivery, DeliveryState, delivery, repeated
from blazar_spot.core.errors import NotFound, NotNow, OverQuota, StaleVersion
from blazar_spot.core.messages import PING, ping
from blazar_spot.core.webhooks import Subscription, Webhook, WebhookState, challenged
from blazar_spot.ports.clock import Clock
from blazar_spot.ports.courier import Courier
from blazar_spot.ports.keyring import Keyring
from blazar_spot.ports.store import Store, Work

Result = TypeVar("Result")
Filters = Mapping[str, Sequence[str]]
"""The lists of a subscription, by their names."""

TRIES = 5
PING_SECONDS = 5


@dataclass(frozen=True, slots=True)
class Limits:
    """How much one project may have, and how many seconds an old secret stays valid beside its successor."""

    webhooks: int = 10
    subscriptions: int = 20
    old_secret_for: int = 24 * 3600


@dataclass(frozen=True, slots=True)
class Held:
    """A webhook with what it is subscribed to."""

    webhook: Webhook
    subscriptions: tuple[Subscription, ...]


class Webhooks:
    """The webhooks of all projects. Each method raises ``NotFound`` for what there is not."""

    def __init__(self, store: Store, courier: Courier, keyring: Keyring, clock: Clock, limits: Limits) -> None:
        self._store = store
        self._courier = courier
        self._keyring = keyring
        self._clock = clock
        self._limits = limits

    def create(self, project_id: str, name: str, url: str, subscriptions: Sequence[Filters]) -> tuple[Held, str]:
        """A new webhook, which is told nothing until it has answered its challenge; and its secret."""
        self._courier.check(url)
        secret, now = self._keyring.fresh(), self._clock.now()
        new = Webhook(
            id=uuid.uuid4().hex,
            project_id=project_id,
            name=name,
            url=url,
            secret=self._keyring.sealed(secret),
            state=WebhookState.UNVERIFIED,
            created_at=now,
            due_at=now,
        )
        with self._store.begin() as work:
            work.line_up(project_id)
            if len(work.webhooks([project_id])) >= self._limits.webhooks:
                raise OverQuota(f"A project may have {self._limits.webhooks} webhooks.")
            webhook = work.put_webhook(challenged(new, self._keyring.fresh(), now))
            stored = [self._subscribe(work, webhook, filters) for filters in subscriptions]
        return Held(webhook, tuple(stored)), secret

    def of(self, project_id: str | None) -> list[Held]:
        """The webhooks of this project or of all."""
        with self._store.begin() as work:
            return _all_held(work, work.webhooks(None if project_id is None else [project_id]))

    def page(self, project_id: str | None, state: WebhookState | None, after: str, limit: int) -> list[Held]:
        """The first so many of them, in this state or in any, behind the one with this id."""
        with self._store.begin() as work:
            return _all_held(work, work.webhooks_from(project_id, state, after, limit))

    def get(self, webhook_id: str) -> Held:
        """This webhook."""
        with self._store.begin() as work:
            return _held(work, _found(work, webhook_id))

    def update(self, webhook_id: str, name: str | None, url: str | None, is_enabled: bool | None) -> Held:
        """The webhook after this change. Whoever gets a new URL, or is to be enabled again, is challenged first."""
        if url is not None:
            self._courier.check(url)

        def change(work: Work, webhook: Webhook) -> Held:
            named = webhook if name is None else replace(webhook, name=name)
            return _held(work, work.put_webhook(self._switched(work, named, url, is_enabled)))

        return self._changed(webhook_id, change)

    def delete(self, webhook_id: str) -> None:
        """Forget the webhook with everything about it."""
        with self._store.begin() as work:
            work.drop_webhook(webhook_id)

    def rotate(self, webhook_id: str) -> tuple[Held, str]:
        """A new secret, beside which the one before is valid for a while; an older one is not any more."""
        secret, until = self._keyring.fresh(), self._clock.now() + self._limits.old_secret_for
        sealed = self._keyring.sealed(secret)

        def change(work: Work, webhook: Webhook) -> Held:
            rotated = replace(webhook, secret=sealed, old_secret=webhook.secret, old_secret_until=until)
            return _held(work, work.put_webhook(rotated))

        return self._changed(webhook_id, change), secret

    def reseal(self) -> int:
        """Seal all secrets with the first key, so that the others can go; how many webhooks there are."""

        def change(work: Work, webhook: Webhook) -> None:
            old = webhook.old_secret
            work.put_webhook(
                replace(
                    webhook,
                    secret=self._keyring.sealed(self._keyring.opened(webhook.secret)),
                    old_secret=None if old is None else self._keyring.sealed(self._keyring.opened(old)),
                )
            )

        webhooks = self.of(None)
        for held in webhooks:
            self._changed(held.webhook.id, change)
        return len(webhooks)

    def subscribe(self, webhook_id: str, filters: Filters) -> Subscription:
        """A new subscription of this webhook."""
        project_id = self.get(webhook_id).webhook.project_id
        with self._store.begin() as work:
            work.line_up(project_id)
            return self._subscribe(work, _found(work, webhook_id), filters)

    def unsubscribe(self, webhook_id: str, subscription_id: str) -> None:
        """End this subscription."""
        with self._store.begin() as work:
            if subscription_id not in {one.id for one in work.subscriptions([webhook_id])}:
                raise NotFound("There is no such subscription.")
            work.drop_subscription(subscription_id)

    def ping(self, webhook_id: str) -> Delivery:
        """A message that says nothing, on its way to an enabled webhook; one at a time, so that it cannot be used to
        shower somebody with them."""
        now = self._clock.now()
        with self._store.begin() as work:
            webhook = _enabled(_found(work, webhook_id))
            if any(_is_fresh_ping(one, now) for one in work.deliveries(webhook_id, None, None, 1)):
                raise NotNow(f"A test is still on its way, or was sent less than {PING_SECONDS} s ago.")
            sent = delivery(ping(uuid.uuid4().hex, webhook.id, now), webhook.id, webhook.project_id, now, now + 300)
            return work.put_deliveries([sent])[0]

    def deliveries(
        self, webhook_id: str, state: DeliveryState | None, before: str | None, limit: int
    ) -> Sequence[Delivery]:
        """What this webhook was told or is to be told, the last written first, behind the one of this message."""
        with self._store.begin() as work:
            place = None if before is None else _delivery(work, webhook_id, before)
            return work.deliveries(webhook_id, state, place, limit)

    def delivery(self, webhook_id: str, message_id: str) -> Delivery:
        """The delivery of this message to this webhook."""
        with self._store.begin() as work:
            return _delivery(work, webhook_id, message_id)

    def redeliver(self, webhook_id: str, message_id: str) -> Delivery:
        """Tell an enabled webhook once more, with the same id, what it was told or could not be told."""
        with self._store.begin() as work:
            _enabled(_found(work, webhook_id))
            done = _delivery(work, webhook_id, message_id)
            if done.state is DeliveryState.PENDING:
                raise NotNow("The delivery is still on its way.")
            return work.put_deliveries([repeated(done, self._clock.now())])[0]

    def _switched(self, work: Work, webhook: Webhook, url: str | None, is_enabled: bool | None) -> Webhook:
        now = self._clock.now()
        if is_enabled is False:
            work.abandon_deliveries(webhook.id, now)
            webhook = replace(
                webhook, state=WebhookState.DISABLED, challenge=None, reason="its owner has disabled it", due_at=now
            )
            return webhook if url is None else replace(webhook, url=url)
        moved = webhook if url is None else replace(webhook, url=url)
        is_to_be_enabled = is_enabled is True and webhook.state is not WebhookState.ENABLED
        is_moved = moved.url != webhook.url and webhook.state is not WebhookState.DISABLED
        return challenged(moved, self._keyring.fresh(), now) if is_moved or is_to_be_enabled else moved

    def _subscribe(self, work: Work, webhook: Webhook, filters: Filters) -> Subscription:
        if len(work.subscriptions([webhook.id])) >= self._limits.subscriptions:
            raise OverQuota(f"A webhook may have {self._limits.subscriptions} subscriptions.")
        new = Subscription(
            id=uuid.uuid4().hex,
            webhook_id=webhook.id,
            project_id=webhook.project_id,
            created_at=self._clock.now(),
        )
        lists: dict[str, Any] = {name: tuple(dict.fromkeys(values)) for name, values in filters.items()}
        return work.put_subscription(replace(new, **lists))

    def _changed(self, webhook_id: str, change: Callable[[Work, Webhook], Result]) -> Result:
        """Change it as it is now, again if it was changed by somebody else at the same time."""
        for _ in range(TRIES - 1):
            try:
                return self._changed_once(webhook_id, change)
            except StaleVersion:
                pass
        return self._changed_once(webhook_id, change)

    def _changed_once(self, webhook_id: str, change: Callable[[Work, Webhook], Result]) -> Result:
        with self._store.begin() as work:
            return change(work, _found(work, webhook_id))


def _found(work: Work, webhook_id: str) -> Webhook:
    webhook = work.webhook(webhook_id)
    if webhook is None:
        raise NotFound("There is no such webhook.")
    return webhook


def _all_held(work: Work, webhooks: Sequence[Webhook]) -> list[Held]:
    subscriptions = work.subscriptions([webhook.id for webhook in webhooks])
    return [Held(one, tuple(sub for sub in subscriptions if sub.webhook_id == one.id)) for one in webhooks]


def _is_fresh_ping(delivery: Delivery, now: int) -> bool:
    is_young = now < delivery.written_at + PING_SECONDS
    return delivery.message.type == PING and (is_young or delivery.state is DeliveryState.PENDING)


def _held(work: Work, webhook: Webhook) -> Held:
    return Held(webhook, tuple(work.subscriptions([webhook.id])))


def _enabled(webhook: Webhook) -> Webhook:
    if webhook.state is not WebhookState.ENABLED:
        raise NotNow(f"The webhook is {webhook.state}.")
    return webhook


def _delivery(work: Work, webhook_id: str, message_id: str) -> Delivery:
    found = work.delivery(f"{message_id}/{webhook_id}")
    if found is None:
        raise NotFound("There is no such delivery.")
    return found
