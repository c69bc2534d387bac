# SPDX-License-Identifier: Apache-2.0
"""``ports.courier.Courier`` over HTTP: one POST, one answer, within one bound of time.

Where may be sent to is for ``destinations``, and ``guard`` holds the connection to it.
"""

import logging
import re
import socket
import ssl
from collections.abc import Mapping
from email.utils import parsedate_to_datetime

import httpcore

from blazar_spot.adapters.destinations import Rules, Target
from blazar_spot.adapters.guard import Guard, Resolve
from blazar_spot.adapters.system_clock import Countdown
from blazar_spot.core.deliveries import Answer
from blazar_spot.core.errors import Permanent, Unreachable
from blazar_spot.core.instants import from_datetime
from blazar_spot.ports.clock import Clock

LOG = logging.getLogger(__name__)

EXCERPT_BYTES = 1024
EXCERPT_SECONDS = 2
"""How long the rest of an answer is waited for whose status is there: a receiver has no reason to take its time."""
LONGEST_RETRY_AFTER = 3600

_INVISIBLE = re.compile(r"[^\n\t\x20-\x7e\xa0-\ud7ff\ue000-\U0010ffff]")


def trusting(ca_file: str | None) -> ssl.SSLContext:
    """TLS that trusts the authorities in this file, or else the machine's; ``Permanent`` if they cannot be read."""
    try:
        return ssl.create_default_context(cafile=ca_file)
    except OSError as error:
        raise Permanent(f"ca_file in [webhooks] cannot be read: {error}") from error


class HttpCourier:
    """Posts, each time over a connection of its own."""

    def __init__(
        self,
        rules: Rules,
        clock: Clock,
        seconds: int,
        tls: ssl.SSLContext | None = None,
        resolve: Resolve = socket.getaddrinfo,
    ) -> None:
        self._rules = rules
        self._clock = clock
        self._seconds = seconds
        self._tls = tls or trusting(None)
        self._resolve = resolve

    def check(self, url: str) -> None:
        self._rules.target(url)

    def post(self, url: str, headers: Mapping[str, str], body: bytes) -> Answer:
        target = self._rules.target(url)
        try:
            return self._posted(target, headers, body)
        except httpcore.TimeoutException as error:
            raise Unreachable(f"no answer within {self._seconds} s") from error
        except (httpcore.NetworkError, httpcore.ProtocolError) as error:
            raise Unreachable(f"no answer: {_visible(str(error) or type(error).__name__)[:200]}") from error

    def _posted(self, target: Target, headers: Mapping[str, str], body: bytes) -> Answer:
        countdown = Countdown(self._seconds)
        guard = Guard(self._rules, countdown, self._resolve)
        url = httpcore.URL(scheme=target.scheme, host=target.host, port=target.port, target=target.path)
        with (
            httpcore.HTTPConnection(url.origin, ssl_context=self._tls, network_backend=guard) as connection,
            connection.stream("POST", url, headers=list(headers.items()), content=body) as response,
        ):
            countdown.shorten(EXCERPT_SECONDS)
            said = {name.lower(): value for name, value in response.headers}
            return Answer(
                status=response.status,
                excerpt=_excerpt(response),
                retry_after=self._seconds_of(said.get(b"retry-after", b"").decode("latin-1").strip()),
            )

    def _seconds_of(self, retry_after: str) -> int | None:
        """What the header says, in seconds or as a date; None if it is neither."""
        try:
            seconds = (
                int(retry_after[:9])
                if retry_after.isdecimal()
                else from_datetime(parsedate_to_datetime(retry_after)) - self._clock.now()
            )
        except (ValueError, OverflowError):
            return None
        return min(max(seconds, 0), LONGEST_RETRY_AFTER)


def _excerpt(response: httpcore.Response) -> str:
    """The beginning of the body. One that breaks off or never ends was an answer all the same."""
    said = b""
    try:
        for piece in response.iter_stream():
            said += piece
            if len(said) >= EXCERPT_BYTES:
                break
    except (httpcore.TimeoutException, httpcore.NetworkError, httpcore.ProtocolError) as error:
        LOG.debug("An answer broke off: %s", error)
    return _visible(said[:EXCERPT_BYTES].decode("utf-8", "replace"))


def _visible(text: str) -> str:
    """Without what would do something where it is shown or stored."""
    return _INVISIBLE.sub("\N{REPLACEMENT CHARACTER}", text)
