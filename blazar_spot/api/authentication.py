# SPDX-License-Identifier: Apache-2.0
"""Keystone's middleware, with public paths and with our own shape of errors.

It is not told to leave the decision to us: then it would take a Keystone that is down for a token that is bad.
"""

import json
import logging
from collections.abc import Container
from typing import Any

from keystonemiddleware.auth_token import AuthProtocol
from webob import Request, Response
from webob.exc import HTTPException

from blazar_spot.api.errors import AGAIN_SECONDS, body

LOG = logging.getLogger(__name__)

SERVICE_TYPE = "spot"


class Authentication(AuthProtocol):
    """Lets requests by with what Keystone says of their tokens; those for public paths without, whatever they say."""

    def __init__(self, app: Any, conf: Any, public: Container[str]) -> None:
        super().__init__(app, {"oslo_config_config": conf, "delay_auth_decision": False})
        # Else every application credential with access rules is refused: nobody knows which rules are about us.
        conf.set_default("service_type", SERVICE_TYPE, group="keystone_authtoken")
        self._public = public

    def process_request(self, request: Any) -> Response | None:
        if (request.path_info.rstrip("/") or "/") in self._public:
            request.remove_auth_headers()
            return None
        try:
            answer: Response | None = super().process_request(request)
        except HTTPException as refusal:
            return _unauthorized(request, refusal) if refusal.status_int == 401 else _unavailable(request)
        except Exception:
            LOG.exception("It could not be found out whose token this is")
            return _unavailable(request)
        return answer


def _unauthorized(request: Request, refusal: Any) -> Response:
    """With the header that says where tokens are to be had."""
    answer = _answer(request, 401, "unauthorized", "This needs a good token of Keystone, in the header X-Auth-Token.")
    answer.headers["WWW-Authenticate"] = refusal.headers["WWW-Authenticate"]
    return answer


def _unavailable(request: Request) -> Response:
    answer = _answer(request, 503, "unavailable", "Keystone does not answer now. Try again soon.")
    answer.headers["Retry-After"] = str(AGAIN_SECONDS)
    return answer


def _answer(request: Request, status: int, code: str, message: str) -> Response:
    text = json.dumps(body(code, message, request.environ))
    return Response(status=status, content_type="application/json", charset="UTF-8", text=text)
