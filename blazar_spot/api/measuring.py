# SPDX-License-Identifier: Apache-2.0
"""Counts requests and their time for Prometheus, and answers with the figures; only there if a path is configured.

Requests are told apart by method and status alone: a path has ids in it. Those that wait for a change take as long as
they were asked to. Where several processes serve the API, prometheus_client adds them up in PROMETHEUS_MULTIPROC_DIR.
"""

import os
from typing import Any

from prometheus_client import CollectorRegistry, Counter, Histogram, make_wsgi_app, multiprocess

METHODS = frozenset({"GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE"})
"""Anybody can make up others, and each would be a series of its own."""
SECONDS_BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60)


class Measured:
    """The application with its figures at this path."""

    def __init__(self, app: Any, path: str) -> None:
        own = CollectorRegistry()
        self._app = app
        self._path = path
        self._requests = Counter(
            "blazar_spot_api_requests_total", "Requests to the API.", ["method", "status"], registry=own
        )
        self._seconds = Histogram(
            "blazar_spot_api_seconds", "How long they take.", ["method"], buckets=SECONDS_BUCKETS, registry=own
        )
        shown = own
        if "PROMETHEUS_MULTIPROC_DIR" in os.environ:
            shown = CollectorRegistry()
            multiprocess.MultiProcessCollector(shown)  # type: ignore[no-untyped-call]
        self._figures = make_wsgi_app(shown)

    def __call__(self, environ: dict[str, Any], start: Any) -> Any:
        if environ.get("PATH_INFO") == self._path:
            return self._figures(environ, start)
        method = environ["REQUEST_METHOD"] if environ["REQUEST_METHOD"] in METHODS else "other"

        def counting(status: str, *rest: Any) -> Any:
            self._requests.labels(method, status.partition(" ")[0]).inc()
            return start(status, *rest)

        with self._seconds.labels(method).time():
            return self._app(environ, counting)
