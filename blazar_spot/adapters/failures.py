# SPDX-License-Identifier: Apache-2.0
"""The one table that turns what the HTTP libraries raise into ``core.errors``.

Whether an outcome is known decides: an answer that says "no" is final or "not now", while a broken connection or a
failing server leaves everything open. No adapter tests a status code outside this file.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager

from keystoneauth1.exceptions import ClientException, DiscoveryFailure, HttpError
from keystoneauth1.exceptions.connection import ConnectionError as ConnectionProblem
from keystoneauth1.exceptions.connection import SSLError
from keystoneauth1.exceptions.response import InvalidResponse
from requests.exceptions import RequestException

from blazar_spot.core.errors import (
    Forbidden,
    NotFound,
    NotNow,
    OverQuota,
    Permanent,
    SpotError,
    StaleVersion,
    Unreachable,
)

_OF_CODE: dict[str, type[SpotError]] = {
    "placement.concurrent_update": StaleVersion,
    "placement.duplicate_name": StaleVersion,
}
"""An error code in the answer says more than its status."""

_OF_STATUS: dict[int, type[SpotError]] = {
    401: Forbidden,
    403: Forbidden,
    404: NotFound,
    408: Unreachable,
    409: NotNow,
    410: NotFound,
    413: Unreachable,  # what rate limits answered before 429 was invented
    429: Unreachable,
    501: Permanent,
}
"""Other 4xx are our own mistakes and permanent; other 5xx tell nothing about the outcome."""

_QUOTA = re.compile(r"Maximum number of metadata items exceeds|Quota exceeded")
"""Nova answers a full quota with the statuses of a missing right and of a rate limit; only its sentence differs."""

_OF_KIND: tuple[tuple[type[Exception], type[SpotError]], ...] = (
    (SSLError, Permanent),
    (ConnectionProblem, Unreachable),
    (DiscoveryFailure, Unreachable),  # raised when Keystone does not answer
    (InvalidResponse, Unreachable),
    (RequestException, Unreachable),
    (ClientException, Permanent),
)
"""Without an answer: the first row that matches."""


@contextmanager
def translated(request: str) -> Iterator[None]:
    """Raise the errors of the HTTP libraries as ours; ``request`` says in the message what was asked."""
    try:
        yield
    except (ClientException, RequestException) as problem:
        raise _kind_of(problem)(f"{request}: {problem}") from problem


def _kind_of(problem: Exception) -> type[SpotError]:
    if isinstance(problem, HttpError):
        return _OF_CODE.get(_code_of(problem)) or of_status(problem.http_status, _text_of(problem))
    return next(ours for theirs, ours in _OF_KIND if isinstance(problem, theirs))


def of_status(status: int, text: str) -> type[SpotError]:
    """What an answer with this status means; ``text`` is what was answered."""
    if status in (403, 413) and _QUOTA.search(text):
        return OverQuota
    return _OF_STATUS.get(status, Unreachable if status >= 500 else Permanent)


def _text_of(problem: HttpError) -> str:
    """What was answered, word by word: the library keeps the sentence of some schemas only."""
    return "" if problem.response is None else problem.response.text


def _code_of(problem: HttpError) -> str:
    """The first stable error code of an answer that follows the API guidelines, else nothing."""
    if problem.response is None:
        return ""
    try:
        return str(problem.response.json()["errors"][0]["code"])
    except (KeyError, IndexError, TypeError, ValueError):
        return ""
