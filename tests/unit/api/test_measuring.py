# SPDX-License-Identifier: Apache-2.0
"""The figures of the API: off unless a path is configured, and requests that anybody makes up cost no more."""

from typing import Any

from falcon import testing

from blazar_spot.api.measuring import Measured


def application(environ: dict[str, Any], start: Any) -> list[bytes]:
    start("404 Not Found" if environ["PATH_INFO"] == "/missing" else "200 OK", [("Content-Type", "text/plain")])
    return [b""]


def test_requests_are_counted_by_method_and_status() -> None:
    client = testing.TestClient(Measured(application, "/metrics"))
    client.simulate_get("/missing")
    client.simulate_get("/v1/events")
    client.simulate_request("PROPFIND", "/v1/events")
    told = client.simulate_get("/metrics").text
    assert 'blazar_spot_api_requests_total{method="GET",status="404"} 1.0' in told
    assert 'blazar_spot_api_requests_total{method="GET",status="200"} 1.0' in told
    assert 'blazar_spot_api_requests_total{method="other",status="200"} 1.0' in told
    assert 'blazar_spot_api_seconds_count{method="GET"} 2.0' in told
    assert "events" not in told
