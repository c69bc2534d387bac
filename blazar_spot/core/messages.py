# SPDX-License-Identifier: Apache-2.0
"""Messages: what a webhook is sent, before it is put into the words of any protocol.

A message says the same however often it is sent, and its id is the same then. What may be subscribed to is here;
who has subscribed is for ``webhooks``.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from blazar_spot.core.events import Event, News
from blazar_spot.core.instants import iso

Value = str | int

DISABLED = "spot.webhook.disabled"
PING = "spot.webhook.ping"
CHALLENGE = "spot.webhook.challenge"


def type_of(news: News) -> str:
    """What kind of message tells this news."""
    return f"spot.notice.{news}"


TYPES = (*map(type_of, News), DISABLED)
"""What may be subscribed to."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One piece of news; ``subject`` is the id of the instance or of the webhook that it is about."""

    id: str
    type: str
    subject: str
    at: int
    data: Mapping[str, Value]


def of_event(event: Event) -> Message:
    """The message that tells this event. The name of the host is nobody's business but the operator's."""
    return Message(
        id=event.id,
        type=type_of(event.news),
        subject=event.instance_id,
        at=event.at,
        data={
            "id": event.incident,
            "revision": event.revision,
            "instance_id": event.instance_id,
            "instance_name": event.instance_name,
            "project_id": event.project_id,
            "flavor": event.flavor,
            "decided_at": iso(event.decided_at),
            "not_before": iso(event.deadline_at),
        },
    )


def challenge(message_id: str, webhook_id: str, token: str, at: int) -> Message:
    """The message that a receiver must answer with the same token."""
    return Message(id=message_id, type=CHALLENGE, subject=webhook_id, at=at, data={"challenge": token})


def ping(message_id: str, webhook_id: str, at: int) -> Message:
    """The message of a test."""
    return Message(id=message_id, type=PING, subject=webhook_id, at=at, data={"webhook_id": webhook_id})


def disabled(message_id: str, webhook_id: str, name: str, reason: str, at: int) -> Message:
    """The message that one of the project's other webhooks is disabled."""
    data = {"webhook_id": webhook_id, "name": name, "reason": reason}
    return Message(id=message_id, type=DISABLED, subject=webhook_id, at=at, data=data)
