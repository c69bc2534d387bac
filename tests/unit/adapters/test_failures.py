# SPDX-License-Identifier: Apache-2.0
"""Every way in which a request can go wrong becomes the error that says what is known now."""

import pytest
import requests
from keystoneauth1.exceptions import DiscoveryFailure, EndpointNotFound

from blazar_spot.adapters.failures import translated
from blazar_spot.adapters.rest import Rest
from blazar_spot.core.errors import (
    Forbidden,
    NotFound,
    NotNow,
    Permanent,
    SpotError,
    StaleVersion,
    Temporary,
    Unreachable,
)
from tests.unit.adapters.http_stub import Answer, HttpStub


def _error(http: HttpStub, answer: Answer | Exception) -> SpotError:
    http.on("GET", "/thing", answer)
    with pytest.raises(SpotError) as caught:
        Rest(http.session(), "compute", "2.87", None, None).get("/thing")
    return caught.value


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        (400, Permanent),
        (401, Forbidden),
        (403, Forbidden),
        (404, NotFound),
        (406, Permanent),
        (409, NotNow),
        (413, Unreachable),
        (429, Unreachable),
        (500, Unreachable),
        (501, Permanent),
        (502, Unreachable),
        (503, Unreachable),
        (504, Unreachable),
    ],
)
def test_a_status_says_what_is_known(http: HttpStub, status: int, expected: type[SpotError]) -> None:
    assert type(_error(http, Answer(status))) is expected


@pytest.mark.parametrize("code", ["placement.concurrent_update", "placement.duplicate_name"])
def test_somebody_else_being_faster_is_told_from_other_conflicts(http: HttpStub, code: str) -> None:
    answer = Answer(409, {"errors": [{"status": 409, "title": "Conflict", "detail": "x", "code": code}]})
    assert isinstance(_error(http, answer), StaleVersion)


@pytest.mark.parametrize("body", [{"errors": []}, {"errors": [{}]}, {"conflictingRequest": {"message": "no"}}, []])
def test_a_conflict_without_a_code_is_a_plain_one(http: HttpStub, body: object) -> None:
    assert type(_error(http, Answer(409, body))) is NotNow


@pytest.mark.parametrize(
    "broken",
    [
        requests.exceptions.ConnectionError("refused"),
        requests.exceptions.ConnectTimeout("slow"),
        requests.exceptions.ReadTimeout("hangs"),
        requests.exceptions.ChunkedEncodingError("cut off"),
    ],
)
def test_without_an_answer_nothing_is_known(http: HttpStub, broken: Exception) -> None:
    assert type(_error(http, broken)) is Unreachable


def test_an_answer_that_is_no_json_is_no_answer(http: HttpStub) -> None:
    assert type(_error(http, Answer(200, text="<html>a proxy</html>", content_type="text/html"))) is Unreachable


def test_a_wrong_certificate_does_not_get_right_by_waiting(http: HttpStub) -> None:
    error = _error(http, requests.exceptions.SSLError("certificate"))
    assert isinstance(error, Permanent)


def test_keystone_not_answering_is_temporary_and_a_missing_endpoint_is_not() -> None:
    with pytest.raises(Temporary), translated("GET /"):
        raise DiscoveryFailure("no versions")
    with pytest.raises(Permanent), translated("GET /"):
        raise EndpointNotFound("no such service")


def test_the_error_says_what_was_asked_and_keeps_its_cause(http: HttpStub) -> None:
    error = _error(http, Answer(404, {"itemNotFound": {"code": 404, "message": "gone"}}))
    assert str(error).startswith("compute: GET /thing: ")
    assert error.__cause__ is not None


def test_our_own_mistakes_are_not_translated() -> None:
    with pytest.raises(KeyError), translated("GET /"):
        raise KeyError("a bug")
