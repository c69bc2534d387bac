# SPDX-License-Identifier: Apache-2.0
"""``PlacementPool``: the spot pool of a host as a nested provider ``spot_<host>`` in the host's tree in Placement.

Its inventories mirror the rest of the tree, class by class (see ``spot_inventories``), and are always written as a
whole under the provider's generation, so that a pool is closed or open in one step and never in between. Blazar keeps a
provider of its own in the tree, whose inventories are no resources of the host.

Which pools there are takes two requests, which are closed and what has changed takes one each, however many hosts
there are; any other call is about one host and takes a few.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, TypeVar
from uuid import UUID, uuid5

from keystoneauth1.session import Session

from blazar_spot.adapters.rest import Rest
from blazar_spot.adapters.spot_inventories import (
    CLOSED_UNITS,
    MARKER,
    POOL_UNITS,
    Inventory,
    capacities,
    is_closed,
    lets_go,
    mirrored,
    raised,
)
from blazar_spot.core.errors import NotFound, StaleVersion
from blazar_spot.core.fences import CLOSED, Fence
from blazar_spot.core.sharing import Usage
from blazar_spot.ports.pool import Sight

MICROVERSION = "1.26"
"""1.14 brought nested providers, 1.20 returns the provider that was created, 1.23 error codes, and 1.26 allows an
inventory to be reserved completely, which is the fence."""

PREFIX = "spot_"
_NOT_RESOURCES = (PREFIX, "blazar_")
_TRIES = 5

Provider = Mapping[str, Any]
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class _Draft:
    """A pool as it is, at which generation, and as it has to be."""

    pool: Provider
    generation: int
    present: Mapping[str, Inventory]
    wanted: Mapping[str, Inventory]


class PlacementPool:
    """Placement, used with an administrator's rights."""

    def __init__(self, session: Session, *, region_name: str | None = None, interface: str | None = None) -> None:
        self._api = Rest(session, "placement", MICROVERSION, region_name, interface)
        self._roots: dict[str, str] = {}
        self._classes: set[str] = set()

    def pools(self) -> Mapping[str, Sight]:
        """Placement lists the providers that have a number of units free: one unit marks a pool, the second a closed
        one."""
        if not self._knows(MARKER):
            return {}
        every, closed = self._with_units(POOL_UNITS), self._with_units(CLOSED_UNITS)
        return {host: Sight(host in closed, generation) for host, generation in every.items()}

    def closed_pools(self) -> Mapping[str, Sight]:
        if not self._knows(MARKER):
            return {}
        return {host: Sight(True, generation) for host, generation in self._with_units(CLOSED_UNITS).items()}

    def revisions(self) -> Mapping[str, str]:
        """Placement counts the changes of each provider, those of its allocations too. A tree is as new as all of its
        providers."""
        providers = self._all_providers()
        trees: dict[str, list[str]] = {}
        for provider in providers:
            trees.setdefault(provider["root_provider_uuid"], []).append(f"{provider['uuid']}@{provider['generation']}")
        roots = (provider for provider in providers if provider["uuid"] == provider["root_provider_uuid"])
        return {root["name"]: " ".join(sorted(trees[root["uuid"]])) for root in roots}

    def keep(self, host: str, fence: Fence, seen: Sight | None) -> bool:
        """One attempt: after a conflict it has to be decided again what to withhold."""
        draft = self._draft(host, fence)
        if draft.wanted == draft.present:
            return False
        generation = draft.generation
        if lets_go(draft.present, draft.wanted):
            if seen is None:
                raise StaleVersion(f"placement: {host} has a spot pool now, and something is withheld in it")
            generation = seen.generation
        self._write(draft, generation)
        return True

    def close(self, host: str) -> None:
        """Closing writes whatever is there: Placement counts every write in the generation. What is closed is written
        as it is, and what else there is of the host is not asked for."""

        def attempt() -> None:
            draft = self._draft(host, CLOSED, as_it_is_if_closed=True)
            self._write(draft, draft.generation)

        _while_stale(attempt)

    def remove(self, host: str) -> None:
        """Placement refuses to delete inventories that are in use. The empty provider stays: nova-compute remembers the
        providers of its host for minutes, and fails to start any server while it remembers one that is gone."""
        for pool in self._providers(name=PREFIX + host):
            path = f"/resource_providers/{pool['uuid']}/inventories"
            with suppress(NotFound):
                _while_stale(partial(self._api.delete, path))

    def withhold(self, host: str, fence: Fence) -> bool:
        def attempt() -> bool:
            draft = self._draft(host, fence)
            draft = replace(draft, wanted=raised(draft.present, draft.wanted))
            if draft.wanted == draft.present:
                return False
            self._write(draft, draft.generation)
            return True

        return _while_stale(attempt)

    def consumers(self, host: str) -> frozenset[str]:
        """One request for each provider of the tree, after the one that lists them."""
        return frozenset().union(*(self._consumers_of(provider) for provider in self._tree(host).values()))

    def spot_consumers(self, host: str) -> frozenset[str]:
        pool = self._tree(host).get(PREFIX + host)
        return self._consumers_of(pool) if pool else frozenset()

    def usage(self, host: str) -> Usage:
        """Two requests for each provider of the tree, after the one that lists them."""
        capacity: Counter[str] = Counter()
        held: dict[str, Counter[str]] = defaultdict(Counter)
        for name, provider in self._tree(host).items():
            if name.startswith(PREFIX):
                continue
            if not name.startswith(_NOT_RESOURCES):
                capacity.update(capacities(self._inventories(provider)["inventories"]))
            for consumer, allocation in self._allocations(provider).items():
                held[consumer].update(allocation["resources"])
        return Usage(capacity, held)

    def _draft(self, host: str, fence: Fence, *, as_it_is_if_closed: bool = False) -> "_Draft":
        """How the pool is, and how it has to be; a missing one is made."""
        tree = self._tree(host)
        pool = tree.get(PREFIX + host) or self._create(host)
        body = self._inventories(pool)
        present, generation = body["inventories"], body["resource_provider_generation"]
        if as_it_is_if_closed and is_closed(present):
            return _Draft(pool, generation, present, present)
        totals: Counter[str] = Counter()
        capacity: Counter[str] = Counter()
        for name, provider in tree.items():
            if not name.startswith(_NOT_RESOURCES):
                inventories = self._inventories(provider)["inventories"]
                totals.update({resource_class: one["total"] for resource_class, one in inventories.items()})
                capacity.update(capacities(inventories))
        wanted = mirrored(totals, present, fence.at(totals, capacity))
        return _Draft(pool, generation, present, wanted)

    def _create(self, host: str) -> Provider:
        """A provider without inventories takes nobody, so a pool that is to be closed is never open in between.

        Its id follows from its host's: a nova-compute that knows a provider which is there no longer fails all builds
        for some minutes, and one that somebody deletes is made again as the one that nova-compute knows.
        """
        root = self._root(host)
        body = {"name": PREFIX + host, "uuid": str(uuid5(UUID(root), PREFIX)), "parent_provider_uuid": root}
        return self._api.post("/resource_providers", body)  # type: ignore[no-any-return]

    def _write(self, draft: "_Draft", generation: int) -> None:
        for name in draft.wanted:
            self._make_known(name)
        body = {"resource_provider_generation": generation, "inventories": draft.wanted}
        self._api.put(f"/resource_providers/{draft.pool['uuid']}/inventories", body)

    def _tree(self, host: str) -> dict[str, Provider]:
        """The providers of the host's tree by name. A host that was set up again has a new root."""
        tree = self._providers(in_tree=self._root(host))
        if not tree:
            del self._roots[host]
            tree = self._providers(in_tree=self._root(host))
        return {provider["name"]: provider for provider in tree}

    def _root(self, host: str) -> str:
        if host not in self._roots:
            found = self._providers(name=host)
            if not found:
                raise NotFound(f"placement: there is no provider {host}")
            self._roots[host] = found[0]["root_provider_uuid"]
        return self._roots[host]

    def _with_units(self, units: int) -> dict[str, int]:
        """Host to the generation of its pool."""
        found = self._all_providers(resources=f"{MARKER}:{units}")
        return {provider["name"].removeprefix(PREFIX): provider["generation"] for provider in found}

    def _providers(self, **query: str) -> list[Provider]:
        return self._api.get("/resource_providers", **query)["resource_providers"]  # type: ignore[no-any-return]

    def _all_providers(self, **query: str) -> list[Provider]:
        return self._api.all("/resource_providers", **query)["resource_providers"]  # type: ignore[no-any-return]

    def _inventories(self, provider: Provider) -> Any:
        return self._api.get(f"/resource_providers/{provider['uuid']}/inventories")

    def _consumers_of(self, provider: Provider) -> frozenset[str]:
        return frozenset(self._allocations(provider))

    def _allocations(self, provider: Provider) -> Any:
        return self._api.get(f"/resource_providers/{provider['uuid']}/allocations")["allocations"]

    def _knows(self, resource_class: str) -> bool:
        if resource_class not in self._classes:
            listed = self._api.get("/resource_classes")["resource_classes"]
            self._classes = {row["name"] for row in listed}
        return resource_class in self._classes

    def _make_known(self, resource_class: str) -> None:
        if not self._knows(resource_class):
            self._api.put(f"/resource_classes/{resource_class}")


def _while_stale(attempt: Callable[[], T]) -> T:
    """Read and write again when another process has changed the provider in between."""
    for _ in range(_TRIES - 1):
        try:
            return attempt()
        except StaleVersion:
            continue
    return attempt()
