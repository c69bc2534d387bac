# SPDX-License-Identifier: Apache-2.0
"""How requests leave: pinned, bounded, and page after page."""

import pytest
import requests

from blazar_spot.adapters.rest import ANSWER_SECONDS, CONNECT_SECONDS, LIST_SECONDS, Rest
from blazar_spot.core.errors import Unreachable
from tests.unit.adapters.http_stub import ENDPOINT, HttpStub


def test_each_request_carries_the_pinned_microversion_and_a_bound_which_is_longer_for_lists(http: HttpStub) -> None:
    http.on("GET", "/things", {"things": []})
    rest = Rest(http.session(), "placement", "1.26", None, None)
    rest.get("/things")
    list(rest.pages("/things", "things"))
    rest.all("/things")
    assert http.headers[0]["OpenStack-API-Version"] == "placement 1.26"
    of_lists = (CONNECT_SECONDS, LIST_SECONDS)
    assert http.timeouts == [(CONNECT_SECONDS, ANSWER_SECONDS), of_lists, of_lists]


def test_a_configured_bound_counts_if_it_is_shorter(http: HttpStub) -> None:
    http.on("GET", "/thing", {})
    session = http.session()
    session.timeout = 7.0
    Rest(session, "compute", "2.87", None, None).get("/thing")
    assert http.timeouts == [(CONNECT_SECONDS, 7.0)]


def test_pages_are_read_until_there_is_no_next_one(http: HttpStub) -> None:
    more = [{"rel": "next", "href": f"{ENDPOINT}/things?marker=x"}]
    http.on(
        "GET",
        "/things",
        {"things": [{"id": "a"}, {"id": "b"}], "things_links": more},
        {"things": [{"id": "c"}], "things_links": more},
        {"things": []},
    )
    rows = Rest(http.session(), "compute", "2.87", None, None).pages("/things", "things", all_tenants="1")
    assert [row["id"] for row in rows] == ["a", "b", "c"]
    assert [request.query for request in http.requests] == [
        {"all_tenants": "1"},
        {"all_tenants": "1", "marker": "b"},
        {"all_tenants": "1", "marker": "c"},
    ]


def test_a_connection_that_broke_is_tried_once_more(http: HttpStub) -> None:
    broken = requests.exceptions.ConnectionError("closed by the other side")
    rest = Rest(http.session(), "compute", "2.87", None, None)
    http.on("GET", "/thing", broken, {"found": True})
    assert rest.get("/thing") == {"found": True}
    http.on("GET", "/thing", broken)
    with pytest.raises(Unreachable):
        rest.get("/thing")
    assert len(http.requests) == 4


def test_a_service_that_hangs_is_not_tried_again(http: HttpStub) -> None:
    http.on("GET", "/thing", requests.exceptions.ReadTimeout("hangs"))
    with pytest.raises(Unreachable):
        Rest(http.session(), "compute", "2.87", None, None).get("/thing")
    assert len(http.requests) == 1
