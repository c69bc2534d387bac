# SPDX-License-Identifier: Apache-2.0
"""An HTTP server that is no server: scripted answers for keystoneauth, and a record of what was asked.

Only for what the contract tests cannot provoke on a real cloud: a second page, a cell that is down, a conflict.
"""

import json
from collections import deque
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

import requests
from keystoneauth1.session import Session
from keystoneauth1.token_endpoint import Token
from requests.adapters import BaseAdapter

ENDPOINT = "http://cloud.test"


@dataclass(frozen=True)
class Answer:
    """A status with a JSON body, or with any other one."""

    status: int = 200
    body: Any = None
    text: str | None = None
    content_type: str = "application/json"

    def content(self) -> bytes:
        if self.text is not None:
            return self.text.encode()
        return b"" if self.body is None else json.dumps(self.body).encode()


@dataclass(frozen=True)
class Request:
    """What was asked."""

    method: str
    path: str
    query: dict[str, str] = field(default_factory=dict)
    body: Any = None


class HttpStub(BaseAdapter):
    """Answers each method and path with what was scripted; the last answer is given again and again."""

    def __init__(self) -> None:
        super().__init__()
        self.requests: list[Request] = []
        self.headers: list[dict[str, str]] = []
        self.timeouts: list[object] = []
        self._script: dict[tuple[str, str], deque[Answer | Exception]] = {}

    def on(self, method: str, path: str, *answers: Answer | Exception | dict[str, Any]) -> None:
        """What to answer; a dict is the body of a 200."""
        scripted = (Answer(body=answer) if isinstance(answer, dict) else answer for answer in answers)
        self._script[method, path] = deque(scripted)

    def session(self) -> Session:
        """A session whose requests all end here."""
        transport = requests.Session()
        transport.mount(ENDPOINT, self)
        return Session(auth=Token(ENDPOINT, "token"), session=transport)

    def asked(self, method: str) -> list[str]:
        """The paths that were asked with this method."""
        return [request.path for request in self.requests if request.method == method]

    def send(self, request: requests.PreparedRequest, **kwargs: Any) -> requests.Response:  # type: ignore[override]
        seen = _request(request)
        self.requests.append(seen)
        self.headers.append({name: str(value) for name, value in request.headers.items()})
        self.timeouts.append(kwargs["timeout"])
        answers = self._script[seen.method, seen.path]
        answer = answers.popleft() if len(answers) > 1 else answers[0]
        if isinstance(answer, Exception):
            raise answer
        return _response(request, answer)

    def close(self) -> None:
        """There is nothing to close."""


def _request(request: requests.PreparedRequest) -> Request:
    url = urlsplit(str(request.url))
    body = json.loads(request.body) if isinstance(request.body, str | bytes) else None
    return Request(str(request.method), unquote(url.path), dict(parse_qsl(url.query)), body)


def _response(request: requests.PreparedRequest, answer: Answer) -> requests.Response:
    response = requests.Response()
    response.status_code = answer.status
    response._content = answer.content()
    response.headers["Content-Type"] = answer.content_type
    response.url = str(request.url)
    response.request = request
    return response
