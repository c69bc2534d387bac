# SPDX-License-Identifier: Apache-2.0
"""GET /v1/capacity, GET /v1/pools and GET /v1/pools/{host}."""

from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

import pytest

from blazar_spot.core.errors import Unreachable
from blazar_spot.core.flavors import Flavor
from blazar_spot.testing.lab import HOST_TOTALS, SPOT, Lab
from tests.unit.api.served import ADMIN, OURS, READER, Service, error_of, serve, token

ONE = "/v1/pools/{host}"
HIDDEN = Flavor(name="hidden", vcpus=32, memory_mb=1024, disk_gb=0, is_public=False)


@pytest.fixture
def lab() -> Lab:
    """Three hosts with their pools."""
    lab = Lab(hosts=3)
    lab.second()
    return lab


@pytest.fixture
def service(lab: Lab) -> Service:
    return serve(lab.store, lab.clock, cloud=lab.cloud)


class TestCapacity:
    """What could boot now."""

    def test_it_is_counted_for_each_flavor_in_what_the_open_pools_have_left(self, lab: Lab, service: Service) -> None:
        lab.boot(5)
        lab.cloud.close("host03")
        answer = service.get("/v1/capacity", READER).json
        assert answer["flavors"] == [
            {
                "id": SPOT.name,
                "name": SPOT.name,
                "available": 2 * 8 - sum(one.host != "host03" for one in lab.cloud.servers.values()),
                "resources": {"CUSTOM_GPU": 1, "DISK_GB": 10, "MEMORY_MB": 8192, "VCPU": 4},
            }
        ]

    def test_a_flavor_that_does_not_consume_the_pools_is_left_out(self, lab: Lab, service: Service) -> None:
        lab.cloud.add_flavor(replace(SPOT, name="new"), preemptible=True)
        assert [one["name"] for one in service.get("/v1/capacity").json["flavors"]] == [SPOT.name]

    def test_a_flavor_that_is_not_public_is_for_admins_to_see(self, lab: Lab, service: Service) -> None:
        lab.cloud.add_flavor(HIDDEN, preemptible=True, enrolled=True)
        assert [one["name"] for one in service.get("/v1/capacity").json["flavors"]] == [SPOT.name]
        seen = {one["name"]: one["available"] for one in service.get("/v1/capacity", ADMIN).json["flavors"]}
        assert seen == {"hidden": 3, SPOT.name: 24}

    def test_the_cloud_is_asked_once_in_a_while_however_many_look(self, lab: Lab, service: Service) -> None:
        def asked() -> tuple[int, int]:
            return lab.cloud.calls["free"], lab.cloud.calls["preemptible_flavors"]

        service.get("/v1/capacity")
        before = asked()
        lab.clock.advance(9)
        first = service.get("/v1/capacity").json
        assert asked() == before
        lab.clock.advance(1)
        assert service.get("/v1/capacity").json["as_of"] > first["as_of"]
        assert asked() == (before[0] + 1, before[1] + 1)

    def test_who_has_no_role_in_the_project_may_not_look(self, service: Service) -> None:
        assert error_of(service.get("/v1/capacity", token("ours", "stranger"))) == (403, "forbidden")

    def test_that_placement_does_not_answer_is_said_for_a_while_and_forgotten(self, lab: Lab, service: Service) -> None:
        lab.cloud.fails("free", Unreachable("Placement is down"))
        for _ in range(2):
            assert error_of(service.get("/v1/capacity")) == (503, "unreachable")
        lab.clock.advance(10)
        assert service.get("/v1/capacity").status_code == 200


class TestPools:
    """For operators alone."""

    def test_a_pool_says_how_full_it_is(self, lab: Lab, service: Service) -> None:
        lab.boot(3, "host01")
        lab.run_for(10)
        pool = service.get("/v1/pools/host01", ADMIN, template=ONE).json["pool"]
        resources = {one.pop("resource_class"): one for one in pool.pop("resources")}
        assert pool == {
            "host": "host01",
            "is_closed": False,
            "closed_because": [],
            "instances": 3,
            "claims": [],
            "next_claim": None,
        }
        assert resources["CUSTOM_GPU"] == {"total": 8, "reserved": 0, "used": 3}
        assert resources.keys() == HOST_TOTALS.keys()

    def test_a_closed_pool_says_why_and_who_wants_it(self, lab: Lab, service: Service) -> None:
        lab.book("far", lab.clock.now() + 90_000, hosts=3)
        lab.book("soon", lab.clock.now() + 600, hosts=3)
        lab.run_for(5)
        pool = service.get("/v1/pools/host02", ADMIN, template=ONE).json["pool"]
        assert (pool["is_closed"], pool["closed_because"]) == (True, ["claim"])
        assert [one["lease_id"] for one in pool["claims"]] == ["lease-soon"]
        assert (pool["next_claim"]["lease_id"], pool["next_claim"]["state"]) == ("lease-far", "planned")
        assert all(one["reserved"] == one["total"] for one in pool["resources"])

    def test_a_pool_that_is_kept_free_for_leases_that_start_at_once_says_so(self) -> None:
        lab = Lab(hosts=2, headroom_hosts=1)
        lab.run_for(3)
        parts = serve(lab.store, lab.clock, cloud=lab.cloud, headroom_hosts=1)
        found = parts.get("/v1/pools", ADMIN).json["pools"]
        assert sorted((one["is_closed"], tuple(one["closed_because"])) for one in found) == [
            (False, ()),
            (True, ("headroom",)),
        ]

    def test_only_the_pools_of_a_page_are_asked_for_and_each_is_on_one(self, lab: Lab, service: Service) -> None:
        link, pages = "/v1/pools?limit=2", []
        while link:
            before = lab.cloud.calls["level"]
            answer = service.get("/v1/pools", ADMIN, query_string=urlsplit(link).query)
            pages.append(hosts(answer))
            assert lab.cloud.calls["level"] - before == len(pages[-1])
            link = answer.json["links"][0]["href"] if answer.json["links"] else ""
        assert pages == [["host01", "host02"], ["host03"]]

    def test_a_pool_that_goes_while_it_is_looked_at_is_shown_without_its_level(
        self, lab: Lab, service: Service
    ) -> None:
        pools = lab.cloud.pools

        def and_remove() -> Any:
            found = pools()
            lab.cloud.remove("host02")
            return found

        lab.cloud.pools = and_remove  # type: ignore[method-assign]
        found = {one["host"]: one["resources"] == [] for one in service.get("/v1/pools", ADMIN).json["pools"]}
        assert found == {"host01": False, "host02": True, "host03": False}

    def test_a_host_without_a_pool_has_none(self, lab: Lab, service: Service) -> None:
        assert error_of(service.get("/v1/pools/nowhere", ADMIN, template=ONE)) == (404, "not_found")

    @pytest.mark.parametrize(("path", "template"), [("/v1/pools", None), ("/v1/pools/host01", ONE)])
    def test_nobody_else_sees_any(self, service: Service, path: str, template: str | None) -> None:
        for who in (OURS, READER):
            assert error_of(service.get(path, who, template=template)) == (403, "forbidden")


def hosts(answer: Any) -> list[str]:
    return [one["host"] for one in answer.json["pools"]]
