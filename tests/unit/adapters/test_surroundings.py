# SPDX-License-Identifier: Apache-2.0
"""What is seen of the cloud from outside, over scripted answers; the real ones are met on the dev cloud."""

import pytest
from keystoneauth1.exceptions import EndpointNotFound
from keystoneauth1.session import Session

from blazar_spot.adapters.surroundings import CloudSurroundings
from blazar_spot.core.errors import Forbidden, NotFound, Permanent, Unreachable
from tests.unit.adapters.http_stub import ENDPOINT, Answer, HttpStub


@pytest.fixture
def surroundings(http: HttpStub) -> CloudSurroundings:
    return CloudSurroundings(http.session())


NOON = 1_800_014_400
LATER, EARLIER = "2027-01-15T13:00:00.000000", "2027-01-15T11:59:00.000000"


def lease(
    status: str, *reservations: tuple[str, str, str], end: str = LATER, is_short: bool = False
) -> dict[str, object]:
    told = [
        {"id": one, "resource_type": kind, "status": state, "missing_resources": is_short}
        for one, kind, state in reservations
    ]
    return {"id": "lease", "status": status, "end_date": end, "reservations": told}


def test_hosts_are_down_that_nova_does_not_call_up(http: HttpStub, surroundings: CloudSurroundings) -> None:
    told = [{"hypervisor_hostname": "a", "state": "up"}, {"hypervisor_hostname": "b", "state": "down"}]
    http.on("GET", "/os-hypervisors/detail", {"hypervisors": told})
    assert surroundings.hosts_down() == {"b"}


def test_hosts_can_be_reserved_that_blazar_lists(http: HttpStub, surroundings: CloudSurroundings) -> None:
    http.on("GET", "/os-hosts", {"hosts": [{"id": "1", "hypervisor_hostname": "a"}]})
    assert surroundings.reservable_hosts() == {"a"}


def test_reservations_count_that_wait_or_run_and_are_of_hosts(http: HttpStub, surroundings: CloudSurroundings) -> None:
    leases = [
        lease("PENDING", ("1", "physical:host", "pending"), ("2", "virtual:floatingip", "pending")),
        lease("ACTIVE", ("3", "virtual:instance", "active"), ("4", "flavor:instance", "error")),
        lease("TERMINATED", ("5", "physical:host", "deleted")),
        lease("CREATING", ("6", "physical:host", "pending")),
        lease("ACTIVE", ("7", "physical:host", "active"), end=EARLIER),
        lease("ACTIVE", ("8", "physical:host", "active"), is_short=True),
    ]
    http.on("GET", "/leases", {"leases": leases})
    assert list(surroundings.reservations(NOON)) == ["1", "3"]


def test_what_time_it_is_stands_in_any_answer(
    http: HttpStub, surroundings: CloudSurroundings, monkeypatch: pytest.MonkeyPatch
) -> None:
    http.on("GET", "/", Answer(401))
    assert surroundings.now("compute") is None
    send = http.send

    def dated(*args: object, **kwargs: object) -> object:
        answer = send(*args, **kwargs)  # type: ignore[arg-type]
        answer.headers["Date"] = "Fri, 15 Jan 2027 08:00:00 GMT"
        return answer

    monkeypatch.setattr(http, "send", dated)
    assert surroundings.now("compute") == 1_800_000_000


def test_a_url_is_told_without_the_slash_at_its_end(surroundings: CloudSurroundings) -> None:
    assert surroundings.url("spot") == ENDPOINT


@pytest.mark.parametrize(
    ("status", "raised"), [(503, Unreachable), (404, Permanent), (401, Forbidden), (403, Forbidden), (500, Unreachable)]
)
def test_an_api_that_is_not_well_is_told_from_one_that_is_not_there(
    http: HttpStub, surroundings: CloudSurroundings, status: int, raised: type[Exception]
) -> None:
    http.on("GET", "/healthcheck", Answer(status))
    with pytest.raises(raised):
        surroundings.greet_api()
    http.on("GET", "/healthcheck", Answer(200))
    surroundings.greet_api()


def test_vendordata_is_asked_for_as_nova_does(http: HttpStub, surroundings: CloudSurroundings) -> None:
    http.on("POST", "/v1/vendordata", {})
    surroundings.ask_vendordata()
    assert set(http.requests[-1].body) == {"instance-id", "project-id"}


def test_an_account_without_roles_is_said_to_be_one(surroundings: CloudSurroundings) -> None:
    with pytest.raises(Permanent, match="has no roles"):
        surroundings.roles()


def test_what_the_catalog_does_not_have_is_not_found(
    http: HttpStub, surroundings: CloudSurroundings, monkeypatch: pytest.MonkeyPatch
) -> None:
    def missing(*_: object, **__: object) -> None:
        raise EndpointNotFound("public endpoint for spot service not found")

    session = surroundings._session
    monkeypatch.setattr(session, "get_endpoint", missing)
    with pytest.raises(NotFound):
        surroundings.url("spot")
    monkeypatch.setattr(session, "get_endpoint", lambda **_: None)
    with pytest.raises(NotFound):
        surroundings.greet_api()
    assert http.requests == []


def test_without_a_catalog_everybody_is_unreachable(http: HttpStub) -> None:
    with pytest.raises(Permanent):
        CloudSurroundings(Session()).url("spot")
