# SPDX-License-Identifier: Apache-2.0
"""The message bus: oslo.messaging on native threads, for those who listen and those who speak.

Whoever imports oslo.messaging from elsewhere first leaves the choice of threads to it, and it would take eventlet.
"""

from contextlib import suppress
from typing import Any

from oslo_service import backend
from oslo_service.backend.exceptions import BackendAlreadySelected

with suppress(BackendAlreadySelected):  # a process that has chosen keeps its choice
    backend.init_backend(backend.BackendType.THREADING)
import oslo_messaging
from oslo_messaging.exceptions import MessagingException

from blazar_spot.core.errors import Permanent

__all__ = ["oslo_messaging", "transport"]


def transport(conf: Any, url: str, group: str) -> Any:
    """The way to the bus at this URL, which stands in this group of the configuration. ``conf`` has the options of the
    bus's own driver. Nothing is connected yet."""
    try:
        return oslo_messaging.get_notification_transport(conf, url=url)
    except MessagingException as error:
        raise Permanent(f"transport_url in [{group}] cannot be used: {error}") from error
