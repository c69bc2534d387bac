# SPDX-License-Identifier: Apache-2.0
"""How often our plugin asks a database for one lease: as often for ten hosts as for thousands.

Blazar's own bookkeeping around it does not count; ours and the promises' database both do.
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
from blazar_spot.plugins.hosts import SpotHostPlugin
from tests.functional.plugins.reservations import HOUR, SERVICE, Reservations, World

READS = 10


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
    for name in ("allocation_candidates", "get", "reserve_resource"):
        monkeypatch.setattr(SpotHostPlugin, name, statements.watched(getattr(SpotHostPlugin, name)))
    monkeypatch.setattr(SpotGuaranteeFilter, "check_create", statements.watched(SpotGuaranteeFilter.check_create))
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
