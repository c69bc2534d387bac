# SPDX-License-Identifier: Apache-2.0
"""/v1/webhooks: the URLs of a project that are told of what is coming."""

from typing import Any

import falcon

from blazar_spot.api import policies
from blazar_spot.api.asking import asked
from blazar_spot.api.paging import following
from blazar_spot.core.instants import iso
from blazar_spot.core.webhooks import Subscription, Webhook, WebhookState
from blazar_spot.enforcement.webhooks import Held, Webhooks


def rendered(held: Held, secret: str | None = None) -> dict[str, Any]:
    """The webhook as those outside see it, with its secret only when that has just been made."""
    webhook = held.webhook
    shown: dict[str, Any] = {
        "id": webhook.id,
        "project_id": webhook.project_id,
        "name": webhook.name,
        "url": webhook.url,
        "state": webhook.state.value,
        "reason": webhook.reason,
        "created_at": iso(webhook.created_at),
        "verified_at": _iso(webhook.verified_at),
        "failing_since": _iso(webhook.failing_since),
        "old_secret_until": _iso(webhook.old_secret_until),
        "subscriptions": [_subscription(one) for one in held.subscriptions],
    }
    return {"webhook": shown if secret is None else shown | {"secret": secret}}


def _subscription(subscription: Subscription) -> dict[str, Any]:
    return {
        "id": subscription.id,
        "created_at": iso(subscription.created_at),
        "event_types": list(subscription.event_types),
        "flavors": list(subscription.flavors),
        "instances": list(subscription.instances),
        "tags": list(subscription.tags),
    }


def _iso(instant: int | None) -> str | None:
    return None if instant is None else iso(instant)


def seen(webhooks: Webhooks, req: falcon.Request, webhook_id: str, rule: str | None = None) -> Webhook:
    """The webhook, if the caller may see it; 403 if they may see it but not do this with it."""
    caller = asked(req).caller
    webhook = webhooks.get(webhook_id).webhook
    caller.must_see(policies.SHOW_WEBHOOK, webhook.project_id, "webhook")
    if rule is not None:
        caller.must(rule, webhook.project_id)
    return webhook


class WebhooksHandler:
    """All webhooks of a project, and new ones."""

    def __init__(self, webhooks: Webhooks) -> None:
        self._webhooks = webhooks

    def on_get(self, req: falcon.Request, resp: falcon.Response) -> None:
        caller, query = asked(req).caller, asked(req).query
        of_all = query["all_projects"]
        caller.must(policies.LIST_WEBHOOKS_OF_ALL if of_all else policies.LIST_WEBHOOKS)
        state = None if query["state"] is None else WebhookState(query["state"])
        limit = query["limit"]
        found = self._webhooks.page(None if of_all else caller.project_id, state, query["marker"] or "", limit + 1)
        links = [following(req, found[limit - 1].webhook.id)] if len(found) > limit else []
        resp.media = {"webhooks": [rendered(one)["webhook"] for one in found[:limit]], "links": links}

    def on_post(self, req: falcon.Request, resp: falcon.Response) -> None:
        caller, body = asked(req).caller, asked(req).body
        caller.must(policies.CREATE_WEBHOOK)
        wanted = body.get("subscriptions", [{}])
        held, secret = self._webhooks.create(caller.project_id, body["name"], body["url"], wanted)
        resp.status = falcon.HTTP_201
        resp.location = f"{req.path}/{held.webhook.id}"
        resp.media = rendered(held, secret)


class WebhookHandler:
    """One webhook."""

    def __init__(self, webhooks: Webhooks) -> None:
        self._webhooks = webhooks

    def on_get(self, req: falcon.Request, resp: falcon.Response, webhook_id: str) -> None:
        seen(self._webhooks, req, webhook_id)
        resp.media = rendered(self._webhooks.get(webhook_id))

    def on_patch(self, req: falcon.Request, resp: falcon.Response, webhook_id: str) -> None:
        seen(self._webhooks, req, webhook_id, policies.UPDATE_WEBHOOK)
        body = asked(req).body
        changed = self._webhooks.update(webhook_id, body.get("name"), body.get("url"), body.get("is_enabled"))
        resp.media = rendered(changed)

    def on_delete(self, req: falcon.Request, resp: falcon.Response, webhook_id: str) -> None:
        seen(self._webhooks, req, webhook_id, policies.DELETE_WEBHOOK)
        self._webhooks.delete(webhook_id)
        resp.status = falcon.HTTP_204


class SecretHandler:
    """A new secret."""

    def __init__(self, webhooks: Webhooks) -> None:
        self._webhooks = webhooks

    def on_post(self, req: falcon.Request, resp: falcon.Response, webhook_id: str) -> None:
        seen(self._webhooks, req, webhook_id, policies.ROTATE_WEBHOOK)
        held, secret = self._webhooks.rotate(webhook_id)
        resp.media = rendered(held, secret)


class SubscriptionsHandler:
    """New subscriptions."""

    def __init__(self, webhooks: Webhooks) -> None:
        self._webhooks = webhooks

    def on_post(self, req: falcon.Request, resp: falcon.Response, webhook_id: str) -> None:
        seen(self._webhooks, req, webhook_id, policies.UPDATE_WEBHOOK)
        resp.status = falcon.HTTP_201
        resp.media = {"subscription": _subscription(self._webhooks.subscribe(webhook_id, asked(req).body))}


class SubscriptionHandler:
    """One subscription."""

    def __init__(self, webhooks: Webhooks) -> None:
        self._webhooks = webhooks

    def on_delete(self, req: falcon.Request, resp: falcon.Response, webhook_id: str, subscription_id: str) -> None:
        seen(self._webhooks, req, webhook_id, policies.UPDATE_WEBHOOK)
        self._webhooks.unsubscribe(webhook_id, subscription_id)
        resp.status = falcon.HTTP_204
