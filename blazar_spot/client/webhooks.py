# SPDX-License-Identifier: Apache-2.0
"""Webhooks with their subscriptions, and the deliveries to them."""

from collections.abc import Iterator, Mapping, Sequence
from typing import cast

from blazar_spot.client.documents import Delivery, Subscription, Webhook, WebhookWithSecret
from blazar_spot.client.door import Door, path

Filters = Mapping[str, Sequence[str]]
"""What a subscription is limited to: ``event_types``, ``flavors``, ``instances``, ``tags``."""


class Webhooks:
    """The URLs of a project that are told."""

    def __init__(self, door: Door) -> None:
        self._door = door

    def list(
        self, *, state: str | None = None, all_projects: bool = False, limit: int | None = None
    ) -> Iterator[Webhook]:
        """By id."""
        query = {"state": state, "all_projects": all_projects or None}
        return self._door.items("webhooks", "webhooks", query, limit)

    def get(self, webhook_id: str) -> Webhook:
        return cast(Webhook, self._door.get(path("webhooks", webhook_id))["webhook"])

    def create(self, name: str, url: str, subscriptions: Sequence[Filters] | None = None) -> WebhookWithSecret:
        """With a subscription to everything if none is given. The secret is never shown again."""
        body = {"name": name, "url": url}
        wanted = {} if subscriptions is None else {"subscriptions": [dict(one) for one in subscriptions]}
        return cast(WebhookWithSecret, self._door.post("webhooks", body | wanted)["webhook"])

    def update(
        self, webhook_id: str, *, name: str | None = None, url: str | None = None, is_enabled: bool | None = None
    ) -> Webhook:
        """What is None stays as it is."""
        changes = {"name": name, "url": url, "is_enabled": is_enabled}
        body = {key: value for key, value in changes.items() if value is not None}
        return cast(Webhook, self._door.patch(path("webhooks", webhook_id), body)["webhook"])

    def delete(self, webhook_id: str) -> None:
        self._door.delete(path("webhooks", webhook_id))

    def rotate(self, webhook_id: str) -> WebhookWithSecret:
        """A new secret; the one before is good for a while yet."""
        return cast(WebhookWithSecret, self._door.post(path("webhooks", webhook_id, "secret"), None)["webhook"])

    def ping(self, webhook_id: str) -> Delivery:
        """A test, which is on its way then."""
        return cast(Delivery, self._door.post(path("webhooks", webhook_id, "ping"), None)["delivery"])

    def subscribe(self, webhook_id: str, filters: Filters) -> Subscription:
        answer = self._door.post(path("webhooks", webhook_id, "subscriptions"), dict(filters))
        return cast(Subscription, answer["subscription"])

    def unsubscribe(self, webhook_id: str, subscription_id: str) -> None:
        self._door.delete(path("webhooks", webhook_id, "subscriptions", subscription_id))


class Deliveries:
    """What one webhook was told."""

    def __init__(self, door: Door) -> None:
        self._door = door

    def list(self, webhook_id: str, *, state: str | None = None, limit: int | None = None) -> Iterator[Delivery]:
        """The last written first."""
        return self._door.items(path("webhooks", webhook_id, "deliveries"), "deliveries", {"state": state}, limit)

    def get(self, webhook_id: str, delivery_id: str) -> Delivery:
        return cast(Delivery, self._door.get(path("webhooks", webhook_id, "deliveries", delivery_id))["delivery"])

    def redeliver(self, webhook_id: str, delivery_id: str) -> Delivery:
        """Once more, with the same id."""
        where = path("webhooks", webhook_id, "deliveries", delivery_id, "redeliver")
        return cast(Delivery, self._door.post(where, None)["delivery"])
