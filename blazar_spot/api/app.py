# SPDX-License-Identifier: Apache-2.0
"""The application: the table of routes behind one gate.

The gate lets nobody by who is not known, but for what is public, and nothing that is not as the document says. What
stands around the application is in ``pipeline``.
"""

from typing import Any

import falcon
from oslo_policy import policy

from blazar_spot.api import document, errors
from blazar_spot.api.asking import Asked, checked
from blazar_spot.api.callers import caller
from blazar_spot.api.routes import UseCases, table

App = falcon.App[falcon.Request, falcon.Response]


class Gate:
    """Looks at each request before its handler does."""

    def __init__(self, described: document.Document, enforcer: policy.Enforcer) -> None:
        self._described = described
        self._enforcer = enforcer

    def process_resource(
        self, req: falcon.Request, _resp: falcon.Response, _resource: object, params: dict[str, Any]
    ) -> None:
        operation = self._described.operations.get((req.uri_template or "", req.method.lower()))
        if operation is None:
            return  # a method that the handler does not have either, or OPTIONS
        known = None if operation.is_public else caller(req.env, self._enforcer)
        query, body = checked(req, params, operation)
        if known is not None:
            req.context.asked = Asked(known, query, body)


def application(use_cases: UseCases, enforcer: policy.Enforcer) -> App:
    """The API over these use cases."""
    described = document.service()
    app = falcon.App(middleware=[Gate(described, enforcer)])
    app.req_options.strip_url_path_trailing_slash = True
    errors.install(app)
    for path, handler in table(use_cases, described).items():
        app.add_route(path, handler)
    return app
