# SPDX-License-Identifier: Apache-2.0
"""The Compute port over the world: what Nova would answer, and when it would refuse."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from blazar_spot.core import flavors, terms
from blazar_spot.core.departures import Deletion
from blazar_spot.core.errors import NotFound, NotNow, OverQuota, Permanent
from blazar_spot.core.flavors import Flavor
from blazar_spot.ports.clock import Clock
from blazar_spot.ports.compute import Aggregate, PoolHost, Server
from blazar_spot.testing.asked import Asked
from blazar_spot.testing.things import FakeAggregate, FakeServer

_METADATA_MAY_CHANGE_IN = frozenset({"ACTIVE", "PAUSED", "SUSPENDED", "SHUTOFF"})
_METADATA_QUOTA = 128


class FakeNova(Asked):
    """Servers, flavors and aggregates."""

    def __init__(self, clock: Clock, *, freepool: str = "freepool") -> None:
        super().__init__(clock, freepool=freepool)
        self._told: dict[str, tuple[Server, int]] = {}

    def spot_servers(self) -> Sequence[Server]:
        with self._call("spot_servers"):
            return [_as_told(server) for server in self.alive.values() if server.is_spot]

    def spot_changes(self, since: int) -> Sequence[Server]:
        with self._call("spot_changes"):
            for server in self.servers.values():
                self._note_change(server)
            return [told for told, at in self._told.values() if at >= since]

    def servers_on(self, host: str) -> frozenset[str]:
        with self._call("servers_on"):
            return frozenset(self._host(host).rows)

    def freepool_hosts(self) -> Sequence[PoolHost]:
        with self._call("freepool_hosts"):
            free = set(self.freepool.hosts)
            hosts = [host for host in self.hosts.values() if host.service_host in free]
            return sorted((PoolHost(host.name, host.service_host) for host in hosts), key=lambda free: free.host)

    def preemptible_flavors(self) -> Mapping[str, Flavor]:
        """A flavor's name is its id here."""
        with self._call("preemptible_flavors"):
            return {name: one for name, one in self.flavors.items() if flavors.is_preemptible(one.extra_specs)}

    def enrol_flavor(self, flavor_id: str) -> None:
        with self._call("enrol_flavor"):
            if flavor_id not in self.flavors:
                raise NotFound(f"there is no flavor {flavor_id}")
            before = self.flavors[flavor_id]
            missing = flavors.missing_specs(before)
            if missing:
                self.flavors[flavor_id] = replace(before, extra_specs={**before.extra_specs, **missing})
                self._wrote("enrol_flavor", flavor_id, missing)

    def enrolled_flavors(self) -> Mapping[str, str]:
        with self._call("enrolled_flavors"):
            return {name: name for name, flavor in self.flavors.items() if flavors.shadow_keys(flavor)}

    def unenrol_flavor(self, flavor_id: str) -> None:
        with self._call("unenrol_flavor"):
            keys = flavors.shadow_keys(self.flavors[flavor_id]) if flavor_id in self.flavors else []
            if keys:
                before = self.flavors[flavor_id]
                kept = {key: value for key, value in before.extra_specs.items() if key not in keys}
                self.flavors[flavor_id] = replace(before, extra_specs=kept)
                self._wrote("unenrol_flavor", flavor_id, keys)

    def write_metadata(self, server_id: str, entries: Mapping[str, str]) -> None:
        with self._call("write_metadata"):
            server = self._changeable(server_id)
            if len(server.metadata.keys() | entries.keys()) > _METADATA_QUOTA:
                raise OverQuota(f"{server_id} has no room for more metadata")
            server.metadata.update(entries)
            self._wrote("write_metadata", server_id, dict(entries))

    def remove_metadata(self, server_id: str, keys: Iterable[str]) -> None:
        with self._call("remove_metadata"):
            there = self._server(server_id).metadata
            present = [key for key in keys if key in there]
            if present:
                server = self._changeable(server_id)
                for key in present:
                    del server.metadata[key]
                self._wrote("remove_metadata", server_id, present)

    def delete(self, server_id: str, *, force: bool) -> None:
        with self._call("delete"):
            self._wrote("delete", server_id, force)
            if server_id in self.alive:
                self.begin_delete(self.alive[server_id], force=force)

    def server(self, server_id: str) -> Server:
        with self._call("server"):
            return _as_told(self._server(server_id))

    def last_deletion(self, server_id: str) -> Deletion | None:
        with self._call("last_deletion"):
            if server_id not in self.servers:
                raise NotFound(f"there never was a server {server_id}")
            return self.servers[server_id].deletion

    def moves_from(self, host: str) -> Mapping[str, str]:
        with self._call("moves_from"):
            self._host(host)
            return {move: server for move, (server, source) in self.moves.items() if source == host}

    def confirm_move(self, server_id: str) -> None:
        with self._call("confirm_move"):
            if self._server(server_id).status != "VERIFY_RESIZE":
                raise NotNow(f"{server_id} does not wait for a confirmation")
            self.confirm(server_id)
            self._wrote("confirm_move", server_id)

    def shut_down(self, server_id: str) -> None:
        with self._call("shut_down"):
            server = self.alive.get(server_id)
            if server and server.status == "ACTIVE" and not server.is_going:
                server.status = "SHUTOFF"
                self._wrote("shut_down", server_id)

    def reset_state(self, server_id: str) -> None:
        with self._call("reset_state"):
            self._wrote("reset_state", server_id)
            if server_id in self.alive:
                self.reset(self.alive[server_id])

    def aggregate_hosts(self, aggregate_id: int) -> frozenset[str]:
        with self._call("aggregate_hosts"):
            return frozenset(self._aggregate(aggregate_id).hosts)

    def all_aggregates(self) -> Sequence[Aggregate]:
        with self._call("all_aggregates"):
            return [
                Aggregate(
                    id=one.id,
                    name=one.name,
                    zone=one.zone,
                    is_freepool=one is self.freepool,
                    service_hosts=frozenset(one.hosts),
                    metadata=dict(one.metadata),
                )
                for one in self.aggregates.values()
            ]

    def delete_aggregate(self, aggregate_id: int) -> None:
        with self._call("delete_aggregate"):
            if aggregate_id in self.aggregates:
                if self.aggregates[aggregate_id].hosts:
                    raise Permanent(f"aggregate {aggregate_id} has hosts")
                del self.aggregates[aggregate_id]
                self._wrote("delete_aggregate", str(aggregate_id))

    def join_aggregate(self, aggregate_id: int, service_host: str) -> None:
        with self._call("join_aggregate"):
            aggregate = self._aggregate_for(aggregate_id, service_host)
            if service_host in aggregate.hosts:
                return
            zones = self.zones_of(service_host)
            if aggregate.zone and zones != {aggregate.zone} and (zones or self.rows_of_service(service_host)):
                raise NotNow(f"{service_host} cannot change its availability zone now")
            aggregate.hosts.append(service_host)
            self._wrote("join_aggregate", service_host, aggregate_id)

    def leave_aggregate(self, aggregate_id: int, service_host: str) -> None:
        with self._call("leave_aggregate"):
            aggregate = self._aggregate_for(aggregate_id, service_host)
            if service_host not in aggregate.hosts:
                return
            changes_zone = aggregate.zone and not self.zones_of(service_host, without=aggregate)
            if changes_zone and self.rows_of_service(service_host):
                raise NotNow(f"{service_host} has servers and cannot leave its availability zone")
            aggregate.hosts.remove(service_host)
            self._wrote("leave_aggregate", service_host, aggregate_id)

    def _note_change(self, server: FakeServer) -> None:
        """Tests change servers as they like, so a change is what differs from what was seen last; but Nova does not
        count it as one that metadata was removed."""
        now = _as_told(server)
        before, at = self._told.get(server.id, (None, 0))
        is_changed = before is None or replace(before, metadata=now.metadata) != now
        is_written = before is None or not now.metadata.items() <= before.metadata.items()
        self._told[server.id] = now, self.clock.now() if is_changed or is_written else at

    def _server(self, server_id: str) -> FakeServer:
        if server_id not in self.alive:
            raise NotFound(f"there is no server {server_id}")
        return self.alive[server_id]

    def _changeable(self, server_id: str) -> FakeServer:
        server = self._server(server_id)
        if server.status not in _METADATA_MAY_CHANGE_IN:
            raise NotNow(f"the metadata of {server_id} cannot change while it is {server.status}")
        return server

    def _aggregate(self, aggregate_id: int) -> FakeAggregate:
        if aggregate_id not in self.aggregates:
            raise NotFound(f"there is no aggregate {aggregate_id}")
        return self.aggregates[aggregate_id]

    def _aggregate_for(self, aggregate_id: int, service_host: str) -> FakeAggregate:
        if all(host.service_host != service_host for host in self.hosts.values()):
            raise NotFound(f"there is no compute service {service_host}")
        return self._aggregate(aggregate_id)


def _as_told(server: FakeServer) -> Server:
    return Server(
        id=server.id,
        name=server.name,
        project_id=server.project_id,
        host=server.host,
        status=server.status,
        flavor=server.flavor.name,
        is_spot=server.is_spot,
        is_going=server.is_going,
        is_gone=server.gone_at is not None,
        unpooled=server.unpooled,
        created_at=server.created_at,
        launched_at=server.launched_at,
        metadata=dict(server.metadata),
        size=flavors.resources(server.flavor),
        min_uptime=terms.own(server.flavor.extra_specs, terms.MIN_UPTIME),
        notice=terms.own(server.flavor.extra_specs, terms.NOTICE),
        tags=tuple(sorted(server.tags)),
    )
