# SPDX-License-Identifier: Apache-2.0
"""One OpenStack service over HTTP, at one pinned microversion, with our errors.

keystoneauth alone, without openstacksdk's resource classes: we make a dozen kinds of calls, want to see each of them
and its microversion in the adapter that makes it, and need the embedded flavor and error codes as they were sent.
"""

from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlencode

from keystoneauth1.adapter import Adapter
from keystoneauth1.exceptions import ConnectFailure
from keystoneauth1.session import Session
from requests import Response

from blazar_spot.adapters.failures import translated

CONNECT_SECONDS = 5.0
ANSWER_SECONDS = 15.0
LIST_SECONDS = 60.0
"""How long to wait for a connection, for an answer about one thing, and for a list of everything; the session's own
bound counts if it is shorter. Without bounds a service that hangs would stop us, too."""


class Rest:
    """Sends requests to one service of the catalog and returns what the answers' bodies say."""

    def __init__(
        self, session: Session, service_type: str, microversion: str, region_name: str | None, interface: str | None
    ) -> None:
        self._service = service_type
        self._most = session.timeout or LIST_SECONDS
        self._adapter = Adapter(
            session,
            service_type=service_type,
            region_name=region_name,
            interface=interface,
            default_microversion=microversion,
        )

    def get(self, path: str, **query: str) -> Any:
        return self._send("GET", _with(path, query))

    def all(self, path: str, **query: str) -> Any:
        """Like ``get``, of a list that is as long as the cloud is large."""
        return self._send("GET", _with(path, query), patience=LIST_SECONDS)

    def post(self, path: str, body: object) -> Any:
        return self._send("POST", path, json=body)

    def put(self, path: str, body: object = None) -> Any:
        return self._send("PUT", path, json=body)

    def delete(self, path: str) -> None:
        self._send("DELETE", path)

    def pages(self, path: str, collection: str, **query: str) -> Iterator[Any]:
        """Every row of a collection, page after page, as long as the service says that there is a next one.

        The first request names no page size: the service's own maximum is the best there is, and Nova keeps silent
        about cells that are down as soon as paging is asked for.
        """
        while True:
            body = self.all(path, **query)
            yield from body[collection]
            if not any(link["rel"] == "next" for link in body.get(f"{collection}_links", ())):
                return
            query["marker"] = body[collection][-1]["id"]

    def _send(self, method: str, path: str, json: object = None, patience: float = ANSWER_SECONDS) -> Any:
        with translated(f"{self._service}: {method} {path}"):
            try:
                response = self._request(method, path, json, patience)
            except ConnectFailure:
                # Kept-alive connections are closed by servers just when they are used again. Asking twice is always
                # right, since every request of ours is idempotent.
                response = self._request(method, path, json, patience)
            return response.json() if response.content else None

    def _request(self, method: str, path: str, json: object, patience: float) -> Response:
        content = {} if json is None else {"json": json}
        bounds = (min(CONNECT_SECONDS, self._most), min(patience, self._most))
        return self._adapter.request(path, method, timeout=bounds, **content)


def _with(path: str, query: Mapping[str, str]) -> str:
    return f"{path}?{urlencode(query)}" if query else path
