# SPDX-License-Identifier: Apache-2.0
"""A whole cloud with an engine on it, in memory, whose time passes as fast as the machine allows.

Tenants boot, reservations are booked and published, the engine ticks once a second. Tests look at the fakes: what
each server lived through, what was written, and what is promised in the store.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from threading import Event

from blazar_spot.core.booking import Candidate, Part, Wish
from blazar_spot.core.flavors import Flavor
from blazar_spot.core.model import Size
from blazar_spot.core.policy import Policy
from blazar_spot.core.promises import Claim, Notice, NoticeState, Reclaim
from blazar_spot.core.switch import Mode
from blazar_spot.enforcement.assembly import Whole, assemble
from blazar_spot.enforcement.publishing import Entry
from blazar_spot.ports.clock import Clock
from blazar_spot.testing.clock import FakeClock
from blazar_spot.testing.cloud import FakeCloud
from blazar_spot.testing.store import FakeStore
from blazar_spot.testing.things import FakeAggregate, FakeServer

HOST_TOTALS = {"VCPU": 32, "MEMORY_MB": 131072, "DISK_GB": 1000, "CUSTOM_GPU": 8}
SPOT = Flavor(name="preemptible-gpu", vcpus=4, memory_mb=8192, disk_gb=10, extra_specs={"resources:CUSTOM_GPU": "1"})
LIST_SECONDS = 60
PLAIN = replace(SPOT, name="gpu")
POLICY = Policy(
    min_uptime=1800,
    notice=900,
    notice_slack=60,
    boot_allowance=120,
    lead_floor=60,
    delete_takes=3,
    delete_p99=15,
    parallel_deletes=20,
    spots_per_host=8,
)


class Lab:
    """The cloud, the database, the calendar of reservations, and one engine over them."""

    def __init__(
        self,
        hosts: int = 1,
        policy: Policy = POLICY,
        cloud: Callable[[Clock], FakeCloud] = FakeCloud,
        store: Callable[[], FakeStore] = FakeStore,
        mode: Mode = Mode.ENFORCE,
        headroom_hosts: int = 0,
        channels: Sequence[str] = (),
        reaper_seconds: int = 1920,
        sweep_seconds: int = 0,
    ) -> None:
        self.sweep_seconds = sweep_seconds
        self.reaper_seconds = reaper_seconds
        self.mode = mode
        self.channels = channels
        self.headroom_hosts = headroom_hosts
        self.policy = policy
        self.clock = FakeClock()
        self.cloud = cloud(self.clock)
        self.store = store()
        self.calendar: dict[str, list[Entry]] = {}
        self.unsettled: set[str] = set()
        self.hosts = [f"host{number:02}" for number in range(1, hosts + 1)]
        for host in self.hosts:
            self.cloud.add_host(host, HOST_TOTALS)
        self.cloud.add_flavor(SPOT, preemptible=True)
        self.cloud.add_flavor(PLAIN)
        self.whole = self.restarted()
        self.whole.engine.tick()

    def restarted(self) -> Whole:
        """Everything that a new process would have: nothing but the database and the cloud."""
        self.whole = assemble(
            self.store,
            self.cloud,
            self.cloud,
            self.clock,
            self.policy,
            sweep_seconds=self.sweep_seconds,
            list_seconds=LIST_SECONDS,
            mode=self.mode,
            headroom_hosts=self.headroom_hosts,
            channels=self.channels,
            reaper_seconds=self.reaper_seconds,
        )
        return self.whole

    def boot(self, count: int = 1, host: str | None = None) -> list[FakeServer]:
        """Tenants start spot instances."""
        return [self.cloud.servers[self.cloud.boot(SPOT.name, host=host)] for _ in range(count)]

    def boot_and_run(self, count: int = 1, host: str | None = None) -> list[FakeServer]:
        """Tenants start spot instances that have run longer than anybody was promised."""
        servers = self.boot(count, host)
        self.run_for(self.policy.boot_allowance + self.policy.min_uptime)
        assert all(server.status == "ACTIVE" for server in servers)
        return servers

    def book(self, reservation: str, start_at: int, *, hours: int = 1, hosts: int = 1) -> list[Candidate]:
        """Somebody books hosts, and the lease is committed."""
        wish = Wish(start_at=start_at, end_at=start_at + hours * 3600, count_min=hosts, count_max=hosts)
        chosen = self.whole.booking.hold(reservation, f"lease-{reservation}", wish, self.candidates())
        self.whole.booking.secure(reservation, wish, chosen)
        self.put_down(reservation, chosen, start_at, wish.end_at)
        return chosen

    def book_slots(
        self, reservation: str, start_at: int, slots: int, size: Size, *, hours: int = 1, affinity: bool | None = None
    ) -> list[Candidate]:
        """Somebody books parts of hosts, and the lease is committed."""
        end_at = start_at + hours * 3600
        wish = Wish(start_at=start_at, end_at=end_at, count_min=slots, count_max=slots, size=size, affinity=affinity)
        chosen = self.whole.booking.hold(reservation, f"lease-{reservation}", wish, self.candidates())
        self.whole.booking.secure(reservation, wish, chosen)
        self.put_down(reservation, chosen, start_at, end_at, wish)
        return chosen

    def admit(self, reservation: str, aggregate: FakeAggregate, hosts: Sequence[Candidate]) -> list[Candidate]:
        """A part-host reservation starts, or looks again for what is late; returns the hosts that are late."""
        admittance = self.whole.admittance(self._furnish)
        return admittance.hand_over(reservation, aggregate.id, hosts)

    def _furnish(self, reservation: str, host: Candidate, _: Event) -> bool:
        self.cloud.furnish(host.host, reservation, host.slots)
        return True

    def candidates(self) -> list[Candidate]:
        """All hosts, each with the windows in which it is reserved, for a whole host's wish and for one of slots."""
        return [self._candidate(host) for host in self.hosts]

    def _candidate(self, host: str) -> Candidate:
        entries = [entry for booked in self.calendar.values() for entry in booked if entry.host == host]
        return Candidate(
            host,
            host,
            busy=tuple((entry.start_at, entry.end_at) for entry in entries if entry.room is None),
            capacity=HOST_TOTALS,
            parts=tuple(Part(entry.start_at, entry.end_at, entry.room) for entry in entries if entry.room is not None),
        )

    def put_down(
        self, reservation: str, chosen: Sequence[Candidate], start_at: int, end_at: int, wish: Wish | None = None
    ) -> None:
        """Write a reservation into the calendar, of whole hosts if the wish is not told."""
        self.calendar[reservation] = [
            Entry(
                reservation_id=reservation,
                lease_id=f"lease-{reservation}",
                host=candidate.host,
                service_host=candidate.service_host,
                start_at=start_at,
                end_at=end_at,
                room=wish.room(candidate.slots) if wish else None,
            )
            for candidate in chosen
        ]

    def move(self, reservation: str, start_at: int) -> None:
        """Somebody moves a lease as a whole."""
        self.calendar[reservation] = [
            replace(entry, start_at=start_at, end_at=start_at + entry.end_at - entry.start_at)
            for entry in self.calendar[reservation]
        ]

    def cancel(self, reservation: str) -> None:
        """Somebody deletes a lease."""
        del self.calendar[reservation]

    def leave_uncommitted(self, reservation: str) -> None:
        """The reservation's lease stays as it is while it is being created."""
        self.cancel(reservation)
        self.unsettled.add(reservation)

    def second(self) -> None:
        """One second passes: the publisher publishes and the engine ticks."""
        self.clock.advance(1)
        self.whole.publishing.publish([one for booked in self.calendar.values() for one in booked], self.unsettled)
        self.whole.engine.tick()

    def run_for(self, seconds: int) -> None:
        self.run_until(self.clock.now() + seconds)

    def run_until(self, instant: int) -> None:
        while self.clock.now() < instant:
            self.second()

    def run_until_true(self, condition: Callable[[], bool], within: int) -> None:
        """Let time pass until the condition holds; it must within so many seconds."""
        end = self.clock.now() + within
        while not condition():
            assert self.clock.now() < end, f"not seen within {within} s"
            self.second()

    def acknowledge(self, server: FakeServer, *, is_ready: bool = True) -> Notice:
        """Its holder says something to the notice that runs."""
        (notice,) = [one for one in self.notices_of(server) if one.state is NoticeState.SCHEDULED]
        said = self.whole.acknowledging.acknowledge(notice.id, server.project_id, is_ready=is_ready)
        return said.notice

    @property
    def claim(self) -> Claim:
        """The only claim there ever was."""
        (claim,) = self.store.claims
        return claim

    @property
    def reclaim(self) -> Reclaim:
        """The only reclaim there ever was."""
        (reclaim,) = self.store.reclaims
        return reclaim

    def notices_of(self, server: FakeServer) -> list[Notice]:
        """Every notice that the instance ever got."""
        return [notice for notice in self.store.notices if notice.instance_id == server.id]
