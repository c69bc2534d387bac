#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A small receiver of blazar-spot's webhooks: checks, takes each message once, and answers the challenge.

Needs ``standardwebhooks`` and nothing else. Put it behind something that speaks TLS:

    WEBHOOK_SECRET=whsec_... python receiver.py 8080

What to do with a message is ``handle``'s; here it is printed, one line of JSON each.
"""

import json
import os
import sys
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Lock
from typing import Any

from standardwebhooks import Webhook, WebhookVerificationError

LARGEST_BODY = 64 * 1024
REMEMBERED = 10_000
CHALLENGE = "spot.webhook.challenge"


class Receiver:
    """Takes messages. Thread-safe; what was taken is remembered in memory only, so keep ids in a database if a message
    must not be handled twice after a restart."""

    def __init__(self, secret: str, handle: Callable[[dict[str, Any]], None]) -> None:
        self._webhook = Webhook(secret)
        self._handle = handle
        self._taken: dict[str, None] = {}
        self._lock = Lock()

    def take(self, headers: dict[str, str], body: bytes) -> tuple[int, dict[str, str]]:
        """The status and the JSON of the answer. The check refuses what was signed more than five minutes ago."""
        try:
            event = self._webhook.verify(body, headers)
        except (WebhookVerificationError, ValueError):
            return 401, {"error": "the signature does not fit"}
        if event["type"] == CHALLENGE:
            return 200, {"challenge": event["data"]["challenge"]}
        with self._lock:  # one after the other: the same message may come twice at the same time
            if event["id"] not in self._taken:
                self._handle(event)
                self._remember(event["id"])
        return 200, {}

    def _remember(self, message_id: str) -> None:
        self._taken[message_id] = None
        if len(self._taken) > REMEMBERED:
            del self._taken[next(iter(self._taken))]


def server(receiver: Receiver, port: int) -> ThreadingHTTPServer:
    """The receiver on this port of loopback."""

    class Handler(BaseHTTPRequestHandler):
        timeout = 10  # seconds without a byte, after which a caller is sent away

        def do_POST(self) -> None:
            length = self.headers.get("Content-Length", "")
            if not length.isdecimal() or int(length) > LARGEST_BODY:
                self._answer(413, {"error": "the body is too large, or of no known length"})
                return
            self._answer(*receiver.take(dict(self.headers.items()), self.rfile.read(int(length))))

        def _answer(self, status: int, content: dict[str, str]) -> None:
            body = json.dumps(content).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    return ThreadingHTTPServer(("127.0.0.1", port), Handler)


def main() -> None:
    """Print what is told until interrupted."""
    receiver = Receiver(os.environ["WEBHOOK_SECRET"], lambda event: print(json.dumps(event), flush=True))
    with server(receiver, int(sys.argv[1])) as serving:
        serving.serve_forever()


if __name__ == "__main__":
    main()
