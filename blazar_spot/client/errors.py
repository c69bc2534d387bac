# SPDX-License-Identifier: Apache-2.0
"""What the service refuses, by the code that it gives; by the status where a code is new.

That the service cannot be reached at all is said by keystoneauth's own exceptions, which pass through.
"""

from collections.abc import Mapping
from typing import Any

from keystoneauth1.exceptions import ClientException


class ApiError(Exception):
    """An answer that is no success. The sentence is the service's own, and meant for people."""

    def __init__(self, status: int, error: Mapping[str, Any]) -> None:
        self.status = status
        self.code: str = error.get("code", "")
        self.message: str = error.get("message", "The service gave no reason.")
        self.request_id: str = error.get("request_id", "")
        self.details = error
        super().__init__(self.message)

    def __str__(self) -> str:
        known = f" (HTTP {self.status})"
        return self.message + known + (f" (Request-ID: {self.request_id})" if self.request_id else "")


class BadRequest(ApiError):
    """The service does not understand this."""


class BadUrl(BadRequest):
    """The URL of a webhook cannot be used."""


class Unauthorized(ApiError):
    """The token is not good."""


class Forbidden(ApiError):
    """The token is good, but not for this."""


class NotFound(ApiError):
    """There is none, or it is another project's."""


class Conflict(ApiError):
    """It is not in a state for this."""


class NotOpen(Conflict):
    """The event is over."""


class AlreadyNoticed(Conflict):
    """The instance has a notice already, which stands."""


class NotCarriedOut(Conflict):
    """No engine is configured to carry that out."""


class PromiseBroken(Conflict):
    """It would break a promise."""

    @property
    def earliest_at(self) -> str | None:
        """The first instant at which it would not, if there is one."""
        return self.details.get("earliest_at")


class OverQuota(Conflict):
    """There are as many as there may be."""


class Unavailable(ApiError):
    """The service cannot answer now; later it may."""


FAILURES = (ApiError, ClientException)
"""Whatever a question may raise: it was refused, or it was not answered at all."""

CODES: dict[str, type[ApiError]] = {
    "already_noticed": AlreadyNoticed,
    "bad_url": BadUrl,
    "not_carried_out": NotCarriedOut,
    "not_open": NotOpen,
    "over_quota": OverQuota,
    "promise_broken": PromiseBroken,
}

STATUSES: dict[int, type[ApiError]] = {
    400: BadRequest,
    401: Unauthorized,
    403: Forbidden,
    404: NotFound,
    409: Conflict,
    503: Unavailable,
}


def error_of(status: int, body: Any) -> ApiError:
    """The exception that says what this answer says; something in between may have answered, in no shape of ours."""
    said = body.get("error") if isinstance(body, dict) else None
    error = said if isinstance(said, dict) else {}
    kind = CODES.get(error.get("code", ""), STATUSES.get(status, ApiError))
    return kind(status, error)
