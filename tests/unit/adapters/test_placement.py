# SPDX-License-Identifier: Apache-2.0
"""What Placement's adapter does where a real cloud of two hosts cannot lead it."""

from typing import Any

import pytest

from blazar_spot.adapters.placement import PlacementPool
from blazar_spot.adapters.spot_inventories import mirrored
from blazar_spot.core.errors import StaleVersion
from blazar_spot.core.fences import CLOSED, OPEN, Fence
from blazar_spot.ports.pool import Sight
from tests.unit.adapters.http_stub import Answer, HttpStub

CONFLICT = Answer(409, {"errors": [{"status": 409, "code": "placement.concurrent_update"}]})
MARKER = {"resource_classes": [{"name": "CUSTOM_SPOT_POOL"}]}
ROOT = "5a3c1f0e-6b7d-4c8e-9f10-2b3c4d5e6f70"
POOL_INVENTORIES = "/resource_providers/pool/inventories"


def _provider(name: str, uuid: str, root: str = ROOT) -> dict[str, Any]:
    return {"name": name, "uuid": uuid, "root_provider_uuid": root, "generation": 1}


def _inventories(totals: dict[str, int], generation: int = 1) -> dict[str, Any]:
    inventories = {name: {"total": total, "reserved": 1, "allocation_ratio": 16.0} for name, total in totals.items()}
    return {"inventories": inventories, "resource_provider_generation": generation}


def _providers(*providers: dict[str, Any]) -> dict[str, Any]:
    return {"resource_providers": list(providers)}


TREE = (
    _provider("host1", ROOT),
    _provider("host1_gpus", "gpus"),
    _provider("blazar_host1", "blazar"),
    _provider("spot_host1", "pool"),
)


@pytest.fixture
def pool(http: HttpStub) -> PlacementPool:
    """Placement as scripted, with one host of four providers and an empty spot pool."""
    http.on("GET", "/resource_providers", _providers(TREE[0]), _providers(*TREE))
    http.on("GET", "/resource_classes", MARKER)
    http.on("GET", f"/resource_providers/{ROOT}/inventories", _inventories({"VCPU": 8, "CUSTOM_GPU": 1}))
    http.on("GET", "/resource_providers/gpus/inventories", _inventories({"CUSTOM_GPU": 3}))
    http.on("GET", POOL_INVENTORIES, _inventories({}, generation=5))
    http.on("PUT", POOL_INVENTORIES, {})
    for name in ("VCPU", "CUSTOM_GPU"):
        http.on("PUT", f"/resource_classes/CUSTOM_SPOT_{name}", Answer(201))
    return PlacementPool(http.session())


def test_a_pool_mirrors_the_whole_tree_but_for_what_is_no_resource_of_the_host(
    http: HttpStub, pool: PlacementPool
) -> None:
    pool.close("host1")
    body = http.requests[-1].body
    assert body["resource_provider_generation"] == 5
    assert body["inventories"]["CUSTOM_SPOT_VCPU"] == {
        "total": 8,
        "reserved": 8,
        "min_unit": 1,
        "max_unit": 8,
        "step_size": 1,
        "allocation_ratio": 1.0,
    }
    assert body["inventories"]["CUSTOM_SPOT_CUSTOM_GPU"]["total"] == 4
    assert body["inventories"].keys() == {"CUSTOM_SPOT_VCPU", "CUSTOM_SPOT_CUSTOM_GPU", "CUSTOM_SPOT_POOL"}


def test_classes_are_made_before_they_are_used_and_only_if_they_are_missing(
    http: HttpStub, pool: PlacementPool
) -> None:
    names = ("CUSTOM_SPOT_POOL", "CUSTOM_SPOT_VCPU")
    http.on("GET", "/resource_classes", {"resource_classes": [{"name": name} for name in names]})
    pool.keep("host1", OPEN, None)
    assert http.asked("PUT") == ["/resource_classes/CUSTOM_SPOT_CUSTOM_GPU", POOL_INVENTORIES]


def test_a_pool_that_is_as_it_has_to_be_is_not_written(http: HttpStub, pool: PlacementPool) -> None:
    present = mirrored({"VCPU": 8, "CUSTOM_GPU": 4}, {}, CLOSED)
    http.on("GET", POOL_INVENTORIES, {"inventories": present, "resource_provider_generation": 5})
    pool.keep("host1", CLOSED, None)
    assert http.asked("PUT") == []


def test_closing_writes_also_what_is_closed_so_that_nobody_opens_what_they_saw_before(
    http: HttpStub, pool: PlacementPool
) -> None:
    present = mirrored({"VCPU": 8, "CUSTOM_GPU": 4}, {}, CLOSED)
    http.on("GET", POOL_INVENTORIES, {"inventories": present, "resource_provider_generation": 5})
    pool.close("host1")
    assert http.requests[-1].body == {"inventories": present, "resource_provider_generation": 5}
    read = [path for path in http.asked("GET") if path.endswith("/inventories")]
    assert read == [POOL_INVENTORIES], "the rest of the host is not asked for"


