# SPDX-License-Identifier: Apache-2.0
"""Every error of the API in one shape: a code that programs may rely on, a sentence, and the request's id.

What went wrong inside is for the log and not for those outside. ``body`` is also what ``authentication`` answers with.
"""

import json
import logging
from typing import Any

import falcon

from blazar_spot.core.errors import (
    AlreadyNoticed,
    BadLease,
    BadUrl,
    NotCarriedOut,
    NotFound,
    NotNow,
    NotOpen,
    PromiseBroken,
    SpotError,
    Temporary,
)
from blazar_spot.core.instants import iso

LOG = logging.getLogger(__name__)

CODES = {
    400: "bad_request",
    401: "unauthorized",
    403: "forbidden",
    404: "not_found",
    405: "method_not_allowed",
    413: "too_large",
    415: "not_json",
    503: "unavailable",
}
"""The codes of errors that have none of their own."""

STATUSES: dict[type[SpotError], str] = {
    NotFound: falcon.HTTP_404,
    NotNow: falcon.HTTP_409,
    NotOpen: falcon.HTTP_409,
    AlreadyNoticed: falcon.HTTP_409,
    NotCarriedOut: falcon.HTTP_409,
    PromiseBroken: falcon.HTTP_409,
    BadUrl: falcon.HTTP_400,
    BadLease: falcon.HTTP_400,
}
"""Errors that those outside can do something about; their sentences are meant for them. The first that fits counts."""

AGAIN_SECONDS = 5
REQUEST_ID = "openstack.request_id"


def body(code: str, message: str, environ: dict[str, Any], **more: str) -> dict[str, Any]:
    """The one shape."""
    return {"error": {"code": code, "message": message, "request_id": environ.get(REQUEST_ID, ""), **more}}


def install(app: "falcon.App[falcon.Request, falcon.Response]") -> None:
    """Let this application answer errors in that shape."""
    app.set_error_serializer(_serialize)
    app.add_error_handler(Exception, _unexpected)
    app.add_error_handler(SpotError, _known)
    app.add_error_handler(falcon.HTTPError, _http)


def _http(request: falcon.Request, response: falcon.Response, error: falcon.HTTPError, _params: Any) -> None:
    response.status = error.status
    if error.headers is not None:
        response.set_headers(error.headers)
    _serialize(request, response, error)


def _serialize(request: falcon.Request, response: falcon.Response, error: falcon.HTTPError) -> None:
    status = error.status_code
    code = CODES.get(status, "bad_request" if status < 500 else "internal")
    _write(request, response, code, error.description or error.title or code)


def _known(request: falcon.Request, response: falcon.Response, error: SpotError, params: Any) -> None:
    status = next((status for kind, status in STATUSES.items() if isinstance(error, kind)), None)
    if status is not None:
        response.status = status
        _write(request, response, error.code, str(error), **_besides(error))
    elif isinstance(error, Temporary):
        LOG.warning("%s %s cannot be answered now: %s", request.method, request.path, error)
        response.status = falcon.HTTP_503
        response.set_header("Retry-After", str(AGAIN_SECONDS))
        _write(request, response, error.code, "This cannot be answered now. Try again soon.")
    else:
        _unexpected(request, response, error, params)


def _besides(error: SpotError) -> dict[str, str]:
    """What programs can make use of beside the code."""
    at = error.earliest_at if isinstance(error, PromiseBroken) else None
    return {} if at is None else {"earliest_at": iso(at)}


def _unexpected(request: falcon.Request, response: falcon.Response, error: Exception, _params: Any) -> None:
    LOG.error("%s %s failed", request.method, request.path, exc_info=error)
    response.status = falcon.HTTP_500
    _write(request, response, "internal", "Something went wrong inside. The request's id leads to it in the log.")


def _write(request: falcon.Request, response: falcon.Response, code: str, message: str, **more: str) -> None:
    response.content_type = falcon.MEDIA_JSON
    response.text = json.dumps(body(code, message, request.env, **more), ensure_ascii=False)
