# SPDX-License-Identifier: Apache-2.0
"""The Pool and Stock ports over the world: what Placement would answer, and when it would refuse."""

from collections.abc import Mapping
from dataclasses import replace

from blazar_spot.core.errors import NotFound, NotNow, StaleVersion
from blazar_spot.core.fences import CLOSED, Fence
from blazar_spot.core.model import Size
from blazar_spot.core.sharing import Usage
from blazar_spot.ports.pool import Sight
from blazar_spot.ports.stock import Level
from blazar_spot.testing.asked import Asked
from blazar_spot.testing.things import FakeProvider, Resources


class FakePlacement(Asked):
    """The spot pools of the hosts, and who consumes what."""

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
