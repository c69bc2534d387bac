# SPDX-License-Identifier: Apache-2.0
"""Reservations of slots in Blazar's own manager, with what stands in for Nova's flavors and Placement behind Blazar."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

from blazar.db import api as db_api
from blazar.plugins.flavor import RESOURCE_TYPE as FLAVORS
from blazar.plugins.instances import RESOURCE_TYPE as INSTANCES
from blazar.plugins.instances.instance_plugin import nova_exceptions

from blazar_spot.core.flavors import Flavor
from blazar_spot.plugins.flavors import SpotFlavorPlugin
from blazar_spot.plugins.hosts import SpotHostPlugin
from blazar_spot.plugins.instances import SpotInstancePlugin
from tests.functional.plugins.reservations import Aggregates, Reservations, World

GPUS = {"CUSTOM_GPU": 4}


class SharedAggregates(Aggregates):
    """Aggregates whose hosts stay in the freepool."""

    def delete(self, pool: str) -> None:
        (aggregate,) = (one for one in self._cloud.aggregates.values() if one.name == pool)
        for host in list(aggregate.hosts):
            self._cloud.leave_aggregate(aggregate.id, host)
            self._cloud.join_aggregate(self._cloud.freepool.id, host)
        del self._cloud.aggregates[aggregate.id]


class Placement:
    """Blazar's client for Placement."""

    def __init__(self, world: World) -> None:
        self._world = world
        self.classes: set[str] = set()
        self.traits: dict[str, set[str]] = {}
        self.is_broken = False

    def create_reservation_class(self, reservation_id: str) -> None:
        self.classes.add(reservation_id)

    def delete_reservation_class(self, reservation_id: str) -> None:
        self.classes.discard(reservation_id)

    def update_reservation_inventory(self, host: str, reservation_id: str, num: int, additional: bool = False) -> None:
        if self.is_broken:
            raise RuntimeError("Placement does not answer")
        self._world.cloud.furnish(host, reservation_id, num)

    def delete_reservation_inventory(self, host: str, reservation_id: str) -> None:
        self._world.cloud.furnish(host, reservation_id, 0)

    def get(self, url: str) -> SimpleNamespace:
        """A resource class, if some provider has or had any of it."""
        name = url.removeprefix("/resource_classes/")
        is_there = any(name in host.reserved.totals for host in self._world.cloud.hosts.values())
        return SimpleNamespace(status_code=200 if is_there else 404)

    def list_resource_providers(self, query: str, microversion: str = "") -> list[dict[str, str]]:
        if query.startswith("resources="):
            name = query.removeprefix("resources=").removesuffix(":1")
            hosts = self._world.cloud.hosts.values()
            return [{"name": f"blazar_{host.name}"} for host in hosts if host.reserved.totals.get(name)]
        wanted = query.removeprefix("required=").split(",")
        return [
            {"name": host}
            for host in self._world.cloud.hosts
            if all((one.lstrip("!") in self.traits.get(host, ())) is not one.startswith("!") for one in wanted)
        ]


class NovaFlavor:
    """A flavor as novaclient has it."""

    def __init__(self, world: World, flavor: Flavor) -> None:
        self._world = world
        self.id = flavor.name

    @property
    def _flavor(self) -> Flavor:
        return self._world.cloud.flavors[self.id]

    def __getattr__(self, name: str) -> Any:
        return self.to_dict()[name]

    def to_dict(self) -> dict[str, Any]:
        one = self._flavor
        sizes = {"vcpus": one.vcpus, "ram": one.memory_mb, "disk": one.disk_gb, "OS-FLV-EXT-DATA:ephemeral": 0}
        return {"id": self.id, "name": one.name, **sizes, "links": []}

    def get_keys(self) -> dict[str, str]:
        return dict(self._flavor.extra_specs)

    def set_keys(self, specs: dict[str, str]) -> None:
        self._world.cloud.add_flavor(replace(self._flavor, extra_specs={**self._flavor.extra_specs, **specs}))


class Nova:
    """Blazar's client for Nova, which hides a second one."""

    def __init__(self, world: World) -> None:
        self._world = world
        self.opened: list[tuple[str, str]] = []
        self.groups: list[str] = []
        self.nova = self.flavors = self.server_groups = self.flavor_access = self.servers = self.client = self
        self.session = SimpleNamespace(timeout=None)

    def get(self, name: str) -> NovaFlavor:
        return NovaFlavor(self._world, self._flavor(name))

    def _flavor(self, name: str) -> Flavor:
        if name not in self._world.cloud.flavors:
            raise nova_exceptions.NotFound(404)
        return self._world.cloud.flavors[name]

    def create(self, *group: str, **flavor: Any) -> Any:
        if group:
            self.groups.append(group[1])
            return SimpleNamespace(id=f"group-{len(self.groups)}")
        if flavor["flavorid"] in self._world.cloud.flavors:
            raise nova_exceptions.Conflict(409)
        return NovaFlavor(
            self._world,
            self._world.cloud.add_flavor(
                Flavor(name=flavor["flavorid"], vcpus=flavor["vcpus"], memory_mb=flavor["ram"], disk_gb=flavor["disk"])
            ),
        )

    def delete(self, one: str) -> None:
        """A server group, or a flavor, which nobody may use then."""
        if not one.startswith("group-"):
            del self._world.cloud.flavors[self._flavor(one).name]
            self.opened = [(name, project) for name, project in self.opened if name != one]

    def list(self, search_opts: dict[str, Any] | None = None, flavor: str = "", **_: Any) -> list[Any]:
        """Servers of a flavor, which are not listed when they are soft-deleted; or who may use a flavor."""
        if search_opts is None:
            self._flavor(flavor)
            return [SimpleNamespace(tenant_id=project) for one, project in self.opened if one == flavor]
        self._world.cloud.settle()
        living = self._world.cloud.alive.values()
        listed = [one for one in living if one.flavor.name == search_opts["flavor"] and one.status != "SOFT_DELETED"]
        return [SimpleNamespace(id=one.id) for one in listed]

    def add_tenant_access(self, flavor: str, project: str) -> None:
        self._flavor(flavor)
        if (flavor, project) in self.opened:
            raise nova_exceptions.Conflict(409)
        self.opened.append((flavor, project))

    def remove_tenant_access(self, flavor: str, project: str) -> None:
        self.opened.remove((flavor, project))


