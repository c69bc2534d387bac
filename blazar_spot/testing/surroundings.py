# SPDX-License-Identifier: Apache-2.0
"""A well cloud around us, for examinations: each attribute is what one call answers, and may be made anything."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from blazar_spot.core.errors import NotFound, SpotError
from blazar_spot.ports.clock import Clock

SERVICES = ("identity", "compute", "placement", "reservation", "spot")


@dataclass
class FakeSurroundings:
    """``ahead`` is by how much a service's clock differs, None if it tells no time; ``ailments`` are raised by name."""

    clock: Clock
    hosts: frozenset[str] = frozenset()
    our_roles: frozenset[str] = frozenset({"admin", "service"})
    urls: dict[str, str] = field(default_factory=lambda: {name: f"http://{name}.test" for name in SERVICES})
    ahead: dict[str, int | None] = field(default_factory=dict)
    down: frozenset[str] = frozenset()
    reserved: Sequence[str] = ()
    ailments: dict[str, SpotError] = field(default_factory=dict)

    def roles(self) -> frozenset[str]:
        self._suffer("roles")
        return self.our_roles

    def url(self, service_type: str) -> str:
        self._suffer("url")
        if service_type not in self.urls:
            raise NotFound(f"The catalog has no {service_type}.")
        return self.urls[service_type]

    def now(self, service_type: str) -> int | None:
        self.url(service_type)
        ahead = self.ahead.get(service_type, 0)
        return None if ahead is None else self.clock.now() + ahead

    def hosts_down(self) -> frozenset[str]:
        self._suffer("hosts_down")
        return self.down

    def reservable_hosts(self) -> frozenset[str]:
        self._suffer("reservable_hosts")
        return self.hosts

    def reservations(self, now: int) -> Sequence[str]:
        self._suffer("reservations")
        return self.reserved

    def greet_api(self) -> None:
        self.url("spot")
        self._suffer("greet_api")

    def ask_vendordata(self) -> None:
        self.url("spot")
        self._suffer("ask_vendordata")

    def _suffer(self, call: str) -> None:
        if call in self.ailments:
            raise self.ailments[call]


@dataclass
class FakeSchema:
    """A database of the newest version."""

    clock: Clock
    found: str | None = "0009"
    wanted: str = "0009"
    ahead: int = 0

    def version(self) -> str | None:
        return self.found

    def newest(self) -> str:
        return self.wanted

    def now(self) -> int:
        return self.clock.now() + self.ahead


@dataclass
class FakeBus:
    """A bus at which somebody listens."""

    readers: int | None = 1

    def listeners(self) -> int | None:
        return self.readers
