# SPDX-License-Identifier: Apache-2.0
"""/v1/webhooks/{webhook_id}/deliveries: what a webhook was told, what it said to that, and telling it again."""

from typing import Any

import falcon

from blazar_spot.api import policies
from blazar_spot.api.asking import asked
from blazar_spot.api.handlers.webhooks import seen
from blazar_spot.api.paging import following
from blazar_spot.core.deliveries import Delivery, DeliveryState
from blazar_spot.core.instants import iso
from blazar_spot.enforcement.webhooks import Webhooks


def rendered(delivery: Delivery) -> dict[str, Any]:
    """The delivery as those outside see it, known by its message's id."""
    message = delivery.message
    return {
        "id": message.id,
        "webhook_id": delivery.webhook_id,
        "type": message.type,
        "subject": delivery.subject,
        "time": iso(message.at),
        "data": dict(message.data),
        "state": delivery.state.value,
        "written_at": iso(delivery.written_at),
        "expires_at": iso(delivery.expires_at),
        "tries": delivery.tries,
        "tried_at": _iso(delivery.tried_at),
        "next_try_at": iso(delivery.due_at) if delivery.state is DeliveryState.PENDING else None,
        "done_at": _iso(delivery.done_at),
        "status": delivery.status,
        "response": delivery.response,
    }


def _iso(instant: int | None) -> str | None:
    return None if instant is None else iso(instant)


class DeliveriesHandler:
    """The list, the last one first."""

    def __init__(self, webhooks: Webhooks) -> None:
        self._webhooks = webhooks

    def on_get(self, req: falcon.Request, resp: falcon.Response, webhook_id: str) -> None:
        seen(self._webhooks, req, webhook_id, policies.LIST_DELIVERIES)
        query = asked(req).query
        state = None if query["state"] is None else DeliveryState(query["state"])
        limit = query["limit"]
        found = self._webhooks.deliveries(webhook_id, state, query["marker"], limit + 1)
        links = [following(req, found[limit - 1].message.id)] if len(found) > limit else []
        resp.media = {"deliveries": [rendered(one) for one in found[:limit]], "links": links}


class PingHandler:
    """A test."""

    def __init__(self, webhooks: Webhooks) -> None:
        self._webhooks = webhooks

    def on_post(self, req: falcon.Request, resp: falcon.Response, webhook_id: str) -> None:
        seen(self._webhooks, req, webhook_id, policies.PING_WEBHOOK)
        resp.status = falcon.HTTP_202
        resp.media = {"delivery": rendered(self._webhooks.ping(webhook_id))}


class DeliveryHandler:
    """One delivery."""

    def __init__(self, webhooks: Webhooks) -> None:
        self._webhooks = webhooks

    def on_get(self, req: falcon.Request, resp: falcon.Response, webhook_id: str, delivery_id: str) -> None:
        seen(self._webhooks, req, webhook_id, policies.LIST_DELIVERIES)
        resp.media = {"delivery": rendered(self._webhooks.delivery(webhook_id, delivery_id))}


class RedeliveryHandler:
    """Once more."""

    def __init__(self, webhooks: Webhooks) -> None:
        self._webhooks = webhooks

    def on_post(self, req: falcon.Request, resp: falcon.Response, webhook_id: str, delivery_id: str) -> None:
        seen(self._webhooks, req, webhook_id, policies.REDELIVER)
        resp.status = falcon.HTTP_202
        resp.media = {"delivery": rendered(self._webhooks.redeliver(webhook_id, delivery_id))}
