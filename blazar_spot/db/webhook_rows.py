# SPDX-License-Identifier: Apache-2.0
"""The SQL behind ``ports.webhook_work``: webhooks, their subscriptions and their deliveries."""

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import Select, and_, delete, or_, select, update

from blazar_spot.core.deliveries import Delivery, DeliveryState
from blazar_spot.core.webhooks import Subscription, Webhook, WebhookState
from blazar_spot.db.rows import Rows
from blazar_spot.db.tables import deliveries, subscriptions, webhooks

_IS_PENDING = deliveries.c.state == DeliveryState.PENDING


class WebhookRows(Rows):
    """What can be read and written of webhooks in one transaction."""

    def webhook(self, webhook_id: str) -> Webhook | None:
        found = self._all(Webhook, select(webhooks).where(webhooks.c.id == webhook_id))
        return found[0] if found else None

    def webhooks(self, project_ids: Iterable[str] | None = None) -> Sequence[Webhook]:
        query = select(webhooks)
        if project_ids is not None:
            query = query.where(webhooks.c.project_id.in_(list(project_ids)))
        return self._all(Webhook, query.order_by(webhooks.c.id))

    def webhooks_from(
        self, project_id: str | None, state: WebhookState | None, after: str, limit: int
    ) -> Sequence[Webhook]:
        query = select(webhooks).where(webhooks.c.id > after)
        if project_id is not None:
            query = query.where(webhooks.c.project_id == project_id)
        if state is not None:
            query = query.where(webhooks.c.state == state)
        return self._all(Webhook, query.order_by(webhooks.c.id).limit(limit))

    def line_up(self, project_id: str) -> None:
        self._count([f"webhooks of {project_id}"])

    def webhooks_to_serve(self, now: int, limit: int) -> Sequence[Webhook]:
        told = select(deliveries.c.webhook_id).where(_IS_PENDING, deliveries.c.due_at <= now)
        is_asked_for = or_(
            and_(webhooks.c.state == WebhookState.ENABLED, webhooks.c.id.in_(told)),
            and_(webhooks.c.state == WebhookState.UNVERIFIED, webhooks.c.challenge.is_not(None)),
        )
        query = select(webhooks).where(webhooks.c.due_at <= now, is_asked_for)
        return self._all(Webhook, query.order_by(webhooks.c.failures, webhooks.c.due_at, webhooks.c.id).limit(limit))

    def put_webhook(self, webhook: Webhook) -> Webhook:
        return self._put(webhooks, webhook)

    def drop_webhook(self, webhook_id: str) -> None:
        self._connection.execute(delete(deliveries).where(deliveries.c.webhook_id == webhook_id))
        self._connection.execute(delete(subscriptions).where(subscriptions.c.webhook_id == webhook_id))
        self._connection.execute(delete(webhooks).where(webhooks.c.id == webhook_id))

    def subscriptions(self, webhook_ids: Iterable[str]) -> Sequence[Subscription]:
        of_webhooks = select(subscriptions).where(subscriptions.c.webhook_id.in_(list(webhook_ids)))
        return self._all(Subscription, of_webhooks.order_by(subscriptions.c.id))

    def put_subscription(self, subscription: Subscription) -> Subscription:
        return self._put(subscriptions, subscription)

    def drop_subscription(self, subscription_id: str) -> None:
        self._connection.execute(delete(subscriptions).where(subscriptions.c.id == subscription_id))

    def deliveries_due(self, webhook_id: str, now: int, limit: int) -> Sequence[Delivery]:
        due = select(deliveries).where(deliveries.c.webhook_id == webhook_id, _IS_PENDING, deliveries.c.due_at <= now)
        in_order = due.order_by(deliveries.c.written_at, deliveries.c.revision, deliveries.c.id)
        return self._all(Delivery, in_order.limit(limit))

    def subjects_waiting(self, webhook_id: str, now: int) -> frozenset[str]:
        of_webhook = select(deliveries.c.subject).where(deliveries.c.webhook_id == webhook_id)
        waiting = of_webhook.where(_IS_PENDING, deliveries.c.due_at > now)
        return frozenset(self._connection.execute(waiting).scalars())

    def delivery(self, delivery_id: str) -> Delivery | None:
        found = self._all(Delivery, select(deliveries).where(deliveries.c.id == delivery_id))
        return found[0] if found else None

    def deliveries(
        self, webhook_id: str, state: DeliveryState | None, before: Delivery | None, limit: int
    ) -> Sequence[Delivery]:
        query: Select[Any] = select(deliveries).where(deliveries.c.webhook_id == webhook_id)
        if state is not None:
            query = query.where(deliveries.c.state == state)
        if before is not None:
            same = and_(deliveries.c.written_at == before.written_at, deliveries.c.id < before.id)
            query = query.where(or_(deliveries.c.written_at < before.written_at, same))
        return self._all(Delivery, query.order_by(deliveries.c.written_at.desc(), deliveries.c.id.desc()).limit(limit))

    def put_deliveries(self, several: Sequence[Delivery]) -> Sequence[Delivery]:
        return self._put_all(deliveries, several)

    def abandon_deliveries(self, webhook_id: str, now: int) -> None:
        pending = update(deliveries).where(deliveries.c.webhook_id == webhook_id, _IS_PENDING)
        self._connection.execute(
            pending.values(state=DeliveryState.ABANDONED, done_at=now, version=deliveries.c.version + 1)
        )
