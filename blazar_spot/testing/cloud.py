# SPDX-License-Identifier: Apache-2.0
"""``FakeCloud``: the Compute and Pool ports over one small world, for tests that run a year of leases in seconds.

It is held to the real adapters by the contract tests. Beyond the ports it can fail on request, and it remembers every
change that was asked of it, so that a test can say "nothing was written" or "nothing but spot was deleted".
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import NamedTuple

from blazar_spot.core import flavors, terms
from blazar_spot.core.departures import Deletion
from blazar_spot.core.errors import NotFound, NotNow, OverQuota, Permanent, SpotError, StaleVersion
from blazar_spot.core.fences import CLOSED, Fence
from blazar_spot.core.flavors import Flavor
from blazar_spot.core.model import Size
from blazar_spot.core.sharing import Usage
from blazar_spot.ports.clock import Clock
from blazar_spot.ports.compute import Aggregate, PoolHost, Server
from blazar_spot.ports.pool import Sight
from blazar_spot.ports.stock import Level
from blazar_spot.testing.things import FakeAggregate, FakeHost, FakeProvider, FakeServer, Resources
from blazar_spot.testing.world import World

_METADATA_MAY_CHANGE_IN = frozenset({"ACTIVE", "PAUSED", "SUSPENDED", "SHUTOFF"})
_METADATA_QUOTA = 128


class Write(NamedTuple):
    """One change that was asked of the cloud: when, which method of which port, of what, and how."""

    at: int
    operation: str
    target: str
    details: object = None


@dataclass(slots=True)
class _Fault:
    error: SpotError
    times: int | None
    is_answer_lost: bool


class FakeCloud(World):
    """One object that is both ports; the world's own methods are what tenants and operators do."""

    def __init__(self, clock: Clock, *, freepool: str = "freepool") -> None:
        super().__init__(clock, freepool=freepool)
        self.writes: list[Write] = []
        self.calls: Counter[str] = Counter()
        self._faults: dict[str, _Fault] = {}
        self._told: dict[str, tuple[Server, int]] = {}

    def fails(self, operation: str, error: SpotError, *, times: int | None = 1, is_answer_lost: bool = False) -> None:
        """Let the next calls of a port's method fail, all of them if ``times`` is None.

        With ``is_answer_lost`` the call has its effect and only then fails, as when a connection breaks.
        """
        self._faults[operation] = _Fault(error, times, is_answer_lost)

    def is_failing(self, operation: str) -> bool:
        """Whether the next call of this method fails."""
        return operation in self._faults

    def heals(self, operation: str) -> None:
        """Let a method work again."""
        self._faults.pop(operation, None)

    # Compute

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
            present = sorted(set(keys) & self._server(server_id).metadata.keys())
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

    # Pool

    def pools(self) -> Mapping[str, Sight]:
        with self._call("pools"):
            pools = {host.name: host.pool for host in self.hosts.values() if host.pool is not None}
            return {name: Sight(pool.is_closed, pool.generation) for name, pool in pools.items()}

    def closed_pools(self) -> Mapping[str, Sight]:
        with self._call("closed_pools"):
            pools = {host.name: host.pool for host in self.hosts.values() if host.pool is not None}
            return {name: Sight(True, pool.generation) for name, pool in pools.items() if pool.is_closed}

    def closed(self) -> dict[str, bool]:
        """For tests, which are never refused: every pool there is, and whether it is closed."""
        return {host.name: host.pool.is_closed for host in self.hosts.values() if host.pool is not None}

    def revisions(self) -> Mapping[str, str]:
        with self._call("revisions"):
            return {host.name: f"{host.own.totals} {host.pool and host.pool.state}" for host in self.hosts.values()}

    def keep(self, host: str, fence: Fence, seen: Sight | None) -> bool:
        with self._call("keep"):
            found = self._host(host)
            before = found.pool or FakeProvider(totals={})
            after = _fenced(before, found.own.totals, fence)
            if after.state == before.state and found.pool is not None:
                return False
            if _lets_go(before, after) and (seen is None or before.generation != seen.generation):
                raise StaleVersion(f"the pool of {host} has changed since it was seen")
            found.pool = after
            self._wrote("keep", host, fence)
            return True

    def close(self, host: str) -> None:
        with self._call("close"):
            found = self._host(host)
            found.pool = _fenced(found.pool or FakeProvider(totals={}), found.own.totals, CLOSED)
            self._wrote("close", host)

    def remove(self, host: str) -> None:
        with self._call("remove"):
            found = self.hosts.get(host)
            if found is None or found.pool is None:
                return
            if found.pool.consumers:
                raise NotNow(f"the pool of {host} is in use")
            found.pool = None
            self._wrote("remove", host)

    def withhold(self, host: str, fence: Fence) -> bool:
        with self._call("withhold"):
            found = self._host(host)
            before = found.pool or FakeProvider(totals={})
            after = _raised(before, _fenced(before, found.own.totals, fence))
            if after.state == before.state and found.pool is not None:
                return False
            found.pool = after
            self._wrote("withhold", host, fence)
            return True

    def consumers(self, host: str) -> frozenset[str]:
        with self._call("consumers"):
            return frozenset().union(*(provider.consumers for provider in self._host(host).providers))

    def spot_consumers(self, host: str) -> frozenset[str]:
        with self._call("spot_consumers"):
            pool = self._host(host).pool
            return frozenset(pool.consumers if pool else ())

    def free(self) -> Mapping[str, Size]:
        with self._call("free"):
            pools = {host.name: host.pool for host in self.hosts.values() if host.pool is not None}
            return {host: {name: pool.free(name) for name in pool.totals} for host, pool in pools.items()}

    def level(self, host: str) -> Level:
        with self._call("level"):
            pool = self.hosts[host].pool if host in self.hosts else None
            if pool is None:
                raise NotFound(f"{host} has no spot pool")
            used = {name: pool.used(name) for name in pool.totals}
            return Level(dict(pool.totals), {name: pool.withheld.get(name, 0) for name in pool.totals}, used)

    def usage(self, host: str) -> Usage:
        with self._call("usage"):
            found = self._host(host)
            held: dict[str, dict[str, int]] = {}
            for provider in (found.own, found.reserved):
                for consumer, resources in provider.consumers.items():
                    held.setdefault(consumer, {}).update(resources)
            return Usage(dict(found.own.totals), held)

    @contextmanager
    def _call(self, operation: str) -> Iterator[None]:
        """One call of a port: time's effects first, then the fault that was asked for, or the call itself."""
        with self.lock:
            self.settle()
            self.calls[operation] += 1
            fault = self._next_fault(operation)
            if fault and not fault.is_answer_lost:
                raise fault.error
            yield
            if fault:
                raise fault.error

    def _next_fault(self, operation: str) -> _Fault | None:
        fault = self._faults.get(operation)
        if fault and fault.times is not None:
            fault.times -= 1
            if fault.times == 0:
                self.heals(operation)
        return fault

    def _note_change(self, server: FakeServer) -> None:
        """Tests change servers as they like, so a change is what differs from what was seen last; but Nova does not
        count it as one that metadata was removed."""
        now = _as_told(server)
        before, at = self._told.get(server.id, (None, 0))
        is_changed = before is None or replace(before, metadata=now.metadata) != now
        is_written = before is None or not now.metadata.items() <= before.metadata.items()
        self._told[server.id] = now, self.clock.now() if is_changed or is_written else at

    def _wrote(self, operation: str, target: str, details: object = None) -> None:
        self.writes.append(Write(self.clock.now(), operation, target, details))

    def _host(self, name: str) -> FakeHost:
        if name not in self.hosts:
            raise NotFound(f"there is no host {name}")
        return self.hosts[name]

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


def _fenced(pool: FakeProvider, totals: Resources, fence: Fence) -> FakeProvider:
    """The pool after it was written once more."""
    fence = fence.at(totals, totals)
    withheld = {name: fence.of(name, total) for name, total in totals.items() if fence.of(name, total)}
    generation = pool.generation + 1
    return replace(pool, totals=dict(totals), is_closed=fence.is_closed, withheld=withheld, generation=generation)


def _raised(before: FakeProvider, after: FakeProvider) -> FakeProvider:
    """With what was withheld before withheld still."""
    held = {
        name: max(after.withheld.get(name, 0), min(before.withheld.get(name, 0), total))
        for name, total in after.totals.items()
    }
    is_closed = before.is_closed or after.is_closed
    return replace(after, is_closed=is_closed, withheld={name: amount for name, amount in held.items() if amount})


def _lets_go(before: FakeProvider, after: FakeProvider) -> bool:
    held = {name: min(amount, after.totals.get(name, 0)) for name, amount in before.withheld.items()}
    is_less = any(after.withheld.get(name, 0) < amount for name, amount in held.items())
    return is_less or (before.is_closed and not after.is_closed)


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
