# SPDX-License-Identifier: Apache-2.0
"""A Keystone on a port of this machine that knows some tokens: enough for Keystone's own middleware."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any


class _Answers(BaseHTTPRequestHandler):
    """Takes every password, and every token but one that is made up; it is a member's of the project of that name."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: "FakeKeystone"

    def do_GET(self) -> None:
        if self.path.startswith("/v3/auth/tokens"):
            known = self.headers["X-Subject-Token"] != "made up"
            self._answer(200 if known else 404, self._token(self.headers["X-Subject-Token"]))
        else:
            port = self.server.server_port
            links = [{"rel": "self", "href": f"http://127.0.0.1:{port}/v3/"}]
            self._answer(200, {"version": {"id": "v3.14", "status": "stable", "links": links}})

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self._answer(201, self._token("service"), {"X-Subject-Token": "service"})

    def _token(self, project: str) -> dict[str, Any]:
        port = self.server.server_port
        endpoint = {"id": "1", "interface": "internal", "region": "R", "url": f"http://127.0.0.1:{port}/v3"}
        domain = {"id": "default", "name": "Default"}
        token = {
            "methods": ["password"],
            "user": {"id": f"user of {project}", "name": project, "domain": domain},
            "project": {"id": project, "name": project, "domain": domain},
            "roles": [{"id": "1", "name": "member"}, {"id": "2", "name": "reader"}],
            "catalog": [{"type": "identity", "name": "keystone", "endpoints": [endpoint]}],
            "issued_at": "2026-01-01T00:00:00.000000Z",
            "expires_at": "2999-01-01T00:00:00.000000Z",
        }
        return {"token": token}

    def _answer(self, status: int, content: dict[str, Any], headers: dict[str, str] | None = None) -> None:
        data = json.dumps(content if not self.server.is_ill else {}).encode()
        self.send_response(503 if self.server.is_ill else status)
        for name, value in {"Content-Type": "application/json", **(headers or {})}.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, format: str, *arguments: Any) -> None:  # noqa: A002 - its parent's name
        """Tests say nothing."""


class FakeKeystone(ThreadingHTTPServer):
    """Answers while it is served; 503 while ``is_ill``."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Answers)
        self.is_ill = False

    @property
    def settings(self) -> str:
        return token_checks(self.server_port)


def token_checks(port: int) -> str:
    """What a service that checks tokens at this port has in its configuration file."""
    return f"""
[keystone_authtoken]
auth_type = password
auth_url = http://127.0.0.1:{port}/v3
username = spot
password = secret
project_name = service
user_domain_name = Default
project_domain_name = Default
www_authenticate_uri = https://keystone.example/v3
http_request_max_retries = 0
"""


@contextmanager
def keystone() -> Iterator[FakeKeystone]:
    """One that is served by a thread."""
    with FakeKeystone() as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()
