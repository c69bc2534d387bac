# SPDX-License-Identifier: Apache-2.0
"""What a guest sees of its cloud, on a port of this machine: a metadata service that can be told what to say, and the
real API over a store in memory, behind a Keystone that knows one application credential."""

import json
import socket
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from email.utils import formatdate
from socketserver import ThreadingMixIn
from threading import Thread
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

from blazar_spot.adapters.system_clock import SystemClock
from blazar_spot.core.notice import metadata
from blazar_spot.core.promises import Notice, NoticeState
from blazar_spot.testing.store import FakeStore
from tests.unit.api.served import made, put_incident, token, use_cases

GUEST = "instance-a"
SECRET = "application secret"


class _Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True


class _Quiet(WSGIRequestHandler):
    def log_message(self, format: str, *arguments: Any) -> None:  # noqa: A002 - its parent's name
        """Tests say nothing."""


class GuestsCloud:
    """Keeps one instance and its notice; what is asked of it is remembered."""

    def __init__(self) -> None:
        self.store = FakeStore()
        self.clock = SystemClock()
        self.vendordata: dict[str, Any] = {"static": {}, "spot": {}}
        self.meta: dict[str, Any] = {}
        self.is_ill = False
        self.skew = 0
        self.asked: list[str] = []
        self.tokens = 0
        self._api = made(use_cases(self.store, self.clock))
        self._server = make_server("127.0.0.1", 0, self._answer, _Server, _Quiet)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self.metadata_url = f"{self.url}/openstack/latest"

    def schedule(self, seconds: int = 900) -> Notice:
        """The engine decides that the instance has to end so long from now."""
        put_incident(self.store, "a", decided_at=self.clock.now())
        return self.change(deadline_at=self.clock.now() + seconds)

    def change(self, **fields: Any) -> Notice:
        """What it changes later; the server's metadata follow."""
        with self.store.begin() as work:
            [notice] = self.store.notices
            [notice] = work.put_notices([replace(notice, **fields, revision=notice.revision + 1)])
            work.count_news([notice.project_id])
        self.meta = metadata(notice) if notice.state is NoticeState.SCHEDULED else {}
        return notice

    def withdraw(self) -> Notice:
        return self.change(state=NoticeState.WITHDRAWN)

    @contextmanager
    def served(self) -> Iterator["GuestsCloud"]:
        thread = Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        thread.start()
        try:
            yield self
        finally:
            self._server.shutdown()
            thread.join()
            self._server.server_close()

    def _answer(self, environ: dict[str, Any], start: Any) -> Iterable[bytes]:
        path = environ["PATH_INFO"]
        self.asked.append(f"{path}?{environ['QUERY_STRING']}".rstrip("?"))
        if self.is_ill:
            return self._say(start, "503 Service Unavailable", {})
        if path == "/openstack/latest/meta_data.json":
            return self._say(start, "200 OK", {"uuid": GUEST, "meta": self.meta})
        if path == "/openstack/latest/vendor_data2.json":
            return self._say(start, "200 OK", self.vendordata)
        if path == "/v3/auth/tokens":
            return self._token(environ, start)
        is_known = environ.get("HTTP_X_AUTH_TOKEN") == f"token {self.tokens}"
        return self._api({**environ, **(_identity() if is_known else {})}, start)

    def _token(self, environ: dict[str, Any], start: Any) -> Iterable[bytes]:
        asked = json.loads(environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"])))["auth"]["identity"]
        if asked["application_credential"] != {"id": "guest", "secret": SECRET}:
            return self._say(start, "401 Unauthorized", {})
        self.tokens += 1
        return self._say(start, "201 Created", {}, {"X-Subject-Token": f"token {self.tokens}"})

    def _say(self, start: Any, status: str, content: Any, headers: dict[str, str] | None = None) -> Iterable[bytes]:
        told = {"Content-Type": "application/json", **(headers or {})}
        if self.skew:
            told["Date"] = formatdate(self.clock.now() + self.skew, usegmt=True)
        start(status, list(told.items()))
        return [json.dumps(content).encode()]


def _identity() -> dict[str, str]:
    """A member's of the project, as Keystone's middleware says it."""
    return {f"HTTP_{name.upper().replace('-', '_')}": value for name, value in token("ours").items()}


@contextmanager
def speaking(*sent: bytes, pause: float = 0, then_wait: bool = False) -> Iterator[str]:
    """The URL of a server that says this to whoever connects, piece by piece with pauses, whatever it is asked."""
    listener = socket.create_server(("127.0.0.1", 0))
    listener.settimeout(0.05)
    open_ones: list[socket.socket] = []
    clock, is_over = SystemClock(), False

    def speak(one: socket.socket) -> None:
        try:
            for piece in sent:
                one.sendall(piece)
                if pause:
                    clock.wait(pause)
            if not then_wait:
                one.shutdown(socket.SHUT_WR)
        except OSError:
            pass  # it was tired of listening

    def serve() -> None:
        while not is_over:
            try:
                one, _ = listener.accept()
            except TimeoutError:
                continue
            open_ones.append(one)
            Thread(target=speak, args=(one,), daemon=True).start()

    thread = Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        is_over = True
        thread.join()
        for one in [*open_ones, listener]:
            one.close()
