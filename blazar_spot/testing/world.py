# SPDX-License-Identifier: Apache-2.0
"""The world behind ``FakeCloud``: its hosts, flavors and servers, and the time that everything takes.

It does what Nova and Placement were seen to do, above all the unpleasant things: a server in BUILD has an allocation
but no host, a row outlives its allocation, a moved server leaves a migration on its old host. Ports are unknown here.
"""

import heapq
import itertools
import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace

from blazar_spot.core import flavors
from blazar_spot.core.departures import Deletion
from blazar_spot.core.flavors import Flavor
from blazar_spot.core.sharing import reservation_class
from blazar_spot.ports.clock import Clock
from blazar_spot.testing.things import FakeAggregate, FakeHost, FakeProvider, FakeServer, Resources, own, shadow, slots


class World:
    """Everything there is, and what tenants and operators do to it, also from several threads.

    The times are plain attributes; a test may change them, and the status of a server, whenever it likes.
    """

    def __init__(self, clock: Clock, *, freepool: str = "freepool") -> None:
        self.clock = clock
        self.lock = threading.RLock()
        self.placed_after = 1
        self.build_takes = 3
        self.delete_takes = 3
        self.row_outlives_allocation_by = 1
        self.soft_delete = False
        self.deletes_rows_alone = False
        self.reaps_after = 1800
        self.hosts: dict[str, FakeHost] = {}
        self.flavors: dict[str, Flavor] = {}
        self.servers: dict[str, FakeServer] = {}
        self.alive: dict[str, FakeServer] = {}
        self.aggregates: dict[int, FakeAggregate] = {}
        self.moves: dict[str, tuple[str, str]] = {}
        self._stands_on: dict[str, str] = {}
        self._timeline: list[tuple[int, int, Callable[[int], None]]] = []
        self._numbers = itertools.count(1)
        self.freepool = self.add_aggregate(freepool)

    def add_host(self, name: str, totals: Resources, *, service_host: str | None = None, free: bool = True) -> FakeHost:
        """A new hypervisor, in the freepool if it is ``free``."""
        host = FakeHost(name=name, service_host=service_host or name, own=FakeProvider(totals=dict(totals)))
        self.hosts[name] = host
        if free:
            self.freepool.hosts.append(host.service_host)
        return host

    def add_aggregate(
        self, name: str, *, zone: str | None = None, metadata: Mapping[str, str] | None = None
    ) -> FakeAggregate:
        """A new aggregate without hosts; its zone is told in its metadata, too."""
        told = {"availability_zone": zone} if zone else {}
        aggregate = FakeAggregate(id=next(self._numbers), name=name, zone=zone, metadata={**told, **(metadata or {})})
        self.aggregates[aggregate.id] = aggregate
        return aggregate

    def add_flavor(self, flavor: Flavor, *, preemptible: bool = False, enrolled: bool = False) -> Flavor:
        """A flavor, made preemptible and made to consume the spot pools if asked for."""
        if preemptible:
            flavor = replace(flavor, extra_specs={**flavor.extra_specs, flavors.PREEMPTIBLE: "true"})
        if enrolled:
            flavor = replace(flavor, extra_specs={**flavor.extra_specs, **flavors.shadow_specs(flavor)})
        self.flavors[flavor.name] = flavor
        return flavor

    def boot(self, flavor: str, *, host: str | None = None, project_id: str = "tenant", name: str = "") -> str:
        """A tenant starts a server, on any host that takes its flavor or on the named one; its id.

        Without a host that has room it ends in ERROR without a host, as in Nova.
        """
        with self.lock:
            self.settle()
            number = f"server-{next(self._numbers)}"
            server = FakeServer(
                id=number,
                name=name or number,
                project_id=project_id,
                flavor=self.flavors[flavor],
                created_at=self.clock.now(),
            )
            server.be_of(server.flavor)
            self.servers[server.id] = self.alive[server.id] = server
            chosen = self._schedule(server, [self.hosts[host]] if host else self._hosts_for(server))
            if chosen is None:
                server.status = "ERROR"
            else:
                self._build(server, chosen)
            return server.id

    def furnish(self, host: str, reservation_id: str, slots: int) -> None:
        """Blazar gives a reservation so many slots on a host."""
        reserved = self.hosts[host].reserved
        reserved.totals = {**reserved.totals, reservation_class(reservation_id): slots}

    def migrate(self, server_id: str, to: str) -> str:
        """Cold-migrate; until it is confirmed the old host keeps a consumer: the migration, whose id is returned."""
        with self.lock:
            self.settle()
            server, source = self.alive[server_id], self.hosts[self._stands_on[server_id]]
            server.migration = f"migration-{next(self._numbers)}"
            for provider in source.providers:
                if server_id in provider.consumers:
                    provider.consumers[server.migration] = provider.consumers.pop(server_id)
            self._stands_on[server.migration] = source.name
            self.moves[server.migration] = (server_id, source.name)
            source.rows.discard(server_id)
            self._allocate(self.hosts[to], server)
            self._place(server, self.hosts[to])
            server.status = "VERIFY_RESIZE"
            return server.migration

    def resize(self, server_id: str, flavor: str, to: str) -> str:
        """Migrate a server that has another flavor from then on."""
        with self.lock:
            self.alive[server_id].be_of(self.flavors[flavor])
            return self.migrate(server_id, to)

    def confirm(self, server_id: str) -> None:
        """Confirm a migration: the old host is left for good."""
        with self.lock:
            self.settle()
            server = self.alive[server_id]
            self._free(server.migration)
            server.migration, server.status = None, "ACTIVE"

    def shelve(self, server_id: str) -> None:
        """Shelve a server and take it off its host, as Nova does at once or after a while."""
        with self.lock:
            self.settle()
            server = self.alive[server_id]
            self._free(server_id)
            self.hosts[server.host or ""].rows.discard(server_id)
            server.host, server.status = None, "SHELVED_OFFLOADED"

    def unshelve(self, server_id: str, to: str) -> None:
        """Start a shelved server on a host; it stays as it is until it runs there."""
        with self.lock:
            self.settle()
            self._build(self.alive[server_id], self.hosts[to])

    def evacuate(self, server_id: str, to: str) -> None:
        """Rebuild a server elsewhere because its host is dead, which keeps the allocation until it lives again."""
        with self.lock:
            self.settle()
            server = self.alive[server_id]
            self.hosts[self._stands_on[server_id]].rows.discard(server_id)
            self._allocate(self.hosts[to], server)
            self._place(server, self.hosts[to])

    def reset(self, server: FakeServer) -> None:
        """Give up the task that the server hangs in."""
        if server.hangs:
            server.hangs = server.is_being_destroyed = False
            server.status = "ERROR"

    def begin_delete(self, server: FakeServer, *, force: bool) -> None:
        """What a delete sets in motion: the allocation goes first, then the row. Asking again changes nothing.

        On its host a server that is being built is built to the end before it is destroyed, as in Nova.
        """
        server.deletes.append(self.clock.now())
        if self.deletes_rows_alone and server.host and not server.is_going:
            self._delete_row_alone(server, self.hosts[server.host])
            return
        if server.host:
            server.deletion = Deletion(is_taken=True, is_done=False)
        if self.soft_delete and not force:
            server.status = "SOFT_DELETED"
            return
        if server.is_being_destroyed:
            return
        server.is_being_destroyed = True
        if server.hangs:
            return
        takes = self.delete_takes + max(server.built_at - self.clock.now(), 0) if server.host else 0
        self.after(takes, lambda _: self._release(server))
        self.after(takes + self.row_outlives_allocation_by, lambda at: self._forget(server, at))
        self.settle()

    def zones_of(self, service_host: str, *, without: FakeAggregate | None = None) -> set[str]:
        """The availability zones that the host's aggregates give it."""
        return {
            aggregate.zone
            for aggregate in self.aggregates.values()
            if aggregate.zone and aggregate is not without and service_host in aggregate.hosts
        }

    def rows_of_service(self, service_host: str) -> set[str]:
        """The servers that forbid moving the host to another zone."""
        hosts = (host for host in self.hosts.values() if host.service_host == service_host)
        return set().union(*(host.rows for host in hosts))

    def after(self, seconds: int, happens: Callable[[int], None]) -> None:
        """Let something happen when so much time has passed; it is told at what instant it happens."""
        heapq.heappush(self._timeline, (self.clock.now() + seconds, next(self._numbers), happens))

    def settle(self) -> None:
        """Let everything happen whose time has come."""
        with self.lock:
            while self._timeline and self._timeline[0][0] <= self.clock.now():
                at, _, happens = heapq.heappop(self._timeline)
                happens(at)

    def _hosts_for(self, server: FakeServer) -> Iterable[FakeHost]:
        """Spot goes to the freepool only, a reservation's servers to its slots; everything else keeps out of it."""
        if slots(server.flavor):
            return self.hosts.values()
        free = set(self.freepool.hosts)
        return (host for host in self.hosts.values() if (host.service_host in free) == server.is_spot)

    def _schedule(self, server: FakeServer, candidates: Iterable[FakeHost]) -> FakeHost | None:
        for host in candidates:
            pool = host.pool or FakeProvider(totals={})
            has_slots = host.reserved.has_room_for(slots(server.flavor))
            if has_slots and host.own.has_room_for(own(server.flavor)) and pool.has_room_for(shadow(server.flavor)):
                return host
        return None

    def _build(self, server: FakeServer, host: FakeHost) -> None:
        self._allocate(host, server)
        server.built_at = self.clock.now() + self.build_takes
        self.after(self.placed_after, lambda _: self._place(server, host))
        self.after(self.build_takes, lambda at: self._start(server, at))

    def _place(self, server: FakeServer, host: FakeHost) -> None:
        if not server.is_going:
            server.host = host.name
            host.rows.add(server.id)

    def _start(self, server: FakeServer, at: int) -> None:
        if not server.is_going:
            server.status, server.launched_at = "ACTIVE", at

    def _allocate(self, host: FakeHost, server: FakeServer) -> None:
        self._stands_on[server.id] = host.name
        host.own.consumers[server.id] = own(server.flavor)
        if slots(server.flavor):
            host.reserved.consumers[server.id] = slots(server.flavor)
        if host.pool is not None and shadow(server.flavor):
            host.pool.consumers[server.id] = shadow(server.flavor)

    def _free(self, consumer: str | None) -> None:
        if consumer in self._stands_on:
            for provider in self.hosts[self._stands_on.pop(consumer)].providers:
                provider.consumers.pop(consumer, None)

    def _release(self, server: FakeServer) -> None:
        self._free(server.id)
        self._free(server.migration)

    def _delete_row_alone(self, server: FakeServer, host: FakeHost) -> None:
        """What Nova does when it takes the host for down: the guest runs on until the host itself finds it."""
        server.is_being_destroyed = True
        host.ghosts.add(server.id)
        self.after(self.reaps_after, lambda _: host.ghosts.discard(server.id))
        self._release(server)
        self._forget(server, self.clock.now())
        server.deletion = Deletion(is_taken=False, is_done=False)

    def _forget(self, server: FakeServer, at: int) -> None:
        if server.deletion is not None:
            server.deletion = Deletion(is_taken=True, is_done=True)
        if server.host is not None:
            self.hosts[server.host].rows.discard(server.id)
        del self.alive[server.id]
        server.status, server.gone_at = "DELETED", at
