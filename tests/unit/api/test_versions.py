# SPDX-License-Identifier: Apache-2.0
"""What anybody may read."""

from tests.unit.api.served import NOBODY, Service


def test_versions_are_said_as_openstacks_clients_look_for_them(service: Service) -> None:
    answer = service.get("/", NOBODY, host="spot.example")
    (version,) = answer.json["versions"]
    assert (version["id"], version["status"]) == ("v1.0", "CURRENT")
    assert version["links"] == [{"rel": "self", "href": "http://spot.example/v1/"}]
    assert service.get("/v1", NOBODY, host="spot.example").json == {"version": version}


def test_a_version_may_be_asked_for_with_a_slash_behind_it(service: Service) -> None:
    assert service.get("/v1/", NOBODY, template="/v1").status_code == 200


def test_behind_a_proxy_versions_lead_back_to_the_proxy(service: Service) -> None:
    answer = service.get("/", NOBODY, protocol="https", host="cloud.example", root_path="/spot")
    assert answer.json["versions"][0]["links"][0]["href"] == "https://cloud.example/spot/v1/"


def test_the_document_is_served(service: Service) -> None:
    assert service.get("/openapi.json", NOBODY).json["openapi"] == "3.1.0"
