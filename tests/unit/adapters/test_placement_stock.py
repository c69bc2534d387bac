# SPDX-License-Identifier: Apache-2.0
"""How full the pools are, asked of a scripted Placement: how much is asked, and what is no pool."""

import pytest

from blazar_spot.adapters.placement_stock import PlacementStock
from blazar_spot.core.errors import NotFound
from tests.unit.adapters.http_stub import Answer, HttpStub

NONE = Answer(404, {"errors": [{"status": 404, "code": "placement.undefined_code"}]})
MARK = "/resource_classes/CUSTOM_SPOT_POOL"


def test_what_many_pools_have_left_is_told_in_three_questions(http: HttpStub) -> None:
    pools = [{"uuid": f"pool-{number}", "name": f"spot_host{number}"} for number in range(50)]
    resources = {
        "CUSTOM_SPOT_POOL": {"capacity": 1, "used": 0},
        "CUSTOM_SPOT_VCPU": {"capacity": 8, "used": 3},
        "CUSTOM_SPOT_CUSTOM_GPU": {"capacity": 0, "used": 2},
    }
    summaries = {pool["uuid"]: {"resources": resources} for pool in pools}
    summaries["root"] = {"resources": {"VCPU": {"capacity": 99, "used": 0}}}
    http.on("GET", MARK, {})
    http.on("GET", "/resource_providers", {"resource_providers": pools})
    http.on("GET", "/allocation_candidates", {"allocation_requests": [], "provider_summaries": summaries})
    free = PlacementStock(http.session()).free()
    assert free == {f"host{number}": {"VCPU": 5, "CUSTOM_GPU": -2} for number in range(50)}
    assert [one.query.get("resources") for one in http.requests] == [None, *["CUSTOM_SPOT_POOL:1"] * 2]
    assert {one["OpenStack-API-Version"] for one in http.headers} == {"placement 1.29"}


def test_before_the_first_pool_there_is_nothing_left_anywhere(http: HttpStub) -> None:
    http.on("GET", MARK, NONE)
    assert PlacementStock(http.session()).free() == {}


def test_a_pool_that_was_taken_away_has_no_level(http: HttpStub) -> None:
    http.on("GET", "/resource_providers", {"resource_providers": [{"uuid": "pool", "name": "spot_host1"}]})
    http.on("GET", "/resource_providers/pool/inventories", {"inventories": {}})
    with pytest.raises(NotFound):
        PlacementStock(http.session()).level("host1")
