# SPDX-License-Identifier: Apache-2.0
"""What the service answers, in words for a type checker; a test holds them to the API's own document.

They are plain dictionaries, just as they come. Instants are in ISO 8601, UTC. ``NotRequired`` is what only some see.
"""

from typing import Any, NotRequired, TypedDict


class Event(TypedDict):
    """What is coming to one instance, from the decision to the end."""

    id: str
    revision: int
    state: str
    instance_id: str
    instance_name: str
    project_id: str
    flavor: str
    host: NotRequired[str]
    decided_at: str
    not_before: str
    given_at: str | None
    acknowledged_at: str | None
    is_ready: bool


class Subscription(TypedDict):
    """What a webhook wants to hear of; an empty list stands for all."""

    id: str
    created_at: str
    event_types: list[str]
    flavors: list[str]
    instances: list[str]
    tags: list[str]


class Webhook(TypedDict):
    """A URL that is told of the events of its project."""

    id: str
    project_id: str
    name: str
    url: str
    state: str
    reason: str
    created_at: str
    verified_at: str | None
    failing_since: str | None
    old_secret_until: str | None
    subscriptions: list[Subscription]


class WebhookWithSecret(Webhook):
    """A webhook at the one moment when its secret can be read."""

    secret: str


class Delivery(TypedDict):
    """One message on its way to a webhook, or what became of it."""

    id: str
    webhook_id: str
    type: str
    subject: str
    time: str
    data: dict[str, Any]
    state: str
    written_at: str
    expires_at: str
    tries: int
    tried_at: str | None
    next_try_at: str | None
    done_at: str | None
    status: int | None
    response: str


class Flavor(TypedDict):
    """Whether a flavor consumes the spot pools as it should."""

    id: str
    name: str
    is_preemptible: bool
    min_uptime_seconds: int | None
    notice_seconds: int | None
    missing: dict[str, str]
    remarks: list[str]


class Engine(TypedDict):
    """An engine's last sign of life."""

    id: str
    host: str
    pid: int
    mode: str
    started_at: str
    beat_at: str
    worked_at: str | None
    failing_since: str | None
    is_silent: bool


class Switch(TypedDict):
    """Whether evictions are paused."""

    is_paused: bool
    paused_at: str | None
    reason: str
