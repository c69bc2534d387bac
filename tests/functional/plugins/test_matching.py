# SPDX-License-Identifier: Apache-2.0
"""The same hosts match as with upstream's own functions, and the same is told of them."""

import pytest
from blazar.db import api as db_api
from blazar.db.sqlalchemy import models
from blazar.manager.exceptions import MalformedRequirements
from blazar.plugins.oshosts.host_plugin import PhysicalHostPlugin

from blazar_spot.core.reservable import COLUMNS, Requirement, meeting
from blazar_spot.plugins import inventory
from blazar_spot.plugins.matching import details, matching, stocked
from tests.functional.plugins.reservations import HOUR, Reservations
from tests.functional.plugins.slot_reservations import inventory as inventory_of


@pytest.fixture(autouse=True)
def hosts(reservations: Reservations) -> None:
    """Four hosts that differ in size and in what their operator says of them; one is said nothing of."""
    reservations.add_hosts("gpu-1", "gpu-2", "gpu-3", "gpu-4")
    for number, (model, rack) in enumerate([("a100", "r1"), ("A100", "r2"), ("h100", "r1")], start=1):
        db_api.host_update(str(number), {"vcpus": 8 * number})
        for name, value in (("gpu_model", model), ("rack", rack)):
            db_api.host_extra_capability_create(
                {"computehost_id": str(number), "property_name": name, "capability_value": value}
            )


@pytest.mark.parametrize(
    "requirements",
    [
        [],
        ["vcpus > 8"],
        ["vcpus >= 8", "vcpus < 24"],
        ["hypervisor_hostname == gpu-2"],
        ["hypervisor_hostname != gpu-2"],
        ["id == 2"],
        ["id == 2", "hypervisor_hostname == gpu-3"],
        ["status == null"],
        ["gpu_model == a100"],
        ["gpu_model != a100"],
        ["gpu_model > a"],
        ["gpu_model == a100", "rack == r1"],
        ["rack == r1", "vcpus > 8"],
        ["rack == r3"],
    ],
)
def test_the_same_hosts_match(requirements: list[str]) -> None:
    ours = sorted(host.id for host in matching(requirements))
    assert ours == sorted(host["id"] for host in db_api.host_get_all_by_queries(requirements))
    wanted = [Requirement(*one.split(" ", 2)) for one in requirements]
    assert ours == sorted(host.id for host in meeting(inventory.hosts(), wanted))


@pytest.mark.parametrize("requirements", [[], ["vcpus > 8"], ["gpu_model > a", "rack == r1"]])
def test_the_same_hosts_have_the_stock_that_blazar_knows(requirements: list[str]) -> None:
    for name in ("VCPU", "CUSTOM_GPU"):
        db_api.host_resource_inventory_create(inventory_of("1", name, 8))
    found = stocked(requirements)
    assert sorted(host.id for host, _ in found) == sorted(host.id for host in matching(requirements))
    for host, stock in found:
        known = db_api.host_resource_inventory_get_all_per_host(host.id)
        assert sorted((row.resource_class, row.total, row.reserved, row.max_unit) for row in stock) == sorted(
            (row["resource_class"], row["total"], row["reserved"], row["max_unit"]) for row in known
        )
    assert {host.id for host, stock in found if stock} <= {"1"}


def test_what_is_published_of_hosts_are_the_columns_that_blazar_has_and_no_secret() -> None:
    published = inventory.hosts()
    columns = {column.name for column in models.ComputeHost.__table__.columns}
    assert columns - COLUMNS == {"trust_id"}
    assert len(published) == 4
    assert all("trust_id" not in host.properties for host in published)


def test_a_capability_that_no_host_has_is_unknown() -> None:
    with pytest.raises(MalformedRequirements, match="colour"):
        matching(["colour == red"])


def test_the_same_is_told_of_a_host(reservations: Reservations) -> None:
    told = details(["1", "4"])
    for host in told:
        assert told[host] == PhysicalHostPlugin.get(reservations.plugin, host)
    assert details([]) == {}


def test_the_same_allocations_are_listed(reservations: Reservations) -> None:
    lease = reservations.lease(start_in=HOUR, count=2)
    for query in ({}, {"reservation_id": lease["reservations"][0]["id"]}, {"lease_id": lease["id"]}):
        ours = reservations.plugin.list_allocations(dict(query))
        assert ours == PhysicalHostPlugin.list_allocations(reservations.plugin, dict(query))
        assert sum(bool(host["reservations"]) for host in ours) == 2


def test_a_host_is_told_as_it_is_when_nothing_was_listed_before(reservations: Reservations) -> None:
    reservations.plugin.allocation_candidates(reservations.values(start_in=HOUR))
    db_api.host_update("1", {"vcpus": 5})
    for _ in range(2):
        seen = reservations.plugin.get("1")
    assert seen is not None
    assert seen["vcpus"] == 5


def test_blazars_hosts_are_published_and_forgotten_when_it_has_them_no_more(reservations: Reservations) -> None:
    def published() -> list[str]:
        with reservations.world.store.begin() as work:
            return [host.host for host in work.reservable_hosts()]

    reservations.poll()
    assert published() == ["gpu-1", "gpu-2", "gpu-3", "gpu-4"]
    writes = reservations.world.store.writes
    reservations.world.pass_time(inventory.EVERY)
    reservations.poll()
    assert reservations.world.store.writes == writes
    db_api.host_destroy("2")
    reservations.poll()
    assert published() == ["gpu-1", "gpu-2", "gpu-3", "gpu-4"]
    reservations.world.pass_time(inventory.EVERY)
    reservations.poll()
    assert published() == ["gpu-1", "gpu-3", "gpu-4"]
