# SPDX-License-Identifier: Apache-2.0
"""The real API, reached through a real session of keystoneauth that needs no network.

Its "network" hands a request to the application in this process. What Keystone's middleware would find out about a
token is written on the request here: a token is the words that ``served`` has for one of its callers.
"""

import io
from collections.abc import Mapping
from typing import Any

import requests
from keystoneauth1.session import Session
from keystoneauth1.token_endpoint import Token
from requests.adapters import BaseAdapter
from webob import Request

from blazar_spot.client import Client
from tests.unit.api.served import OURS, App

ADDRESS = "http://spot.example/v1"


class InProcess(BaseAdapter):
    """Carries requests to an application, and remembers what was asked."""

    def __init__(self, app: App, caller: Mapping[str, str]) -> None:
        super().__init__()
        self._app = app
        self._caller = caller
        self.asked: list[str] = []

    def send(self, request: requests.PreparedRequest, *_more: Any, **_kept: Any) -> requests.Response:
        body = request.body.encode() if isinstance(request.body, str) else request.body or b""
        headers = {**request.headers, **self._caller}
        said = Request.blank(request.url, method=request.method, headers=headers, body=body).get_response(self._app)
        self.asked.append(f"{request.method} {request.path_url}")
        answer = requests.Response()
        answer.status_code, answer.url, answer.request = said.status_int, request.url or "", request
        answer.headers.update(said.headers)
        answer.raw = io.BytesIO(said.body)
        return answer

    def close(self) -> None:
        """Nothing is open."""


def session(app: App, caller: Mapping[str, str] = OURS) -> tuple[Session, InProcess]:
    """The session of this caller, and the way that it takes."""
    network = InProcess(app, caller)
    http = requests.Session()
    http.mount("http://", network)
    return Session(auth=Token(ADDRESS, "a token"), session=http), network


def reached(app: App, caller: Mapping[str, str] = OURS) -> Client:
    """The client of this caller."""
    return Client(session(app, caller)[0])
