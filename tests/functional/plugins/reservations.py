# SPDX-License-Identifier: Apache-2.0
"""Blazar's own manager with our plugin, over Blazar's database layer on SQLite and a cloud in memory.

Leases are made, moved and ended by the very code that does it in blazar-manager. What stands in is only what lies
behind the network: Nova's aggregates and servers, Keystone's trusts, the message bus.
"""

from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

from blazar import context, status
from blazar.db import api as db_api
from blazar.enforcement import UsageEnforcement
from blazar.manager.service import ManagerService
from blazar.plugins.oshosts import RESOURCE_TYPE
from oslo_config import cfg
from oslo_utils import timeutils

from blazar_spot import wiring
from blazar_spot.core.flavors import Flavor
from blazar_spot.core.instants import MINUTE_FORMAT, minute
from blazar_spot.core.policy import Policy
from blazar_spot.core.promises import Claim, Standing
from blazar_spot.plugins.hosts import SpotHostPlugin
from blazar_spot.plugins.settings import Settings
from blazar_spot.testing.clock import FakeClock
from blazar_spot.testing.cloud import FakeCloud
from blazar_spot.testing.store import FakeStore

SERVICE = "compute-of-"
MINUTE = 60
HOUR = 3600
POLL = 5
PCI_ALIASES = {"a-gpu": "CUSTOM_GPU"}
CATALOG = [{"type": "identity", "endpoints": [{"interface": "internal", "region": None, "url": "http://127.0.0.1"}]}]


def a_context() -> context.BlazarContext:
    """In which one call of the manager is carried out."""
    return context.BlazarContext(user_id="user", project_id="project", service_catalog=CATALOG)


class World:
    """The cloud, the engine's whole over it, and a clock for all of them."""

    def __init__(self) -> None:
        self.clock = FakeClock()
        self.cloud = FakeCloud(self.clock)
        self.store = FakeStore()
        self.is_nova_broken = False
        self.cloud.add_flavor(Flavor(name="spot", vcpus=4, memory_mb=4096, disk_gb=0), preemptible=True, enrolled=True)
        self.cloud.add_flavor(Flavor(name="plain", vcpus=4, memory_mb=4096, disk_gb=0))
        self.whole = wiring.assemble(self.store, self.cloud, self.cloud, self.clock, Policy())
        self.settings = Settings(self.whole, POLL)

    def pass_time(self, seconds: int) -> None:
        """Let time pass for everybody, Blazar included."""
        self.clock.advance(seconds)
        self.set_blazars_time()

    def set_blazars_time(self) -> None:
        timeutils.set_time_override(self.naive(self.clock.now()))

    def minute_from_now(self, seconds: int) -> int:
        """The whole minute so long from now."""
        instant = self.clock.now() + seconds
        return instant - instant % MINUTE

    @staticmethod
    def naive(instant: int) -> datetime:
        """The instant as Blazar keeps it."""
        return datetime.fromtimestamp(instant, UTC).replace(tzinfo=None)


