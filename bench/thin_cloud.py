# SPDX-License-Identifier: Apache-2.0
"""A cloud of any size that costs next to nothing: a server is a number until something happens to it.

Deletes are asynchronous. It counts what is asked of it and the CPU time that its answers take, which are not ours.
"""

import threading
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace

from blazar_spot.core.departures import Deletion
from blazar_spot.core.errors import NotFound
from blazar_spot.core.fences import Fence
from blazar_spot.core.flavors import Flavor
from blazar_spot.ports.compute import PoolHost, Server
from blazar_spot.ports.pool import Sight
from blazar_spot.testing.clock import FakeClock

PER_HOST = 10
DELETE_TAKES = 2.5


class ThinCloud:
    """Both ports. ``reads`` and ``writes`` count calls, ``own_seconds`` is the CPU time spent here."""

    def __init__(self, clock: FakeClock, hosts: int) -> None:
        self.clock = clock
        self.hosts = [f"gpu-{number:05}" for number in range(hosts)]
        self.count = hosts * PER_HOST
        self.booted_at = clock.now() - 100_000
        self.reads: Counter[str] = Counter()
        self.writes: Counter[str] = Counter()
        self.own_seconds = 0.0
        self.ends: dict[str, float] = {}
        self._changed: dict[str, Server] = {}
        self._changed_at: dict[str, float] = {}
        self._pools = {host: Sight(is_closed=False, generation=1) for host in self.hosts}
        self._lock = threading.Lock()

    def on(self, host: str) -> list[str]:
        """The ids of the servers that the host began with."""
        first = int(host[4:]) * PER_HOST
        return [self._id(number) for number in range(first, first + PER_HOST)]

    @property
    def gone(self) -> int:
        return sum(end <= self.clock.now() for end in self.ends.values())

    def spot_servers(self) -> Iterator[Server]:
        self.reads["spot_servers"] += 1
        for number in range(self.count):
            if self._is_there(self._id(number)):
                yield self._server(self._id(number))

    def spot_changes(self, since: int) -> Sequence[Server]:
        with self._asked(self.reads, "spot_changes"):
            now = self.clock.now()
            for one, end in self.ends.items():
                if end <= now and not self._changed[one].is_gone:
                    self._change(replace(self._changed[one], is_gone=True))
            return [self._changed[one] for one, at in self._changed_at.items() if at >= since]

    def servers_on(self, host: str) -> frozenset[str]:
        with self._asked(self.reads, "servers_on"):
            return frozenset(one for one in self.on(host) if self._is_there(one))

    def consumers(self, host: str) -> frozenset[str]:
        with self._asked(self.reads, "consumers"):
            return frozenset(one for one in self.on(host) if self._is_there(one))

    def server(self, server_id: str) -> Server:
        with self._asked(self.reads, "server"):
            if not self._is_there(server_id):
                raise NotFound(server_id)
            return self._server(server_id)

    def last_deletion(self, server_id: str) -> Deletion:
        """Two requests, in Nova."""
        with self._asked(self.reads, "last_deletion"):
            self.reads["last_deletion"] += 1
            return Deletion(is_taken=True, is_done=not self._is_there(server_id))

    def moves_from(self, host: str) -> Mapping[str, str]:
        with self._asked(self.reads, "moves_from"):
            return {}

    def freepool_hosts(self) -> Sequence[PoolHost]:
        with self._asked(self.reads, "freepool_hosts"):
            return [PoolHost(host, host) for host in self.hosts]

    def preemptible_flavors(self) -> Mapping[str, Flavor]:
        with self._asked(self.reads, "preemptible_flavors"):
            return {}

    def pools(self) -> Mapping[str, Sight]:
        with self._asked(self.reads, "pools"):
            return dict(self._pools)

    def closed_pools(self) -> Mapping[str, Sight]:
        with self._asked(self.reads, "closed_pools"):
            return {host: sight for host, sight in self._pools.items() if sight.is_closed}

    def revisions(self) -> Mapping[str, str]:
        with self._asked(self.reads, "revisions"):
            return {host: str(sight.generation) for host, sight in self._pools.items()}

    def close(self, host: str) -> None:
        with self._asked(self.writes, "close"):
            self._pools[host] = Sight(is_closed=True, generation=self._pools[host].generation + 1)

    def keep(self, host: str, fence: Fence, seen: Sight | None) -> bool:
        """A read, unless something has to change."""
        is_amiss = self._pools[host].is_closed != fence.is_closed
        with self._asked(self.writes if is_amiss else self.reads, "keep"):
            if is_amiss:
                self._pools[host] = Sight(fence.is_closed, self._pools[host].generation + 1)
        return is_amiss

    def write_metadata(self, server_id: str, entries: Mapping[str, str]) -> None:
        with self._asked(self.writes, "write_metadata"):
            self._change(replace(self._server(server_id), metadata=dict(entries)))

    def remove_metadata(self, server_id: str, keys: Iterable[str]) -> None:
        with self._asked(self.writes, "remove_metadata"):
            self._change(replace(self._server(server_id), metadata={}))

    def delete(self, server_id: str, *, force: bool) -> None:
        with self._asked(self.writes, "delete"):
            if server_id not in self.ends:
                self.ends[server_id] = self.clock.now() + DELETE_TAKES
                self._change(replace(self._server(server_id), is_going=True))

    @contextmanager
    def _asked(self, counter: Counter[str], operation: str) -> Iterator[None]:
        with self._lock:
            began = time.thread_time()
            counter[operation] += 1
            yield
            self.own_seconds += time.thread_time() - began

    def _change(self, server: Server) -> None:
        self._changed[server.id] = server
        self._changed_at[server.id] = self.clock.now()

    def _is_there(self, server_id: str) -> bool:
        return server_id not in self.ends or self.ends[server_id] > self.clock.now()

    def _id(self, number: int) -> str:
        return f"00000000-0000-4000-8000-{number:012}"

    def _server(self, server_id: str) -> Server:
        if server_id in self._changed:
            return self._changed[server_id]
        return Server(
            id=server_id,
            name=f"boost-{server_id[-6:]}",
            project_id="project",
            host=self.hosts[int(server_id[-12:]) // PER_HOST],
            status="ACTIVE",
            flavor="boost-preemptible-c8m12-gpu-1080-1",
            is_spot=True,
            created_at=self.booted_at,
            launched_at=self.booted_at + 60,
        )
