# SPDX-License-Identifier: Apache-2.0
"""What admins see of flavors, and how they enrol one at once."""

import pytest
from falcon import testing

from blazar_spot.core.errors import Unreachable
from blazar_spot.core.flavors import Flavor, missing_specs
from blazar_spot.testing.clock import FakeClock
from blazar_spot.testing.cloud import FakeCloud
from blazar_spot.testing.store import FakeStore
from tests.unit.api.served import ADMIN, NOON, OURS, Service, error_of, made, use_cases

ENROL = "/v1/flavors/{flavor_id}/enrol"
SMALL = Flavor(name="small", vcpus=1, memory_mb=512, disk_gb=0, extra_specs={"spot:notice": "2m"})


@pytest.fixture
def cloud() -> FakeCloud:
    return FakeCloud(FakeClock(NOON))


@pytest.fixture
def service(store: FakeStore, cloud: FakeCloud) -> Service:
    return Service(testing.TestClient(made(use_cases(store, cloud=cloud))))


def test_a_flavor_is_shown_with_what_it_lacks_and_what_it_promises(service: Service, cloud: FakeCloud) -> None:
    cloud.add_flavor(SMALL, preemptible=True)
    assert service.get("/v1/flavors", ADMIN).json["flavors"] == [
        {
            "id": "small",
            "name": "small",
            "is_preemptible": True,
            "min_uptime_seconds": 1800,
            "notice_seconds": 120,
            "missing": {"resources:CUSTOM_SPOT_MEMORY_MB": "512", "resources:CUSTOM_SPOT_VCPU": "1"},
            "remarks": [],
        }
    ]


def test_what_is_odd_is_said(service: Service, cloud: FakeCloud) -> None:
    odd = {"spot:notice": "soon", "resources:CUSTOM_SPOT_VGPU": "1"}
    cloud.add_flavor(Flavor(name="b", vcpus=1, memory_mb=512, disk_gb=0, extra_specs=odd), preemptible=True)
    cloud.add_flavor(Flavor(name="a", vcpus=1, memory_mb=512, disk_gb=0, extra_specs=odd))
    cloud.add_flavor(Flavor(name="c", vcpus=1, memory_mb=512, disk_gb=0))
    forgotten, preemptible = service.get("/v1/flavors", ADMIN).json["flavors"]
    assert (forgotten["name"], forgotten["is_preemptible"], forgotten["notice_seconds"]) == ("a", False, None)
    assert "not preemptible" in forgotten["remarks"][0]
    assert [remark.split()[0] for remark in preemptible["remarks"]] == [
        "spot:notice='soon'",
        "resources:CUSTOM_SPOT_VGPU",
    ]


def test_a_flavor_is_enrolled_at_once_and_again(service: Service, cloud: FakeCloud) -> None:
    cloud.add_flavor(SMALL, preemptible=True)
    for _ in range(2):
        answer = service.ask("post", "/v1/flavors/small/enrol", ADMIN, template=ENROL)
        assert (answer.status_code, answer.json["flavor"]["missing"]) == (200, {})
    assert missing_specs(cloud.flavors["small"]) == {}


@pytest.mark.parametrize("flavor_id", ["nothing", "plain", "a%20b"])
def test_what_is_no_preemptible_flavor_is_not_enrolled(service: Service, cloud: FakeCloud, flavor_id: str) -> None:
    cloud.add_flavor(Flavor(name="plain", vcpus=1, memory_mb=512, disk_gb=0))
    answer = service.ask("post", f"/v1/flavors/{flavor_id}/enrol", ADMIN, template=ENROL)
    assert error_of(answer) == (404, "not_found")
    assert cloud.writes == []


def test_it_is_for_admins(service: Service) -> None:
    assert error_of(service.get("/v1/flavors", OURS)) == (403, "forbidden")
    assert error_of(service.ask("post", "/v1/flavors/small/enrol", OURS, template=ENROL)) == (403, "forbidden")


def test_while_nova_is_away_nothing_is_said_of_flavors(service: Service, cloud: FakeCloud) -> None:
    cloud.fails("preemptible_flavors", Unreachable("Nova does not answer"))
    assert error_of(service.get("/v1/flavors", ADMIN)) == (503, "unreachable")