class Aggregates:
    """What Blazar's ``ReservationPool`` does to Nova, done to the cloud in memory."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._cloud = world.cloud

    def create(self, name: str, az: str | None = None, metadata: dict[str, str] | None = None) -> Any:
        if self._world.is_nova_broken:
            raise RuntimeError("Nova does not create aggregates now")
        return self._cloud.add_aggregate(name, zone=az, metadata=metadata or {})

    def add_computehost(self, *_: Any, **__: Any) -> None:
        raise AssertionError("this deletes every server on the host")


class Reservations:
    """What a user, an operator and the passing of time do."""

    def __init__(
        self, world: World, rebinding_margin: int | None = None, kinds: tuple[type[Any], ...] = (SpotHostPlugin,)
    ) -> None:
        """The plugins that an operator names are built in their order; the first one's monitor polls."""
        self.world = world
        self.stranger = ""
        world.settings = Settings(world.whole, POLL, rebinding_margin, PCI_ALIASES)
        made = [kind() for kind in kinds]
        self.plugin = made[0]
        self._manager = ManagerService.__new__(ManagerService)
        self._manager.plugins = {plugin.resource_type: plugin for plugin in made}
        self._manager.resource_actions = self._manager._setup_actions()
        self.enable_filters(["SpotGuaranteeFilter"])

    def enable_filters(self, names: list[str]) -> None:
        cfg.CONF.set_override("enabled_filters", names, group="enforcement")
        self._manager.enforcement = UsageEnforcement()

    def set_cleaning_time(self, minutes: int) -> None:
        cfg.CONF.set_override("cleaning_time", minutes)

    def break_aggregates(self) -> None:
        """Let Nova refuse to create aggregates."""
        self.world.is_nova_broken = True

    def add_hosts(self, *names: str) -> None:
        for number, name in enumerate(names, len(self.world.cloud.hosts) + 1):
            self.world.cloud.add_host(name, {"VCPU": 8, "MEMORY_MB": 8192}, service_host=SERVICE + name)
            db_api.host_create(
                {
                    "id": str(number),
                    "vcpus": 8,
                    "cpu_info": "",
                    "hypervisor_type": "fake",
                    "hypervisor_version": 1,
                    "hypervisor_hostname": name,
                    "service_name": SERVICE + name,
                    "memory_mb": 8192,
                    "local_gb": 0,
                    "availability_zone": "",
                    "trust_id": "trust",
                }
            )
        self.world.whole.engine.tick()

    def spot(self, host: str) -> str:
        """A spot instance that the engine has seen running on the host."""
        server = self.world.cloud.boot("spot", host=host)
        self.world.pass_time(10)
        self.world.whole.engine.tick()
        return server

    def lease(self, start_in: int, minutes: int = 60, *, count: int = 1, at_most: int | None = None) -> dict[str, Any]:
        """Create a lease that starts in so many seconds, at a whole minute."""
        return self._create(self.world.minute_from_now(start_in), minutes, _of_hosts(count, at_most or count))

    def lease_with(self, start_in: int, count: int, **properties: str) -> dict[str, Any]:
        """Create a lease of hosts with these properties."""
        return self._create(self.world.minute_from_now(start_in), 60, {**_of_hosts(count, count), **properties})

    def lease_of(self, start_in: int, *counts: int) -> dict[str, Any]:
        """Create a lease with a reservation for each of these numbers of hosts."""
        wanted = [_of_hosts(count, count) for count in counts]
        return self._create(self.world.minute_from_now(start_in), 60, *wanted)

    def lease_with_another(self, start_in: int, other: Any) -> dict[str, Any]:
        """Create a lease of one host and of something that another plugin reserves."""
        self._manager.plugins["other"] = other
        return self._create(self.world.minute_from_now(start_in), 60, _of_hosts(1, 1), {"resource_type": "other"})

    def values(self, start_in: int, minutes: int = 60, *, count: int = 1) -> dict[str, Any]:
        """A reservation's values as the manager passes them to the plugin."""
        start_at = self.world.minute_from_now(start_in)
        dates = {"start_date": self.world.naive(start_at), "end_date": self.world.naive(start_at + minutes * MINUTE)}
        return {**_of_hosts(count, count), **dates}

    def lease_at(self, start: str, minutes: int = 60) -> dict[str, Any]:
        """Create a lease of one host that starts when the answer says."""
        start_at = int(datetime.strptime(start, MINUTE_FORMAT).replace(tzinfo=UTC).timestamp())
        return self._create(start_at, minutes, _of_hosts(1, 1))

    def _create(self, start_at: int, minutes: int, *wanted: dict[str, Any]) -> dict[str, Any]:
        values = {
            "name": f"lease-{len(db_api.lease_list())}",
            "user_id": "user",
            "trust_id": "trust",
            "start_date": minute(start_at),
            "end_date": minute(start_at + minutes * MINUTE),
            "reservations": list(wanted),
        }
        with a_context():
            created: dict[str, Any] = self._manager.create_lease(values)
        return created

    def update(self, lease: dict[str, Any], **values: Any) -> dict[str, Any]:
        """Update a lease; dates are given as instants, reservation parameters for its one reservation."""
        dates = {name: minute(values.pop(name)) for name in ("start_date", "end_date") if name in values}
        more = {"reservations": [{"id": lease["reservations"][0]["id"], **values}]} if values else {}
        with a_context():
            updated: dict[str, Any] = self._manager.update_lease(lease_id=lease["id"], values={**dates, **more})
        return updated

    def start(self, lease: dict[str, Any]) -> None:
        self._event(lease, "start_lease")

    def run_events(self) -> None:
        """Do what is due, as Blazar's manager does every few seconds."""
        self._manager._process_events()

    def end(self, lease: dict[str, Any]) -> None:
        self._event(lease, "end_lease")

    def delete(self, lease: dict[str, Any]) -> None:
        self._manager.delete_lease(lease_id=lease["id"])

    def poll(self) -> dict[str, Any]:
        """What Blazar's polling monitor does every few seconds."""
        flags: dict[str, Any] = self.plugin.monitor.poll()
        return flags

    def join_late(self) -> None:
        """One of the duties of the poll, alone."""
        self.plugin._doors.join_late()

    def run_until(self, instant: int) -> None:
        """Let the engine tick and the monitor poll until then, less often while it is long."""
        while (left := instant - self.world.clock.now()) > 0:
            self.world.pass_time(min(left, MINUTE if left > 3 * MINUTE else POLL))
            self.world.whole.engine.tick()
            self.poll()

    def now(self, lease: dict[str, Any]) -> SimpleNamespace:
        """The lease and its reservation as they are stored."""
        stored = db_api.lease_get(lease["id"])
        reservation = stored["reservations"][0]
        return SimpleNamespace(
            status=stored["status"],
            is_degraded=stored["degraded"],
            is_missing=reservation["missing_resources"],
            reservation=reservation,
            hosts=self.hosts(lease),
        )

    def hosts(self, lease: dict[str, Any]) -> list[str]:
        """The hosts that the lease's reservation is allocated."""
        rows = db_api.host_allocation_get_all_by_values(reservation_id=lease["reservations"][0]["id"])
        return sorted(db_api.host_get(row["compute_host_id"])["hypervisor_hostname"] for row in rows)

    def served(self, lease: dict[str, Any]) -> list[str]:
        """The hosts in the reservation's aggregate."""
        name = lease["reservations"][0]["id"]
        aggregates = [one for one in self.world.cloud.aggregates.values() if one.name == name]
        return sorted(host.removeprefix(SERVICE) for one in aggregates for host in one.hosts)

    def free(self) -> list[str]:
        """The hosts in the freepool."""
        return sorted(host.removeprefix(SERVICE) for host in self.world.cloud.freepool.hosts)

    def aggregates(self) -> list[str]:
        """The names of all aggregates but the freepool."""
        return sorted(one.name for one in self.world.cloud.aggregates.values() if one is not self.world.cloud.freepool)

    def claims(self, *standings: Standing) -> list[Claim]:
        return [claim for claim in self.world.store.claims if claim.standing in standings]

    def start_of(self, lease: dict[str, Any]) -> int:
        return int(lease["start_date"].replace(tzinfo=UTC).timestamp())

    def _event(self, lease: dict[str, Any], event_type: str) -> None:
        event = db_api.event_get_first_sorted_by_filters(
            "lease_id", "asc", {"lease_id": lease["id"], "event_type": event_type}
        )
        # Below what a test may break.
        db_api.IMPL.event_update(event["id"], {"status": status.event.IN_PROGRESS})
        getattr(self._manager, event_type)(lease_id=lease["id"], event_id=event["id"])


def fail(reservations: Reservations, host: str) -> dict[str, Any]:
    """A host fails, as upstream's monitor finds it."""
    (failed,) = db_api.host_get_all_by_queries([f"hypervisor_hostname == {host}"])
    db_api.host_update(failed["id"], {"reservable": False})
    flags: dict[str, Any] = reservations.plugin.monitor.heal()
    return flags


def recover(host: str) -> None:
    """It is back, as upstream's monitor finds it."""
    (back,) = db_api.host_get_all_by_queries([f"hypervisor_hostname == {host}"])
    db_api.host_update(back["id"], {"reservable": True})


def _of_hosts(count: int, at_most: int) -> dict[str, Any]:
    return {
        "resource_type": RESOURCE_TYPE,
        "min": count,
        "max": at_most,
        "hypervisor_properties": "",
        "resource_properties": "",
    }
