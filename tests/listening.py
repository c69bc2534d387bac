# SPDX-License-Identifier: Apache-2.0
"""Listening on the message bus as any other service does, by oslo.messaging's own listener."""

import queue
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import oslo_messaging
from oslo_config import cfg


@dataclass(frozen=True)
class Heard:
    """One message."""

    publisher: str
    event_type: str
    payload: Any
    message_id: str
    timestamp: str

    @property
    def data(self) -> Any:
        """What a versioned payload has to tell."""
        return self.payload["blazar_spot_object.data"]


@contextmanager
def listening(conf: cfg.ConfigOpts, *, transport_url: str, exchange: str, topic: str) -> Iterator["queue.Queue[Heard]"]:
    """What is said there while the block runs; a real bus keeps what was said before, too."""
    said: queue.Queue[Heard] = queue.Queue()

    class Ear:
        def info(self, _context: Any, publisher: str, event_type: str, payload: Any, meta: Any) -> None:
            said.put(Heard(publisher, event_type, payload, meta["message_id"], meta["timestamp"]))

    transport = oslo_messaging.get_notification_transport(conf, url=transport_url)
    target = oslo_messaging.Target(exchange=exchange, topic=topic)
    listener = oslo_messaging.get_notification_listener(transport, [target], [Ear()], executor="threading")
    listener.start()
    try:
        yield said
    finally:
        listener.stop()
        listener.wait()
