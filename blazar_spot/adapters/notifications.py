# SPDX-License-Identifier: Apache-2.0
"""``NovaHints``: the Hints port over Nova's versioned notifications.

The queue is our own, by the name of its pool, so nobody else loses a message to us. Connecting takes as long as the
broker needs and keeps nobody waiting. What a notification says beyond "a spot instance has changed" is not used: the
engine looks for itself.
"""

import logging
import threading
from collections.abc import Callable, Mapping
from typing import Any

from blazar_spot.adapters.bus import oslo_messaging, transport
from blazar_spot.core.flavors import is_preemptible

LOG = logging.getLogger(__name__)

EVENTS = r"^instance\.[a-z_]+\.(end|error)$"
"""The ends of what is done to instances; their beginnings are followed by these."""


class NovaHints:
    """Listens on the message bus that Nova notifies on. ``conf`` has the options of the bus's own driver."""

    def __init__(self, conf: Any, *, transport_url: str, exchange: str, topic: str, pool: str) -> None:
        self._transport = transport(conf, transport_url, "notifications")
        self._target = oslo_messaging.Target(exchange=exchange, topic=topic)
        self._pool = pool

    def listen(self, wake: Callable[[], None]) -> None:
        listener = oslo_messaging.get_notification_listener(
            self._transport, [self._target], [_Ear(wake)], executor="threading", pool=self._pool
        )
        threading.Thread(target=_start, args=(listener, wake), name="hints", daemon=True).start()


class _Ear:
    """What oslo.messaging calls, one method for each priority that is heard."""

    filter_rule = oslo_messaging.NotificationFilter(event_type=EVENTS)

    def __init__(self, wake: Callable[[], None]) -> None:
        self._wake = wake

    def info(self, _context: object, _publisher: str, event: str, payload: Mapping[str, Any], _meta: object) -> None:
        if _is_spot(payload):
            LOG.debug("A hint: %s", event)
            self._wake()

    error = info


def _start(listener: Any, wake: Callable[[], None]) -> None:
    """Waits until the broker can be reached; afterwards oslo.messaging connects again by itself."""
    try:
        listener.start()
        LOG.info("Listening to Nova's notifications")
        wake()  # for what was not heard before
    except Exception:
        LOG.exception("There will be no hints until the next start; the engine looks as often as it is told to")


def _is_spot(payload: Mapping[str, Any]) -> bool:
    """Whether it is about a spot instance; Nova tells the flavor, with its extra specs, in all of these."""
    try:
        return is_preemptible(payload["nova_object.data"]["flavor"]["nova_object.data"]["extra_specs"])
    except (KeyError, TypeError):
        return False
