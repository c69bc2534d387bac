# SPDX-License-Identifier: Apache-2.0
"""How often our plugins ask a database for one lease: as often for ten hosts as for thousands.

Blazar's own bookkeeping around it does not count; what Blazar asks of the plugins does, and ours and the promises'
database both do. A change is judged twice, by the filter and then with the calendar locked, and what is to be given
back if it fails is read before, so it takes more than a new lease does.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy
from blazar.db.sqlalchemy import facade_wrapper, models
from sqlalchemy import insert

from blazar_spot import wiring
from blazar_spot.core.policy import Policy
from blazar_spot.db.engine import Database
from blazar_spot.db.migration import sync
from blazar_spot.db.store import SqlStore
from blazar_spot.plugins.filter import SpotGuaranteeFilter
from tests.functional.plugins.reservations import HOUR, SERVICE, Reservations, World
from tests.functional.plugins.slot_reservations import KINDS, SlotReservations, inventory

READS = 10
CHANGES_OF_HOSTS = {"later": 16, "longer": 18, "shorter": 7, "earlier": 21, "more": 31}
CHANGES_OF_INSTANCES = {"later": 17, "longer": 19, "shorter": 8, "earlier": 20, "more": 28}
CHANGES_OF_FLAVORS = {"later": 19, "longer": 21, "shorter": 10, "earlier": 22}
ASKED = (
    "allocation_candidates",
    "query_allocations",
    "list_allocations",
    "get",
    "reserve_resource",
    "update_reservation",
)
"""What Blazar calls for a new lease or a changed one."""
INVENTORIES = {"VCPU": 8, "MEMORY_MB": 8192, "CUSTOM_GPU": 4}


class Statements:
    """The statements that the plugin and the filter have made."""

    def __init__(self) -> None:
        self.made: list[str] = []
        self._depth = 0

    def of(self, verb: str) -> int:
        return sum(statement.startswith(verb) for statement in self.made)

    def note(self, connection: object, cursor: object, statement: str, *more: object) -> None:
        if self._depth:
            self.made.append(statement)

    def watched(self, act: Callable[..., Any]) -> Callable[..., Any]:
        def watch(*values: Any, **more: Any) -> Any:
            self._depth += 1
            try:
                return act(*values, **more)
            finally:
                self._depth -= 1

        return watch


@contextmanager
def watching(monkeypatch: pytest.MonkeyPatch) -> Iterator[Statements]:
    statements = Statements()
    for kind in KINDS:
        for name in ASKED:
            monkeypatch.setattr(kind, name, statements.watched(getattr(kind, name)))
    for name in ("check_create", "check_update"):
        monkeypatch.setattr(SpotGuaranteeFilter, name, statements.watched(getattr(SpotGuaranteeFilter, name)))
    sqlalchemy.event.listen(sqlalchemy.Engine, "before_cursor_execute", statements.note)
    yield statements
    sqlalchemy.event.remove(sqlalchemy.Engine, "before_cursor_execute", statements.note)


@pytest.fixture
def world(world: World, tmp_path: Path) -> World:
    """The promises are in a real database, so that what is asked of it counts too."""
    database = Database(f"sqlite:///{tmp_path / 'promises.sqlite'}")
    sync(database)
    world.whole = wiring.assemble(SqlStore(database), world.cloud, world.cloud, world.clock, Policy())
    return world


def add(count: int) -> None:
    """So many hosts in Blazar, each with the traits and inventories that a GPU host has, and a model of its GPUs."""
    with facade_wrapper.session_for_write() as session:
        model = models.ResourceProperty(id="model", resource_type="physical:host", property_name="gpu_model")
        session.add(model)
        session.flush()
        session.execute(
            insert(models.ComputeHost),
            [
                {
                    "id": str(number),
                    "vcpus": 8,
                    "cpu_info": "",
                    "hypervisor_type": "fake",
                    "hypervisor_version": 1,
                    "hypervisor_hostname": f"host-{number}",
                    "service_name": f"{SERVICE}host-{number}",
                    "memory_mb": 8192,
                    "local_gb": 0,
                    "availability_zone": "",
                    "trust_id": "trust",
                }
                for number in range(count)
            ],
        )
        session.execute(
            insert(models.ComputeHostExtraCapability),
            [
                {
                    "id": f"model-of-{number}",
                    "computehost_id": str(number),
                    "property_id": "model",
                    "capability_value": "a100" if number % 2 else "h100",
                }
                for number in range(count)
            ],
        )
        session.execute(
            insert(models.ComputeHostResourceInventory),
            [
                {"id": f"{name}-of-{number}", **inventory(str(number), name, total)}
                for number in range(count)
                for name, total in INVENTORIES.items()
            ],
        )


@pytest.mark.parametrize("hosts", [10, 10_000])
@pytest.mark.parametrize("count", [1, 4])
def test_a_lease_is_asked_for_with_few_reads_however_many_hosts_there_are(
    reservations: Reservations, monkeypatch: pytest.MonkeyPatch, hosts: int, count: int
) -> None:
    add(hosts)
    with watching(monkeypatch) as statements:
        lease = reservations.lease_with(5 * HOUR, count, resource_properties='["==", "$gpu_model", "a100"]')
    assert all(int(host.removeprefix("host-")) % 2 for host in reservations.hosts(lease))
    assert len(reservations.hosts(lease)) == count
    assert statements.of("SELECT") == READS
    assert statements.of("INSERT") == 4, "all allocations, the reservation; all claims and all their reclaims"
    assert statements.of("UPDATE") == statements.of("DELETE") == 0


def reads_of_moves(slots: SlotReservations, statements: Statements, lease: dict[str, Any]) -> dict[str, int]:
    """How often is read for each change of the lease's window."""
    start = slots.start_of(lease)
    windows = {"later": (1, 2), "longer": (1, 4), "shorter": (1, 3), "earlier": (0, 3)}
    reads = {}
    for name, (first, last) in windows.items():
        statements.made.clear()
        slots.update(lease, start_date=start + first * HOUR, end_date=start + last * HOUR)
        reads[name] = statements.of("SELECT")
    return reads


