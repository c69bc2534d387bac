# SPDX-License-Identifier: Apache-2.0
"""The connection to a place that a stranger has named: guarded, and over when its time or its bytes are used up.

A name is asked for once. Every address that it leads to must be allowed, and one of these very addresses is connected
to: a name that leads elsewhere the next time gains nothing. The proxies of the environment are not used.
"""

import socket
from collections.abc import Callable, Iterable, Sequence
from ipaddress import ip_address
from queue import Empty, SimpleQueue
from ssl import SSLContext
from threading import Thread
from typing import Any

import httpcore

from blazar_spot.adapters.destinations import Address, Rules
from blazar_spot.adapters.system_clock import Countdown
from blazar_spot.core.errors import BadUrl

Resolve = Callable[..., Sequence[tuple[Any, ...]]]
"""As ``socket.getaddrinfo``."""

ADDRESSES_TRIED = 3
MOST_BYTES = 32 * 1024
"""How much is read of an answer, its headers and TLS included: whoever says more is not listened to."""


class Guard(httpcore.NetworkBackend):
    """Connects for one request."""

    def __init__(self, rules: Rules, countdown: Countdown, resolve: Resolve) -> None:
        self._rules = rules
        self._countdown = countdown
        self._resolve = resolve
        self._plain = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        addresses = self._addresses(host, port)[:ADDRESSES_TRIED]
        for others, address in zip(range(len(addresses) - 1, -1, -1), addresses, strict=True):
            seconds = _left(self._countdown, httpcore.ConnectTimeout) / (others + 1)
            try:
                stream = self._plain.connect_tcp(str(address), port, seconds, socket_options=socket_options or ())
            except (httpcore.ConnectError, httpcore.ConnectTimeout):
                if not others:
                    raise
            else:
                return Bounded(stream, self._countdown)
        raise httpcore.ConnectError("the name leads to no address")

    def _addresses(self, host: str, port: int) -> list[Address]:
        found = [ip_address(entry[4][0]) for entry in self._looked_up(host, port)]
        if not all(self._rules.lets_through(address) for address in found):
            raise BadUrl("The URL's host leads to an address that is not public.")
        return list(dict.fromkeys(found))

    def _looked_up(self, host: str, port: int) -> Sequence[tuple[Any, ...]]:
        """What the resolver says, if it says it in time: it knows no timeout, and its servers may be a stranger's."""
        said: SimpleQueue[Sequence[tuple[Any, ...]] | OSError] = SimpleQueue()

        def ask() -> None:
            try:
                said.put(self._resolve(host, port, type=socket.SOCK_STREAM))
            except OSError as error:
                said.put(error)

        Thread(target=ask, daemon=True).start()
        try:
            answer = said.get(timeout=_left(self._countdown, httpcore.ConnectTimeout))
        except Empty as error:
            raise httpcore.ConnectTimeout("the name was not resolved in time") from error
        if isinstance(answer, OSError):
            raise httpcore.ConnectError("the name cannot be resolved") from answer
        return answer


class Bounded(httpcore.NetworkStream):
    """A stream whose every step has only the time that is left for all of them, and that reads so much and no more."""

    def __init__(self, stream: httpcore.NetworkStream, countdown: Countdown) -> None:
        self._stream = stream
        self._countdown = countdown
        self._bytes_left = MOST_BYTES

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        if not self._bytes_left:
            raise httpcore.ReadError("it says more than is listened to")
        seconds = _left(self._countdown, httpcore.ReadTimeout)
        if timeout is not None:
            seconds = min(seconds, timeout)
        said = self._stream.read(min(max_bytes, self._bytes_left), seconds)
        self._bytes_left -= len(said)
        return said

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._stream.write(buffer, _left(self._countdown, httpcore.WriteTimeout))

    def start_tls(
        self, ssl_context: SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        seconds = _left(self._countdown, httpcore.ConnectTimeout)
        return Bounded(self._stream.start_tls(ssl_context, server_hostname, seconds), self._countdown)

    def close(self) -> None:
        self._stream.close()

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)


def _left(countdown: Countdown, error: type[httpcore.TimeoutException]) -> float:
    seconds = countdown.left()
    if not seconds:
        raise error("its time is used up")
    return seconds
