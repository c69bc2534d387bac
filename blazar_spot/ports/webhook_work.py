# SPDX-License-Identifier: Apache-2.0
"""What a unit of work of ``store`` can do with webhooks, subscriptions and deliveries."""

from collections.abc import Iterable, Sequence
from typing import Protocol

from blazar_spot.core.deliveries import Delivery, DeliveryState
from blazar_spot.core.webhooks import Subscription, Webhook, WebhookState


class WebhookWork(Protocol):
    """The part of a transaction that is about webhooks. ``put`` is as in ``store.Work``."""

    def webhook(self, webhook_id: str) -> Webhook | None:
        """This webhook, if there is one."""

    def webhooks(self, project_ids: Iterable[str] | None = None) -> Sequence[Webhook]:
        """The webhooks of these projects or of all, by id."""

    def webhooks_from(
        self, project_id: str | None, state: WebhookState | None, after: str, limit: int
    ) -> Sequence[Webhook]:
        """The first so many webhooks of this project or of all, in this state or in any, with an id behind this one,
        by id."""

    def line_up(self, project_id: str) -> None:
        """Whoever does this for the same project waits until this unit of work is over, and then sees what it wrote.
        It has to be the first thing that a unit of work does."""

    def webhooks_to_serve(self, now: int, limit: int) -> Sequence[Webhook]:
        """The first so many webhooks that are due and have something to be told: a delivery that is due if they are
        enabled, a challenge if they are not verified. Those whose receivers have failed least come first, then those
        that were due first, then by id."""

    def put_webhook(self, webhook: Webhook) -> Webhook:
        """Store a webhook."""

    def drop_webhook(self, webhook_id: str) -> None:
        """Forget a webhook with its subscriptions and deliveries; one that is gone already is no error."""

    def subscriptions(self, webhook_ids: Iterable[str]) -> Sequence[Subscription]:
        """The subscriptions of these webhooks, by id."""

    def put_subscription(self, subscription: Subscription) -> Subscription:
        """Store a subscription."""

    def drop_subscription(self, subscription_id: str) -> None:
        """Forget a subscription; one that is gone already is no error."""

    def deliveries_due(self, webhook_id: str, now: int, limit: int) -> Sequence[Delivery]:
        """The first so many pending deliveries of this webhook that are due, by writing, revision and id."""

    def subjects_waiting(self, webhook_id: str, now: int) -> frozenset[str]:
        """The subjects of the pending deliveries of this webhook that are not due yet."""

    def delivery(self, delivery_id: str) -> Delivery | None:
        """This delivery, if it is known."""

    def deliveries(
        self, webhook_id: str, state: DeliveryState | None, before: Delivery | None, limit: int
    ) -> Sequence[Delivery]:
        """The first so many deliveries of this webhook, in this state or in any, the last written first; only those
        behind this one, if one is given."""

    def put_deliveries(self, deliveries: Sequence[Delivery]) -> Sequence[Delivery]:
        """Store deliveries, all in a few statements."""

    def abandon_deliveries(self, webhook_id: str, now: int) -> None:
        """Give up all pending deliveries of this webhook."""