KINDS: tuple[type[Any], ...] = (SpotHostPlugin, SpotInstancePlugin, SpotFlavorPlugin)


def inventory(host_id: str, resource_class: str, total: int) -> dict[str, Any]:
    """What Blazar knows of a host that may give away all that it has of a resource."""
    return {
        "computehost_id": host_id,
        "resource_class": resource_class,
        "total": total,
        "reserved": 0,
        "min_unit": 1,
        "max_unit": total,
        "step_size": 1,
        "allocation_ratio": 1.0,
    }


class SlotReservations(Reservations):
    """Any of the three plugins."""

    def __init__(self, world: World, nova: Nova, placement: Placement, kinds: tuple[type[Any], ...]) -> None:
        super().__init__(world, kinds=kinds)
        self.nova = nova
        self.placement = placement
        self.plugins: dict[str, Any] = self._manager.plugins
        specs = {"resources:CUSTOM_GPU": "1"}
        world.cloud.add_flavor(Flavor(name="gpu", vcpus=1, memory_mb=1024, disk_gb=0, extra_specs=specs))
        cheap = Flavor(name="spot-gpu", vcpus=1, memory_mb=1024, disk_gb=0, extra_specs=specs)
        world.cloud.add_flavor(cheap, preemptible=True, enrolled=True)

    @property
    def instances(self) -> Any:
        return self.plugins[INSTANCES]

    def add_gpu_hosts(self, *names: str, is_nested: bool = False) -> None:
        """Hosts with GPUs, which Blazar knows of unless they are on a provider below the host's own."""
        self.add_hosts(*names)
        for name in names:
            host = self.world.cloud.hosts[name]
            host.own.totals = {**host.own.totals, **GPUS}
            (stored,) = db_api.host_get_all_by_queries([f"hypervisor_hostname == {name}"])
            known = {"VCPU": 8, "MEMORY_MB": 8192, **({} if is_nested else GPUS)}
            for resource_class, total in known.items():
                db_api.host_resource_inventory_create(inventory(stored["id"], resource_class, total))
        self.world.pass_time(61)
        self.world.whole.engine.tick()

    def spots(self, host: str, count: int) -> list[str]:
        """Spot instances with a GPU each that have run longer than anybody was promised."""
        servers = [self.world.cloud.boot("spot-gpu", host=host) for _ in range(count)]
        for _ in range(2):
            self.world.pass_time(1200)
            self.world.whole.engine.tick()
        assert all(self.world.cloud.servers[one].status == "ACTIVE" for one in servers)
        return servers

    def flavor_lease(self, start_in: int, amount: int, minutes: int = 60, *, flavor: str = "gpu") -> dict[str, Any]:
        """Reserve servers of a flavor."""
        wanted = {"resource_type": FLAVORS, "flavor_id": flavor, "amount": amount, "affinity": None}
        return self._create(self.world.minute_from_now(start_in), minutes, wanted)

    def instance_lease(self, start_in: int, amount: int, minutes: int = 60, **wanted: Any) -> dict[str, Any]:
        """Reserve instances of a size."""
        sizes = {"vcpus": 2, "memory_mb": 2048, "disk_gb": 0, "affinity": None, "resource_properties": ""}
        reservation = {"resource_type": INSTANCES, "amount": amount, **sizes, **wanted}
        return self._create(self.world.minute_from_now(start_in), minutes, reservation)

    def slots(self, lease: dict[str, Any]) -> dict[str, int]:
        """How many slots each host gives."""
        found: dict[str, int] = {}
        for host in self.hosts(lease):
            found[host] = found.get(host, 0) + 1
        return found

    def boot(self, lease: dict[str, Any]) -> str:
        """The owner boots a server on the reservation; its status soon after."""
        server = self.world.cloud.boot(lease["reservations"][0]["id"])
        self.world.pass_time(10)
        self.world.whole.engine.tick()
        return self.world.cloud.servers[server].status

    def living(self, servers: list[str]) -> list[str]:
        self.world.cloud.settle()
        return [one for one in servers if one in self.world.cloud.alive]

    def reach(self, lease: dict[str, Any]) -> None:
        """Let time pass until the lease begins, and begin it."""
        self.run_until(self.start_of(lease) + 1)
        self.start(lease)

    @contextmanager
    def broken_placement(self) -> Iterator[None]:
        """Blazar's own requests to Placement fail meanwhile."""
        self.placement.is_broken = True
        yield
        self.placement.is_broken = False