@pytest.mark.parametrize(("hosts", "count"), [(10, 1), (10, 4), (2_000, 4)])
def test_a_lease_of_hosts_is_changed_with_as_few_reads_however_many_there_are(
    slots: SlotReservations, monkeypatch: pytest.MonkeyPatch, hosts: int, count: int
) -> None:
    add(hosts)
    wanted = {"resource_properties": '["==", "$gpu_model", "a100"]'}
    lease = slots.lease_with(5 * HOUR, count, **wanted)
    with watching(monkeypatch) as statements:
        reads = reads_of_moves(slots, statements, lease)
        statements.made.clear()
        slots.update(lease, min=count + 1, max=count + 1, hypervisor_properties="", **wanted)
        reads["more"] = statements.of("SELECT")
    assert len(slots.hosts(lease)) == count + 1
    assert reads == CHANGES_OF_HOSTS


@pytest.mark.parametrize(("hosts", "count"), [(10, 1), (10, 16), (2_000, 16)])
def test_a_lease_of_instances_is_made_and_changed_with_as_few_reads_however_many_hosts_and_slots_there_are(
    slots: SlotReservations, monkeypatch: pytest.MonkeyPatch, hosts: int, count: int
) -> None:
    add(hosts)
    with watching(monkeypatch) as statements:
        lease = slots.instance_lease(5 * HOUR, count)
        assert statements.of("SELECT") == READS
        assert statements.of("INSERT") == 4, "all slots, the reservation; all claims and all their reclaims"
        reads = reads_of_moves(slots, statements, lease)
        statements.made.clear()
        slots.update(lease, amount=count + 4)
        reads["more"] = statements.of("SELECT")
    assert len(slots.hosts(lease)) == count + 4
    assert reads == CHANGES_OF_INSTANCES


@pytest.mark.parametrize(("hosts", "count"), [(10, 1), (10, 16), (2_000, 16)])
def test_a_lease_of_a_flavor_is_made_and_changed_with_as_few_reads_however_many_hosts_and_slots_there_are(
    slots: SlotReservations, monkeypatch: pytest.MonkeyPatch, hosts: int, count: int
) -> None:
    add(hosts)
    with watching(monkeypatch) as statements:
        lease = slots.flavor_lease(5 * HOUR, count)
        assert statements.of("SELECT") == READS
        assert statements.of("INSERT") == 4, "all slots, the reservation; all claims and all their reclaims"
        reads = reads_of_moves(slots, statements, lease)
    assert len(slots.hosts(lease)) == count
    assert reads == CHANGES_OF_FLAVORS
