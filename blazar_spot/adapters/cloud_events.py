# SPDX-License-Identifier: Apache-2.0
"""``ports.envelopes.Envelopes``: CloudEvents 1.0 as structured JSON, signed as Standard Webhooks says."""

from collections.abc import Mapping, Sequence

from cloudevents.core.formats.json import JSONFormat
from cloudevents.core.v1.event import CloudEvent
from standardwebhooks import Webhook

from blazar_spot.core.instants import to_datetime
from blazar_spot.core.messages import Message


class CloudEvents:
    """Says in each message which cloud it comes from: ``source``, a URI."""

    def __init__(self, source: str) -> None:
        self._source = source
        self._format = JSONFormat()

    def wrapped(self, message: Message, secrets: Sequence[str], at: int) -> tuple[Mapping[str, str], bytes]:
        body = self._format.write(self._event(message))
        signed_at, text = to_datetime(at), body.decode()
        headers = {
            "Content-Type": f"{self._format.get_content_type()}; charset=utf-8",
            "User-Agent": "blazar-spot",
            "Webhook-Id": message.id,
            "Webhook-Timestamp": str(at),
            "Webhook-Signature": " ".join(Webhook(secret).sign(message.id, signed_at, text) for secret in secrets),
        }
        return headers, body

    def _event(self, message: Message) -> CloudEvent:
        attributes = {
            "specversion": "1.0",
            "id": message.id,
            "source": self._source,
            "type": message.type,
            "subject": message.subject,
            "time": to_datetime(message.at),
            "datacontenttype": "application/json",
        }
        return CloudEvent(attributes, dict(message.data))
