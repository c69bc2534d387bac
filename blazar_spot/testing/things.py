# SPDX-License-Identifier: Apache-2.0
"""What the world behind ``FakeCloud`` is made of: providers, hosts, servers, aggregates."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from blazar_spot.core import flavors
from blazar_spot.core.departures import Deletion
from blazar_spot.core.flavors import Flavor
from blazar_spot.core.sharing import RESERVATION

Resources = Mapping[str, int]


@dataclass(slots=True, kw_only=True)
class FakeProvider:
    """Something that is consumed: a host's own resources, or its spot pool. Closed, it takes nobody new."""

    totals: Resources
    is_closed: bool = False
    withheld: Resources = field(default_factory=dict)
    generation: int = 0
    consumers: dict[str, Resources] = field(default_factory=dict)

    @property
    def state(self) -> tuple[object, ...]:
        """What is written when it is changed; its generation and its consumers are not."""
        return self.totals, self.is_closed, self.withheld

    def has_room_for(self, wanted: Resources) -> bool:
        return not wanted or (not self.is_closed and all(self.free(name) >= wanted[name] for name in wanted))

    def used(self, name: str) -> int:
        """How much of this its consumers have."""
        return sum(resources.get(name, 0) for resources in self.consumers.values())

    def free(self, name: str) -> int:
        """How much of this is left."""
        return self.totals.get(name, 0) - self.withheld.get(name, 0) - self.used(name)


@dataclass(slots=True, kw_only=True)
class FakeHost:
    """A hypervisor: its own resources, its spot pool if it has one, the slots that reservations have on it, the rows
    the compute service has for it, and the guests that run on it without one."""

    name: str
    service_host: str
    own: FakeProvider
    pool: FakeProvider | None = None
    reserved: FakeProvider = field(default_factory=lambda: FakeProvider(totals={}))
    rows: set[str] = field(default_factory=set)
    ghosts: set[str] = field(default_factory=set)

    @property
    def providers(self) -> list[FakeProvider]:
        return [self.own, self.reserved] if self.pool is None else [self.own, self.reserved, self.pool]


@dataclass(slots=True, kw_only=True)
class FakeServer:
    """A server, remembered also after it is gone."""

    id: str
    name: str
    project_id: str
    flavor: Flavor
    created_at: int
    unpooled: Resources = field(default_factory=dict)
    built_at: int = 0
    status: str = "BUILD"
    host: str | None = None
    launched_at: int | None = None
    metadata: dict[str, str] = field(default_factory=dict)
    tags: list[str] = field(default_factory=list)
    migration: str | None = None
    is_being_destroyed: bool = False
    hangs: bool = False
    deletes: list[int] = field(default_factory=list)
    deletion: Deletion | None = None
    gone_at: int | None = None

    @property
    def is_going(self) -> bool:
        return self.is_being_destroyed or self.status == "SOFT_DELETED"

    def be_of(self, flavor: Flavor) -> None:
        """Have this flavor from now on."""
        self.flavor = flavor
        self.unpooled = flavors.unpooled(flavor) if self.is_spot else {}

    @property
    def is_spot(self) -> bool:
        return flavors.is_preemptible(self.flavor.extra_specs)


@dataclass(slots=True, kw_only=True)
class FakeAggregate:
    """A host aggregate; with a zone, its hosts are in that availability zone."""

    id: int
    name: str
    zone: str | None = None
    metadata: dict[str, str] = field(default_factory=dict)
    hosts: list[str] = field(default_factory=list)


def own(flavor: Flavor) -> dict[str, int]:
    """What a server of this flavor takes of its host's own resources."""
    return {name: amount for name, amount in flavors.resources(flavor).items() if not name.startswith(RESERVATION)}


def slots(flavor: Flavor) -> dict[str, int]:
    """The slots of a reservation that a server of this flavor takes."""
    return {name: amount for name, amount in flavors.resources(flavor).items() if name.startswith(RESERVATION)}


def shadow(flavor: Flavor) -> dict[str, int]:
    """What a server of this flavor consumes of a spot pool, in the names of the host's own classes."""
    prefix = "resources:" + flavors.SHADOW_PREFIX
    return {key.removeprefix(prefix): int(value) for key, value in flavor.extra_specs.items() if key.startswith(prefix)}
