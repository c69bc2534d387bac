# SPDX-License-Identifier: Apache-2.0
"""A stand-in for the network service, not a network: it has nothing of anything, and makes nothing.

Nova asks the network endpoint for ports and security groups even of servers without a network, and for a
quota if none was said. Every GET is answered with an empty collection or a quota without limits, everything
else is refused with 501.
"""

import json
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from blazar_spot.devcloud.ports import LOOPBACK


def nothing(path: str) -> dict[str, object]:
    """The empty answer for a path: /v2.0/security-groups?x=y gives {"security_groups": []}."""
    parent, _, name = path.partition("?")[0].rstrip("/").rpartition("/")
    if parent.endswith("/quotas"):
        return {"quota": {}}
    return {name.removesuffix(".json").replace("-", "_") or "versions": []}


class Nothing(BaseHTTPRequestHandler):
    """Answers as an empty network service would."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self._answer(200, nothing(self.path))

    def _refuse(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self._answer(501, {"message": "this cloud has no network service, only a stand-in"})

    do_POST = do_PUT = do_DELETE = do_PATCH = _refuse

    def _answer(self, status: int, body: object) -> None:
        data = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)


def main() -> None:
    ThreadingHTTPServer((LOOPBACK, int(sys.argv[1])), Nothing).serve_forever()


if __name__ == "__main__":
    main()