def test_opening_is_tried_once_at_the_generation_that_was_seen(http: HttpStub, pool: PlacementPool) -> None:
    present = mirrored({"VCPU": 8, "CUSTOM_GPU": 4}, {}, CLOSED)
    http.on("GET", POOL_INVENTORIES, {"inventories": present, "resource_provider_generation": 6})
    http.on("PUT", POOL_INVENTORIES, CONFLICT)
    with pytest.raises(StaleVersion):
        pool.keep("host1", OPEN, Sight(is_closed=True, generation=5))
    assert http.requests[-1].body["resource_provider_generation"] == 5
    assert http.asked("PUT").count(POOL_INVENTORIES) == 1


def test_a_closed_pool_follows_the_host_and_stays_closed(http: HttpStub, pool: PlacementPool) -> None:
    present = mirrored({"VCPU": 2}, {}, CLOSED)
    http.on("GET", POOL_INVENTORIES, {"inventories": present, "resource_provider_generation": 5})
    pool.keep("host1", CLOSED, None)
    inventories = http.requests[-1].body["inventories"]
    assert inventories == mirrored({"VCPU": 8, "CUSTOM_GPU": 4}, {}, CLOSED)


def test_a_class_that_the_host_has_lost_stays_and_takes_nobody(http: HttpStub, pool: PlacementPool) -> None:
    present = mirrored({"VCPU": 8, "CUSTOM_GPU": 4, "CUSTOM_FPGA": 2}, {}, OPEN)
    http.on("GET", "/resource_classes", {"resource_classes": [{"name": name} for name in present]})
    http.on("GET", POOL_INVENTORIES, {"inventories": present, "resource_provider_generation": 5})
    pool.keep("host1", OPEN, None)
    inventories = http.requests[-1].body["inventories"]
    assert inventories["CUSTOM_SPOT_CUSTOM_FPGA"]["reserved"] == 2
    assert inventories["CUSTOM_SPOT_VCPU"]["reserved"] == 0


def test_after_a_conflict_everything_is_read_and_written_again(http: HttpStub, pool: PlacementPool) -> None:
    http.on("GET", POOL_INVENTORIES, _inventories({}, generation=5), _inventories({}, generation=6))
    http.on("PUT", POOL_INVENTORIES, CONFLICT, Answer(200, {}))
    pool.close("host1")
    writes = [request for request in http.requests if request.path == POOL_INVENTORIES and request.method == "PUT"]
    assert [write.body["resource_provider_generation"] for write in writes] == [5, 6]


def test_conflicts_without_end_are_told(http: HttpStub, pool: PlacementPool) -> None:
    http.on("PUT", POOL_INVENTORIES, CONFLICT)
    with pytest.raises(StaleVersion):
        pool.close("host1")
    assert http.asked("PUT").count(POOL_INVENTORIES) == 5


def test_two_that_make_the_same_pool_both_succeed(http: HttpStub, pool: PlacementPool) -> None:
    taken = Answer(409, {"errors": [{"status": 409, "code": "placement.duplicate_name"}]})
    http.on("GET", "/resource_providers", _providers(TREE[0]), _providers(*TREE[:3]), _providers(*TREE))
    http.on("POST", "/resource_providers", taken)
    pool.close("host1")
    assert http.asked("POST") == ["/resource_providers"]
    assert http.requests[-1].path == POOL_INVENTORIES


def test_a_new_pool_is_closed_from_its_first_inventory_on(http: HttpStub, pool: PlacementPool) -> None:
    http.on("GET", "/resource_providers", _providers(TREE[0]), _providers(*TREE[:3]))
    http.on("POST", "/resource_providers", _provider("spot_host1", "pool"))
    pool.close("host1")
    assert http.requests[-1].body["inventories"] == mirrored({"VCPU": 8, "CUSTOM_GPU": 4}, {}, CLOSED)


def test_of_a_pool_that_is_taken_away_the_empty_provider_stays(http: HttpStub, pool: PlacementPool) -> None:
    http.on("GET", "/resource_providers", _providers(TREE[3]))
    http.on("DELETE", POOL_INVENTORIES, CONFLICT, Answer(204))
    pool.remove("host1")
    assert http.asked("DELETE") == [POOL_INVENTORIES, POOL_INVENTORIES]


def test_a_pool_that_is_made_again_has_the_id_that_it_had(http: HttpStub, pool: PlacementPool) -> None:
    http.on("GET", "/resource_providers", *[_providers(TREE[0]), _providers(*TREE[:3])] * 2)
    http.on("POST", "/resource_providers", _provider("spot_host1", "pool"))
    for one in (pool, PlacementPool(http.session())):
        one.close("host1")
    first, second = (request.body for request in http.requests if request.method == "POST")
    assert first == second
    assert first["parent_provider_uuid"] == ROOT != first["uuid"]


