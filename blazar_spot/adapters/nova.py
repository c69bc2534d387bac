# SPDX-License-Identifier: Apache-2.0
"""``NovaCompute``: the Compute port over Nova's API.

Lists are always Nova's whole answer or an error. Nova leaves out what a cell that is down knows, soft-deleted servers,
and extra specs that our account may not read; each of them would look like an empty host, so each is asked for or
refused by name here. How a server's record is read is in ``nova_records``.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from functools import partial
from itertools import chain
from threading import Lock
from typing import Any

from keystoneauth1.session import Session

from blazar_spot.adapters import nova_records
from blazar_spot.adapters.rest import Rest
from blazar_spot.core.departures import Deletion
from blazar_spot.core.errors import NotFound, NotNow, Unreachable
from blazar_spot.core.flavors import Flavor, is_preemptible, missing_specs, shadow_keys
from blazar_spot.core.instants import iso
from blazar_spot.ports.compute import Aggregate, PoolHost, Server

MICROVERSION = "2.87"
"""2.26 tells tags, 2.47 embeds the flavor in a server, 2.53 names hypervisors by uuid, 2.61 shows extra specs in the
list of flavors, 2.69 names the servers of cells that are down, 2.75 says ``servers: []`` of an empty hypervisor. 2.88
would ask every compute service for its uptime each time the hypervisors are listed, so this is the last one before it.
"""


class NovaCompute:
    """Nova, seen and changed with an administrator's rights."""

    def __init__(
        self,
        session: Session,
        *,
        freepool_name: str = "freepool",
        region_name: str | None = None,
        interface: str | None = None,
        pci_aliases: nova_records.Aliases | None = None,
    ) -> None:
        self._server = partial(nova_records.server, aliases=pci_aliases or {})
        self._flavor = partial(nova_records.flavor, aliases=pci_aliases or {})
        self._api = Rest(session, "compute", MICROVERSION, region_name, interface)
        self._freepool_name = freepool_name
        self._hypervisor_ids: dict[str, str] = {}
        self._hypervisors_of: dict[str, str] = {}
        self._turns: defaultdict[int, Lock] = defaultdict(Lock)

    def spot_servers(self) -> Iterator[Server]:
        """Two lists: the living, then the soft-deleted, which the first one leaves out."""
        living = self._servers(all_tenants="1")
        soft_deleted = self._servers(all_tenants="1", status="SOFT_DELETED", soft_deleted="true")
        return (server for server in map(self._server, chain(living, soft_deleted)) if server.is_spot)

    def spot_changes(self, since: int) -> Sequence[Server]:
        """Nova tells deleted and soft-deleted servers, too, when it is asked for changes. The row of a server counts
        as changed when metadata was written, and not when a key was removed. Of a server that is not spot Nova does
        not say whether it was."""
        return [self._server(one) for one in self._servers(all_tenants="1", **{"changes-since": iso(since)})]

    def servers_on(self, host: str) -> frozenset[str]:
        try:
            return self._rows(self._hypervisor_id(host))
        except NotFound:
            self._forget_hypervisors()  # its compute service may have been set up again
            return self._rows(self._hypervisor_id(host))

    def freepool_hosts(self) -> Sequence[PoolHost]:
        """The aggregate names compute services, so the hypervisors are listed too, but only if one is new."""
        service_hosts = set(self._freepool()["hosts"])
        if not service_hosts <= self._hypervisors_of.keys():
            self._list_hypervisors()
        known = service_hosts & self._hypervisors_of.keys()
        return [PoolHost(self._hypervisors_of[service_host], service_host) for service_host in sorted(known)]

    def preemptible_flavors(self) -> Mapping[str, Flavor]:
        records = self._api.pages("/flavors/detail", "flavors", is_public="None")
        found = {record["id"]: self._flavor(record) for record in records}
        return {flavor_id: flavor for flavor_id, flavor in found.items() if is_preemptible(flavor.extra_specs)}

    def enrol_flavor(self, flavor_id: str) -> None:
        record = self._api.get(f"/flavors/{flavor_id}")["flavor"]
        specs = missing_specs(self._flavor(record))
        if specs:
            self._api.post(f"/flavors/{flavor_id}/os-extra_specs", {"extra_specs": specs})

    def enrolled_flavors(self) -> Mapping[str, str]:
        records = self._api.pages("/flavors/detail", "flavors", is_public="None")
        return {record["id"]: record["name"] for record in records if shadow_keys(self._flavor(record))}

    def unenrol_flavor(self, flavor_id: str) -> None:
        with suppress(NotFound):
            record = self._api.get(f"/flavors/{flavor_id}")["flavor"]
            for key in shadow_keys(self._flavor(record)):
                with suppress(NotFound):  # somebody else was faster
                    self._api.delete(f"/flavors/{flavor_id}/os-extra_specs/{key}")

    def write_metadata(self, server_id: str, entries: Mapping[str, str]) -> None:
        """POST adds to what is there, PUT would replace it."""
        self._api.post(f"/servers/{server_id}/metadata", {"metadata": dict(entries)})

    def remove_metadata(self, server_id: str, keys: Iterable[str]) -> None:
        present = self._api.get(f"/servers/{server_id}/metadata")["metadata"]
        for key in (key for key in keys if key in present):
            with suppress(NotFound):  # somebody else was faster
                self._api.delete(f"/servers/{server_id}/metadata/{key}")

    def delete(self, server_id: str, *, force: bool) -> None:
        """Nova ignores both kinds of request, and answers as usual, while an earlier delete is under way."""
        with suppress(NotFound):
            if force:
                self._api.post(f"/servers/{server_id}/action", {"forceDelete": None})
            else:
                self._api.delete(f"/servers/{server_id}")

    def server(self, server_id: str) -> Server:
        return self._server(_known(self._api.get(f"/servers/{server_id}")["server"]))

    def last_deletion(self, server_id: str) -> Deletion | None:
        """The actions of a server outlive it, the newest one comes first, and their events tell what its compute did.
        A delete of the row alone, and a delete that Nova has not handed on, have none."""
        actions = self._api.get(f"/servers/{server_id}/os-instance-actions")["instanceActions"]
        for action in actions:
            if action["action"] in nova_records.DELETIONS:
                path = f"/servers/{server_id}/os-instance-actions/{action['request_id']}"
                return nova_records.deletion(self._api.get(path)["instanceAction"])
        return None

    def moves_from(self, host: str) -> Mapping[str, str]:
        """Migrations are listed by compute service, and one service may have several hypervisors."""
        hypervisor = self._api.get(f"/os-hypervisors/{self._hypervisor_id(host)}")["hypervisor"]
        found = self._api.pages("/os-migrations", "migrations", source_compute=hypervisor["service"]["host"])
        return {record["uuid"]: record["instance_uuid"] for record in found if record["source_node"] == host}

    def confirm_move(self, server_id: str) -> None:
        self._api.post(f"/servers/{server_id}/action", {"confirmResize": None})

    def shut_down(self, server_id: str) -> None:
        """Nova says 409 of a server that is off or going, and there is nothing to wait for in either case."""
        with suppress(NotFound, NotNow):
            self._api.post(f"/servers/{server_id}/action", {"os-stop": None})

    def reset_state(self, server_id: str) -> None:
        with suppress(NotFound):
            self._api.post(f"/servers/{server_id}/action", {"os-resetState": {"state": "error"}})

    def aggregate_hosts(self, aggregate_id: int) -> frozenset[str]:
        return frozenset(self._api.get(f"/os-aggregates/{aggregate_id}")["aggregate"]["hosts"])

    def all_aggregates(self) -> Sequence[Aggregate]:
        return [
            Aggregate(
                id=record["id"],
                name=record["name"],
                zone=record["availability_zone"],
                is_freepool=record["name"] == self._freepool_name,
                service_hosts=frozenset(record["hosts"]),
                metadata=record["metadata"],
            )
            for record in self._api.get("/os-aggregates")["aggregates"]
        ]

    def delete_aggregate(self, aggregate_id: int) -> None:
        with suppress(NotFound):
            self._api.delete(f"/os-aggregates/{aggregate_id}")
        self._turns.pop(aggregate_id, None)

    def join_aggregate(self, aggregate_id: int, service_host: str) -> None:
        self._move("add_host", aggregate_id, service_host, is_member_after=True)

    def leave_aggregate(self, aggregate_id: int, service_host: str) -> None:
        self._move("remove_host", aggregate_id, service_host, is_member_after=False)

    def _servers(self, **query: str) -> Iterator[Any]:
        for record in self._api.pages("/servers/detail", "servers", **query):
            yield _known(record)

    def _rows(self, hypervisor_id: str) -> frozenset[str]:
        hypervisor = self._api.get(f"/os-hypervisors/{hypervisor_id}", with_servers="true")["hypervisor"]
        if hypervisor["state"] != "up":
            raise Unreachable(f"compute: {hypervisor['hypervisor_hostname']} is {hypervisor['state']}")
        return frozenset(row["uuid"] for row in hypervisor["servers"])

    def _hypervisor_id(self, host: str) -> str:
        """Nova looks hypervisors up by a part of the name, so that host1 also finds host10."""
        if host not in self._hypervisor_ids:
            found = self._api.get("/os-hypervisors", hypervisor_hostname_pattern=host)["hypervisors"]
            self._hypervisor_ids.update((record["hypervisor_hostname"], record["id"]) for record in found)
        if host not in self._hypervisor_ids:
            raise NotFound(f"compute: there is no hypervisor {host}")
        return self._hypervisor_ids[host]

    def _list_hypervisors(self) -> None:
        for record in self._api.pages("/os-hypervisors/detail", "hypervisors"):
            self._hypervisor_ids[record["hypervisor_hostname"]] = record["id"]
            self._hypervisors_of[record["service"]["host"]] = record["hypervisor_hostname"]

    def _forget_hypervisors(self) -> None:
        self._hypervisor_ids.clear()
        self._hypervisors_of.clear()

    def _freepool(self) -> Any:
        for aggregate in self._api.get("/os-aggregates")["aggregates"]:
            if aggregate["name"] == self._freepool_name:
                return aggregate
        raise NotFound(f"compute: there is no aggregate {self._freepool_name}")

    def _move(self, action: str, aggregate_id: int, service_host: str, *, is_member_after: bool) -> None:
        """Each aggregate is changed by one at a time: Nova tells its schedulers the hosts that it had read before a
        change, and they keep what they heard last, so that of two changes at once they may never learn of one. A move
        that was made before is answered with 409 or 404, just as one that is refused: look which."""
        try:
            with self._turns[aggregate_id]:
                self._api.post(f"/os-aggregates/{aggregate_id}/action", {action: {"host": service_host}})
        except (NotFound, NotNow):
            if (service_host in self.aggregate_hosts(aggregate_id)) != is_member_after:
                raise


def _known(record: Any) -> Any:
    """The record, unless it is the stub that Nova tells of a server whose cell is down."""
    if record["status"] == "UNKNOWN":
        raise Unreachable(f"compute: the cell of server {record['id']} does not answer")
    return record
