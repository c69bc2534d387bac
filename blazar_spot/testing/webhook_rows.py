# SPDX-License-Identifier: Apache-2.0
"""``ports.webhook_work.WebhookWork`` in memory."""

from collections.abc import Iterable, Sequence

from blazar_spot.core.deliveries import Delivery, DeliveryState, abandoned, order
from blazar_spot.core.webhooks import Subscription, Webhook, WebhookState
from blazar_spot.testing.rows import FakeRows


class FakeWebhookRows(FakeRows):
    """The rows of webhooks."""

    def webhook(self, webhook_id: str) -> Webhook | None:
        return self.rows.webhooks.get(webhook_id)

    def webhooks(self, project_ids: Iterable[str] | None = None) -> Sequence[Webhook]:
        wanted = None if project_ids is None else set(project_ids)
        found = (one for one in self.rows.webhooks.values() if wanted is None or one.project_id in wanted)
        return sorted(found, key=lambda one: one.id)

    def webhooks_from(
        self, project_id: str | None, state: WebhookState | None, after: str, limit: int
    ) -> Sequence[Webhook]:
        of_project = self.webhooks(None if project_id is None else [project_id])
        return [one for one in of_project if one.id > after and state in (None, one.state)][:limit]

    def line_up(self, project_id: str) -> None:
        """There is one unit of work at a time."""

    def webhooks_to_serve(self, now: int, limit: int) -> Sequence[Webhook]:
        told = {one.webhook_id for one in self.rows.deliveries.values() if _is_pending(one) and one.due_at <= now}
        asked_for = (
            one
            for one in self.rows.webhooks.values()
            if (one.state is WebhookState.ENABLED and one.id in told)
            or (one.state is WebhookState.UNVERIFIED and one.challenge is not None)
        )
        due = (one for one in asked_for if one.due_at <= now)
        return sorted(due, key=lambda one: (one.failures, one.due_at, one.id))[:limit]

    def put_webhook(self, webhook: Webhook) -> Webhook:
        return self._put(self.rows.webhooks, webhook)

    def drop_webhook(self, webhook_id: str) -> None:
        self.writes += self.rows.webhooks.pop(webhook_id, None) is not None
        self.rows.subscriptions = {
            one.id: one for one in self.rows.subscriptions.values() if one.webhook_id != webhook_id
        }
        self.rows.deliveries = {one.id: one for one in self.rows.deliveries.values() if one.webhook_id != webhook_id}

    def subscriptions(self, webhook_ids: Iterable[str]) -> Sequence[Subscription]:
        wanted = set(webhook_ids)
        found = (one for one in self.rows.subscriptions.values() if one.webhook_id in wanted)
        return sorted(found, key=lambda one: one.id)

    def put_subscription(self, subscription: Subscription) -> Subscription:
        return self._put(self.rows.subscriptions, subscription)

    def drop_subscription(self, subscription_id: str) -> None:
        self.writes += self.rows.subscriptions.pop(subscription_id, None) is not None

    def deliveries_due(self, webhook_id: str, now: int, limit: int) -> Sequence[Delivery]:
        return sorted((one for one in self._pending(webhook_id) if one.due_at <= now), key=order)[:limit]

    def subjects_waiting(self, webhook_id: str, now: int) -> frozenset[str]:
        return frozenset(one.subject for one in self._pending(webhook_id) if one.due_at > now)

    def delivery(self, delivery_id: str) -> Delivery | None:
        return self.rows.deliveries.get(delivery_id)

    def deliveries(
        self, webhook_id: str, state: DeliveryState | None, before: Delivery | None, limit: int
    ) -> Sequence[Delivery]:
        of_webhook = (one for one in self.rows.deliveries.values() if one.webhook_id == webhook_id)
        found = (one for one in of_webhook if state is None or one.state is state)
        behind = (one for one in found if before is None or _place(one) < _place(before))
        return sorted(behind, key=_place, reverse=True)[:limit]

    def put_deliveries(self, deliveries: Sequence[Delivery]) -> Sequence[Delivery]:
        return [self._put(self.rows.deliveries, delivery) for delivery in deliveries]

    def abandon_deliveries(self, webhook_id: str, now: int) -> None:
        for one in self._pending(webhook_id):
            self._put(self.rows.deliveries, abandoned(one, now))

    def _pending(self, webhook_id: str) -> list[Delivery]:
        return [one for one in self.rows.deliveries.values() if one.webhook_id == webhook_id and _is_pending(one)]


def _is_pending(delivery: Delivery) -> bool:
    return delivery.state is DeliveryState.PENDING


def _place(delivery: Delivery) -> tuple[int, str]:
    return delivery.written_at, delivery.id
