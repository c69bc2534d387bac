# SPDX-License-Identifier: Apache-2.0
"""``RabbitBus``: the Bus port. oslo.messaging does not tell who reads a queue, so RabbitMQ itself is asked."""

from typing import Any

from kombu import Connection

from blazar_spot.adapters.bus import oslo_messaging, transport
from blazar_spot.core.errors import Permanent, Unreachable

CONNECT_SECONDS = 5
_NO_SUCH_QUEUE = 404
_TLS = {"ca_certs": "ssl_ca_file", "certfile": "ssl_cert_file", "keyfile": "ssl_key_file"}


class RabbitBus:
    """Each broker of the URL is tried until one answers. ``conf`` has the options of oslo.messaging's driver."""

    def __init__(self, conf: Any, *, transport_url: str, queue: str) -> None:
        self._conf = conf
        self._url = transport_url
        self._queue = queue

    def listeners(self) -> int | None:
        transport(self._conf, self._url, "notifications")  # declares the driver's options, refuses what cannot be used
        url = oslo_messaging.TransportURL.parse(self._conf, self._url)
        trouble: Unreachable | None = None
        for host in url.hosts:
            try:
                return self._readers(host, url.virtual_host or "/")
            except Unreachable as error:
                trouble = error
        raise trouble or Permanent("transport_url in [notifications] names no host")

    def _readers(self, host: Any, virtual_host: str) -> int | None:
        """A queue is only looked for: a passive declaration makes none."""
        connection = self._connection(host, virtual_host)
        try:
            with connection:
                return int(connection.channel().queue_declare(queue=self._queue, passive=True).consumer_count)
        except (*connection.connection_errors, *connection.channel_errors, OSError) as error:
            if getattr(error, "reply_code", None) == _NO_SUCH_QUEUE:
                return None
            said = str(error) or type(error).__name__
            raise Unreachable(f"the message bus at {host.hostname}:{host.port}: {said}") from error

    def _connection(self, host: Any, virtual_host: str) -> Connection:
        rabbit = self._conf.oslo_messaging_rabbit
        files = {name: rabbit[option] for name, option in _TLS.items() if rabbit[option]}
        return Connection(
            hostname=host.hostname,
            port=host.port,
            userid=host.username,
            password=host.password,
            virtual_host=virtual_host,
            transport="pyamqp",
            ssl=rabbit.ssl and (files or True),
            connect_timeout=CONNECT_SECONDS,
        )
