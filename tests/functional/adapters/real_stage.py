# SPDX-License-Identifier: Apache-2.0
"""The stage on which Nova and Placement have to keep the contracts: a dev cloud, changed only through its APIs.

The one exception is soft deletion, a setting of Nova's API service, which is restarted for it.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from keystoneauth1.adapter import Adapter

from blazar_spot.adapters.nova import NovaCompute
from blazar_spot.adapters.placement import PlacementPool
from blazar_spot.adapters.placement_stock import PlacementStock
from blazar_spot.adapters.system_clock import SystemClock
from blazar_spot.core.flavors import PREEMPTIBLE, Flavor, shadow_specs
from blazar_spot.devcloud.behaviour import Behaviour
from blazar_spot.devcloud.cloud import Cloud
from blazar_spot.devcloud.site import REGION
from blazar_spot.devcloud.stock import IMAGE
from blazar_spot.devcloud.waiting import wait_until
from blazar_spot.enforcement.aggregates import freepool
from blazar_spot.ports.compute import PoolHost
from tests.contract.stage import HUGE, PER_HOST, PLAIN, POOLED, SHORT, SPOT, TERMS

_OURS = "contract-"
_SOFT_DELETE = "\n[DEFAULT]\nreclaim_instance_interval = 86400\n"
_GPU = {"resources:CUSTOM_GPU": "1"}


class RealStage:
    """Two hosts of a real cloud."""

    def __init__(self, cloud: Cloud) -> None:
        session = cloud.connection("spot").session
        self.compute = NovaCompute(session, region_name=REGION, interface="public")
        self.pool = PlacementPool(session, region_name=REGION, interface="public")
        self.stock = PlacementStock(session, region_name=REGION, interface="public")
        self.one, self.other = (PoolHost(host.name, host.name) for host in cloud.site.options.hosts[:2])
        self._cloud = cloud
        self._nova = Adapter(session, service_type="compute", default_microversion="2.87")
        self._placement = Adapter(session, service_type="placement", default_microversion="1.26")
        self._nova_conf = cloud.conf("nova").read_text()

    def boot(self, flavor: str, host: PoolHost) -> str:
        server = {
            "name": f"{_OURS}server",
            "flavorRef": self._id_of("flavors", flavor),
            "imageRef": self._cloud.connection("spot").image.find_image(IMAGE).id,
            "networks": "none",
        }
        # Only an administrator who insists gets a plain server onto a host of the freepool.
        place = {"availability_zone": f"nova:{host.service_host}"} if flavor == PLAIN else {"host": host.service_host}
        return str(self._post("/servers", {"server": {**server, **place}})["server"]["id"])

    def build_slowly(self) -> None:
        self._behave(spawn_seconds=8.0)

    def soft_delete(self) -> None:
        self._configure_nova(self._nova_conf + _SOFT_DELETE)

    def take_for_down(self, host: PoolHost) -> None:
        self._force_down(host, is_down=True)

    def take_for_up(self, host: PoolHost) -> None:
        self._force_down(host, is_down=False)

    def migrate(self, server: str, to: PoolHost) -> None:
        self._post(f"/servers/{server}/action", {"migrate": {"host": to.service_host}})

    def resize(self, server: str, flavor: str) -> None:
        """Nova resizes to another host unless it is told otherwise."""
        self._post(f"/servers/{server}/action", {"resize": {"flavorRef": self._id_of("flavors", flavor)}})

    def new_flavor(self) -> str:
        return self._new_flavor(f"{_OURS}new", {PREEMPTIBLE: "true"})

    def remove_flavor(self, flavor: str) -> None:
        self._nova.delete(f"/flavors/{self._id_of('flavors', flavor)}")

    def new_aggregate(self, *, zone: str | None) -> int:
        aggregate = {"name": f"{_OURS}{zone}", "availability_zone": zone}
        return int(self._post("/os-aggregates", {"aggregate": aggregate})["aggregate"]["id"])

    def now(self) -> int:
        return SystemClock().now()

    def until(self, holds: Callable[[], object], what: str) -> None:
        wait_until(lambda: bool(holds()), what, at_most=120, every=0.2)

    def inventories(self, provider: str) -> dict[str, Any]:
        """What Placement has of the provider of this name."""
        found: dict[str, Any] = self._placement.get(f"{self._provider(provider)}/inventories").json()["inventories"]
        return found

    def edit(self, provider: str, **inventories: Mapping[str, Any] | None) -> None:
        """Somebody changes inventories of a provider by hand, or with None removes them."""
        body = self._placement.get(f"{self._provider(provider)}/inventories").json()
        changed = {**body["inventories"], **inventories}
        body["inventories"] = {name: inventory for name, inventory in changed.items() if inventory is not None}
        self._placement.put(f"{self._provider(provider)}/inventories", json=body)

    def add_provider(self, name: str, host: PoolHost) -> None:
        """A part of a host that it has not had before."""
        root = self._provider(host.host).rpartition("/")[2]
        self._placement.post("/resource_providers", json={"name": f"{_OURS}{name}", "parent_provider_uuid": root})
        self._placement.put(f"/resource_classes/CUSTOM_{name.upper()}")

    def delete_provider(self, name: str) -> None:
        """Somebody deletes a provider by hand."""
        self._placement.delete(self._provider(name))

    def furnish(self) -> None:
        """The flavors that the contracts use; four servers fill a host's GPUs."""
        assert all(host.spec.gpus == PER_HOST for host in self._cloud.site.options.hosts[:2])
        self._new_flavor(PLAIN, {})
        self._new_flavor(SPOT, {PREEMPTIBLE: "true"})
        self._new_flavor(HUGE, {PREEMPTIBLE: "true"}, vcpus=10_000)
        self._new_flavor(SHORT, {PREEMPTIBLE: "true", **TERMS})
        shadow = shadow_specs(Flavor(name=POOLED, vcpus=1, memory_mb=64, disk_gb=1, extra_specs=_GPU))
        self._new_flavor(POOLED, {PREEMPTIBLE: "true", **shadow})

    def come_up(self) -> None:
        """Wait until each compute has reported to Nova once more. A report that is lost while RabbitMQ is away keeps it
        waiting for a minute, and Nova takes it for down."""
        before = self._reports()
        wait_until(lambda: not before & self._reports(), "the computes report", at_most=180, every=1)

    def sweep(self) -> None:
        """Undo everything a test may have done."""
        self._behave(spawn_seconds=0.0)
        for host in (self.one, self.other):
            self.take_for_up(host)
        self._remove_servers()
        if self._cloud.conf("nova").read_text() != self._nova_conf.removesuffix(_SOFT_DELETE):
            self._configure_nova(self._nova_conf.removesuffix(_SOFT_DELETE))
        self._remove_aggregates()
        home = freepool(self.compute.all_aggregates()).id
        for host in (self.one, self.other):
            self.compute.join_aggregate(home, host.service_host)
            self.pool.remove(host.host)
        for provider in self._placement.get("/resource_providers").json()["resource_providers"]:
            if provider["name"].startswith(_OURS):
                self._placement.delete(f"/resource_providers/{provider['uuid']}")
        for flavor in self._rows("flavors", is_public="None"):
            if flavor["name"].startswith(_OURS):
                self._nova.delete(f"/flavors/{flavor['id']}")

    def _provider(self, name: str) -> str:
        found = self._placement.get("/resource_providers", params={"name": name}).json()["resource_providers"]
        return f"/resource_providers/{found[0]['uuid']}"

    def _remove_servers(self) -> None:
        def ours() -> list[Any]:
            living = self._rows("servers", all_tenants="1")
            return living + self._rows("servers", all_tenants="1", status="SOFT_DELETED", soft_deleted="1")

        for server in ours():
            self.compute.delete(server["id"], force=True)
        self.until(lambda: not ours(), "all servers are gone")
        hosts = [host.host for host in (self.one, self.other)]
        self.until(lambda: not any(map(self.compute.servers_on, hosts)), "all rows are gone")
        self.until(lambda: not any(map(self.pool.consumers, hosts)), "all allocations are gone")

    def _remove_aggregates(self) -> None:
        for aggregate in self._rows("os-aggregates", key="aggregates"):
            if aggregate["name"].startswith(_OURS):
                for host in aggregate["hosts"]:
                    self.compute.leave_aggregate(aggregate["id"], host)
                self._nova.delete(f"/os-aggregates/{aggregate['id']}")

    def _force_down(self, host: PoolHost, *, is_down: bool) -> None:
        query = {"host": host.service_host, "binary": "nova-compute"}
        [service] = self._nova.get("/os-services", params=query).json()["services"]
        if service["forced_down"] != is_down:
            self._nova.put(f"/os-services/{service['id']}", json={"forced_down": is_down})
            wanted = "down" if is_down else "up"
            self.until(lambda: self._state_of(host) == wanted, f"{host.host} is {wanted}")

    def _reports(self) -> set[tuple[str, str]]:
        """When Nova last heard of each compute."""
        return {
            (one["host"], one["updated_at"]) for one in self._rows("os-services", key="services", binary="nova-compute")
        }

    def _state_of(self, host: PoolHost) -> str:
        found = self._nova.get("/os-hypervisors", params={"hypervisor_hostname_pattern": host.host}).json()
        return next(str(one["state"]) for one in found["hypervisors"] if one["hypervisor_hostname"] == host.host)

    def _new_flavor(self, name: str, specs: Mapping[str, str], vcpus: int = 1) -> str:
        flavor = {"name": name, "vcpus": vcpus, "ram": 64, "disk": 1}
        made = self._post("/flavors", {"flavor": flavor})["flavor"]
        self._post(f"/flavors/{made['id']}/os-extra_specs", {"extra_specs": {**_GPU, **specs}})
        return name

    def _behave(self, *, spawn_seconds: float) -> None:
        path = self._cloud.site.behaviour_file
        replace(Behaviour.read(path), spawn_seconds=spawn_seconds).write(path)

    def _configure_nova(self, text: str) -> None:
        self._cloud.conf("nova").write_text(text)
        self._cloud.service("nova-api").restart()

    def _id_of(self, kind: str, name: str) -> str:
        return next(str(row["id"]) for row in self._rows(kind, is_public="None") if row["name"] == name)

    def _rows(self, kind: str, *, key: str | None = None, **query: str) -> list[Any]:
        rows: list[Any] = self._nova.get(f"/{kind}", params=query).json()[key or kind]
        return rows

    def _post(self, path: str, body: object) -> Any:
        response = self._nova.post(path, json=body)
        return response.json() if response.content else None
