# SPDX-License-Identifier: Apache-2.0
"""What stands around the application, from the inside out, each with its own options in the configuration.

Next to the application is who asks. Outside of that is what has no token: whether we are up, the request's id, which is
in every answer and in the log, and what browsers ask before they send one. Outermost, what a proxy says of the client.
"""

from typing import Any

from oslo_middleware import CORS, Healthcheck, HTTPProxyToWSGI, RequestId, cors

from blazar_spot.api import document
from blazar_spot.api.authentication import Authentication

HEALTH = "/healthcheck"


def _at(path: str, there: Any, elsewhere: Any) -> Any:
    return lambda environ, start: (there if environ.get("PATH_INFO") == path else elsewhere)(environ, start)


def pipeline(app: Any, conf: Any) -> Any:
    """This WSGI application as the world meets it."""
    described = document.service()
    public = {path for (path, _), operation in described.operations.items() if operation.is_public}
    app = Authentication(app, conf, public)
    app = _at(HEALTH, Healthcheck(app, conf), app)
    app = RequestId(app, conf)
    set_defaults()
    app = CORS(app, conf)
    app = HTTPProxyToWSGI(app, conf)
    if conf.metrics.api_path:
        from blazar_spot.api.measuring import Measured  # who shows no figures takes none

        app = Measured(app, conf.metrics.api_path)
    return app


def set_defaults() -> None:
    """What a browser may send and read if the configuration does not say; the sample file shows it."""
    cors.set_defaults(
        allow_methods=["GET", "POST", "PUT", "PATCH", "DELETE"],
        allow_headers=["Content-Type", "X-Auth-Token", "X-Openstack-Request-Id"],
        expose_headers=["Retry-After", "WWW-Authenticate", "X-Openstack-Request-Id"],
    )
