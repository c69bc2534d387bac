# SPDX-License-Identifier: Apache-2.0
"""Whatever is done to spot pools and hosts in a real Placement is put right by the next sweep."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

from blazar_spot.devcloud.cloud import Cloud
from blazar_spot.enforcement.pools import Pools
from blazar_spot.testing.store import FakeStore
from tests.contract.stage import PER_HOST, POOLED, SPOT, booted, refused, told

if TYPE_CHECKING:
    from tests.functional.adapters.real_stage import RealStage

Sweep = Callable[[], None]
MARKER = "CUSTOM_SPOT_POOL"
GPU = "CUSTOM_SPOT_CUSTOM_GPU"


@pytest.fixture
def sweep(stage: "RealStage") -> Sweep:
    """One tick of the pools' part of an engine, with a sweep in it."""
    pools = Pools(FakeStore(), stage.compute, stage.pool, sweep_seconds=0, headroom_hosts=0)

    def tick() -> None:
        servers = stage.compute.spot_servers()
        pools.settle(pools.fence(0), [server for server in servers if server.unpooled], {}, 0)

    tick()
    return tick


def test_an_unpooled_instance_takes_its_room_from_the_pool_until_it_is_gone(stage: "RealStage", sweep: Sweep) -> None:
    unpooled = booted(stage, SPOT, stage.one)
    sweep()
    assert stage.inventories(f"spot_{stage.one.host}")[GPU]["reserved"] == 1
    for _ in range(PER_HOST - 1):
        booted(stage, POOLED, stage.one)
    refused(stage, POOLED, stage.one)
    stage.compute.delete(unpooled, force=True)
    stage.until(lambda: told(stage, unpooled) is None, "it is gone")
    sweep()
    assert stage.inventories(f"spot_{stage.one.host}")[GPU]["reserved"] == 0


def test_a_pool_that_its_compute_knows_can_be_deleted_and_comes_back_without_harm(
    cloud: Cloud, stage: "RealStage", sweep: Sweep
) -> None:
    cloud.service(f"compute-{stage.one.service_host}").restart()  # it learns of the pool, and looks minutes later again
    stage.delete_provider(f"spot_{stage.one.host}")
    sweep()
    booted(stage, POOLED, stage.one)


def _reserving(inventory: dict[str, Any], reserved: int) -> dict[str, Any]:
    return {**inventory, "reserved": reserved}


# What follows is not done to a host on which a server is to be started soon: a provider that somebody deletes keeps the
# host's nova-compute from starting any until it is there again, or nova-compute looks anew.
ACCIDENTS: dict[str, Callable[["RealStage", str, dict[str, Any]], None]] = {
    "deleted": lambda stage, pool, _: stage.delete_provider(pool),
    "emptied": lambda stage, pool, present: stage.edit(pool, **dict.fromkeys(present)),
    "marker gone": lambda stage, pool, _: stage.edit(pool, **{MARKER: None}),
    "class gone": lambda stage, pool, _: stage.edit(pool, **{GPU: None}),
    "closed": lambda stage, pool, present: stage.edit(pool, **{MARKER: _reserving(present[MARKER], 0)}),
    "partly closed": lambda stage, pool, present: stage.edit(pool, **{GPU: _reserving(present[GPU], 2)}),
}


@pytest.mark.parametrize("accident", ACCIDENTS)
def test_a_pool_comes_back_as_it_was(stage: "RealStage", sweep: Sweep, accident: str) -> None:
    pool = f"spot_{stage.one.host}"
    before = stage.inventories(pool)
    assert before[GPU]["total"] == PER_HOST
    ACCIDENTS[accident](stage, pool, before)
    sweep()
    assert stage.inventories(pool) == before


def test_a_pool_follows_its_host(stage: "RealStage", sweep: Sweep) -> None:
    pool, shadow = f"spot_{stage.one.host}", "CUSTOM_SPOT_CUSTOM_CONTRACT"
    stage.add_provider("contract", stage.one)
    for total in (3, 5, 2):
        stage.edit("contract-contract", CUSTOM_CONTRACT={"total": total})
        sweep()
        assert (stage.inventories(pool)[shadow]["total"], stage.inventories(pool)[shadow]["reserved"]) == (total, 0)
    stage.delete_provider("contract-contract")
    sweep()
    assert (stage.inventories(pool)[shadow]["total"], stage.inventories(pool)[shadow]["reserved"]) == (2, 2)
