# SPDX-License-Identifier: Apache-2.0
"""The metadata service as a guest sees it.

A guest's request reaches Nova through Neutron's proxy, which says in signed headers whose it is. There is
no Neutron here, so this room signs. Nova itself cannot tell the difference.
"""

import hashlib
import hmac
import http.client
import json
import threading
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

from blazar_spot.devcloud.site import PASSWORD, Site


def read_metadata(site: Site, server_id: str, project_id: str, document: str = "meta_data.json") -> dict[str, Any]:
    """The server's meta_data.json, or another document."""
    url = f"{site.url('nova-metadata')}/openstack/latest/{document}"
    request = urllib.request.Request(url, headers=_signed(server_id, project_id))
    with urllib.request.urlopen(request, timeout=30) as response:
        answer: dict[str, Any] = json.load(response)
    return answer


@contextmanager
def as_guest(site: Site, server_id: str, project_id: str) -> Iterator[str]:
    """What 169.254.169.254 is for this server: a URL at which each answer is Nova's, its headers and status too."""
    nova = urlsplit(site.url("nova-metadata"))

    class Proxy(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            connection = http.client.HTTPConnection(nova.netloc, timeout=30)
            connection.request("GET", self.path, headers=_signed(server_id, project_id))
            response = connection.getresponse()
            body = response.read()
            self.send_response_only(response.status)
            for name in ("Date", "Content-Type"):
                self.send_header(name, response.headers.get(name, ""))
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)
            connection.close()

        def log_message(self, format: str, *arguments: Any) -> None:  # noqa: A002 - its parent's name
            """Nova has a log of its own."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Proxy) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/openstack/latest"
        finally:
            server.shutdown()
            thread.join()


def _signed(server_id: str, project_id: str) -> dict[str, str]:
    return {
        "X-Instance-ID": server_id,
        "X-Tenant-ID": project_id,
        "X-Instance-ID-Signature": hmac.new(PASSWORD.encode(), server_id.encode(), hashlib.sha256).hexdigest(),
        "X-Forwarded-For": "169.254.169.254",
    }
