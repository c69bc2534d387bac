# SPDX-License-Identifier: Apache-2.0
"""``Announcements``: the channel of versioned notifications on the message bus, in the form of all OpenStack services.

oslo.messaging's notifier logs that the bus is away and forgets the message: at most once. News of a notice is sent at
least once, so this uses the step below the notifier, and tells what fails there to whoever tries again. A bus that is
away is an answer, too: it is not waited for.
"""

import socket
import uuid
from typing import Any

from blazar_spot.adapters.bus import oslo_messaging, transport
from blazar_spot.core.errors import Unreachable
from blazar_spot.core.events import Event
from blazar_spot.core.instants import iso, to_datetime

PRIORITY = "info"
ENVELOPE = 2.0
"""The version of oslo.messaging's envelope around each message."""
VERSION = "1.1"
"""The version of the payload: its second part counts additions, its first changes that may break a reader."""


class Announcements:
    """Speaks on a topic of the bus."""

    def __init__(self, conf: Any, *, transport_url: str, exchange: str, topic: str) -> None:
        self._transport = transport(conf, transport_url, "messaging")
        self._target = oslo_messaging.Target(exchange=exchange, topic=f"{topic}.{PRIORITY}")
        self._publisher = f"blazar-spot-engine:{socket.gethostname()}"

    def send(self, event: Event) -> None:
        message = {
            "message_id": str(uuid.uuid5(uuid.NAMESPACE_OID, event.id)),
            "publisher_id": self._publisher,
            "event_type": event_type(event),
            "priority": PRIORITY.upper(),
            "payload": payload(event),
            "timestamp": str(to_datetime(event.at).replace(tzinfo=None)),
        }
        try:
            self._transport._send_notification(self._target, {}, message, version=ENVELOPE, retry=0)
        except Exception as error:  # of the driver's own library as well, when the bus hangs
            raise Unreachable(f"the message bus: {error}") from error


def event_type(event: Event) -> str:
    """What listeners filter by."""
    return f"spot.notice.{event.news}"


def payload(event: Event) -> dict[str, Any]:
    """What is told, with a name and a version, as Nova's versioned notifications have them."""
    return {
        "blazar_spot_object.name": "NoticePayload",
        "blazar_spot_object.namespace": "blazar_spot",
        "blazar_spot_object.version": VERSION,
        "blazar_spot_object.data": {
            "event_id": event.id,
            "incident": event.incident,
            "revision": event.revision,
            "news": str(event.news),
            "instance_uuid": event.instance_id,
            "instance_name": event.instance_name,
            "tenant_id": event.project_id,
            "flavor": event.flavor,
            "host": event.host,
            "decided_at": iso(event.decided_at),
            "deadline_at": iso(event.deadline_at),
            "acknowledged_at": None if event.acknowledged_at is None else iso(event.acknowledged_at),
            "is_ready": event.is_ready,
        },
    }