def test_all_pools_of_any_number_of_hosts_take_two_requests(http: HttpStub, pool: PlacementPool) -> None:
    every = [_provider(f"spot_host{number}", f"pool{number}") for number in range(1000)]
    http.on("GET", "/resource_providers", _providers(*every), _providers(every[999]))
    pools = pool.pools()
    assert len(pools) == 1000
    assert [host for host, sight in pools.items() if sight.is_closed] == ["host999"]
    queries = [request.query for request in http.requests if request.path == "/resource_providers"]
    assert queries == [{"resources": "CUSTOM_SPOT_POOL:1"}, {"resources": "CUSTOM_SPOT_POOL:2"}]


def test_the_closed_ones_take_one_request_and_a_short_answer(http: HttpStub, pool: PlacementPool) -> None:
    http.on("GET", "/resource_providers", _providers(_provider("spot_host7", "pool7")))
    assert [(host, sight.is_closed) for host, sight in pool.closed_pools().items()] == [("host7", True)]
    queries = [request.query for request in http.requests if request.path == "/resource_providers"]
    assert queries == [{"resources": "CUSTOM_SPOT_POOL:2"}]


def test_a_cloud_without_the_marker_has_no_pools(http: HttpStub, pool: PlacementPool) -> None:
    http.on("GET", "/resource_classes", {"resource_classes": []})
    assert pool.pools() == pool.closed_pools() == {}


def test_a_host_that_was_set_up_again_is_looked_up_again(http: HttpStub, pool: PlacementPool) -> None:
    http.on(
        "GET",
        "/resource_providers",
        _providers(_provider("host1", "old", root="old")),
        _providers(_provider("host1", "old", root="old")),
        _providers(),
        _providers(_provider("host1", "new", root="new")),
        _providers(_provider("host1", "new", root="new")),
    )
    http.on("GET", "/resource_providers/old/allocations", {"allocations": {"server-1": {}}})
    http.on("GET", "/resource_providers/new/allocations", {"allocations": {"server-2": {}}})
    assert pool.consumers("host1") == {"server-1"}
    assert pool.consumers("host1") == {"server-2"}


def test_an_open_pool_withholds_so_much_of_each_class(http: HttpStub, pool: PlacementPool) -> None:
    present = mirrored({"VCPU": 8, "CUSTOM_GPU": 4}, {}, OPEN)
    http.on("GET", POOL_INVENTORIES, {"inventories": present, "resource_provider_generation": 5})
    assert pool.keep("host1", Fence(amounts={"VCPU": 3, "CUSTOM_GPU": 9, "DISK_GB": 1}), None)
    body = http.requests[-1].body
    reserved = {name: inventory["reserved"] for name, inventory in body["inventories"].items()}
    assert reserved == {"CUSTOM_SPOT_VCPU": 3, "CUSTOM_SPOT_CUSTOM_GPU": 4, "CUSTOM_SPOT_POOL": 1}
    assert body["resource_provider_generation"] == 5


@pytest.mark.parametrize("present", [CLOSED, Fence(amounts={"VCPU": 4})])
def test_nothing_is_let_go_of_that_nobody_has_seen(http: HttpStub, pool: PlacementPool, present: Fence) -> None:
    inventories = mirrored({"VCPU": 8, "CUSTOM_GPU": 4}, {}, present)
    http.on("GET", POOL_INVENTORIES, {"inventories": inventories, "resource_provider_generation": 5})
    with pytest.raises(StaleVersion):
        pool.keep("host1", Fence(amounts={"VCPU": 3}), None)
    assert http.asked("PUT") == []


def test_a_closed_pool_of_a_host_that_has_shrunk_is_written_whoever_saw_it(http: HttpStub, pool: PlacementPool) -> None:
    inventories = mirrored({"VCPU": 80, "CUSTOM_GPU": 40}, {}, CLOSED)
    http.on("GET", POOL_INVENTORIES, {"inventories": inventories, "resource_provider_generation": 5})
    assert pool.keep("host1", CLOSED, Sight(is_closed=True, generation=1))
    assert http.requests[-1].body["resource_provider_generation"] == 5


def test_what_has_changed_in_any_number_of_trees_takes_one_request(http: HttpStub, pool: PlacementPool) -> None:
    first = [provider | {"generation": number} for number, provider in enumerate(TREE)]
    second = [first[3] | {"generation": 9}, *first[:3], _provider("host2", "two", root="two")]
    http.on("GET", "/resource_providers", _providers(*first), _providers(*reversed(first)), _providers(*second))
    one, same, other = (pool.revisions() for _ in range(3))
    assert one == same
    assert one.keys() == {"host1"}
    assert other.keys() == {"host1", "host2"}
    assert other["host1"] != one["host1"]
    assert http.asked("GET") == ["/resource_providers"] * 3
