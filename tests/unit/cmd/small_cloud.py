# SPDX-License-Identifier: Apache-2.0
"""Nova and Placement of a cloud without hosts, on a real port: they answer, wait until they are let, or hang."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

ANSWERS: dict[str, object] = {
    "/resource_classes": {"resource_classes": []},
    "/resource_providers": {"resource_providers": []},
    "/servers/detail": {"servers": []},
    "/flavors/detail": {"flavors": []},
    "/os-aggregates": {"aggregates": [{"id": 1, "name": "freepool", "availability_zone": None, "hosts": []}]},
}
PATIENCE_SECONDS = 60


class SmallCloud:
    """``asked`` are the paths in their order. A path in ``held`` is answered when ``let`` is set."""

    def __init__(self) -> None:
        self.url = ""
        self.asked: list[str] = []
        self.held: set[str] = set()
        self.is_held = threading.Event()
        self.let = threading.Event()

    def answer(self, path: str) -> object:
        self.asked.append(path)
        if path in self.held:
            self.is_held.set()
            self.let.wait(PATIENCE_SECONDS)
        return ANSWERS[path]


@contextmanager
def running() -> Iterator[SmallCloud]:
    """One that answers until the block ends."""
    cloud = SmallCloud()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            body = json.dumps(cloud.answer(urlsplit(self.path).path)).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Nobody reads it."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        server.block_on_close = False
        cloud.url = f"http://127.0.0.1:{server.server_address[1]}"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            yield cloud
        finally:
            cloud.let.set()
            server.shutdown()
            thread.join()
