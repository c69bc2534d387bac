# SPDX-License-Identifier: Apache-2.0
"""A year of random leases over a fleet full of spot instances: not one promise is broken, to anybody.

Leases are booked by the planner, some long before, some at the last moment; hosts close to spot at their fence; the
victims are decided when a claim is due. At every start the host must have the room that was promised.
"""

import heapq
import itertools
from dataclasses import dataclass, field, replace
from random import Random

import pytest

from blazar_spot.core.model import Host, HostRequest, Request, Reservation, Rules, SlotRequest, Snapshot, Spot
from blazar_spot.core.planner import book, plan

HOUR = 3600
YEAR = 365 * 24 * HOUR
RULES = Rules(notice=900, min_uptime=1800, lead=60)
CAP = {"gpus": 8, "vcpus": 64}


@dataclass
class Claim:
    request: Request
    hosts: dict[str, int]
    fence_at: int


@dataclass
class Fleet:
    """Hosts, instances and claims, and what happens to them in the order of time."""

    random: Random
    hosts: tuple[Host, ...] = tuple(Host(f"h{number}", CAP) for number in range(12))
    spots: dict[str, Spot] = field(default_factory=dict)
    claims: list[Reservation] = field(default_factory=list)
    fences: list[tuple[str, int, int]] = field(default_factory=list)
    queue: list[tuple[int, int, int, object]] = field(default_factory=list)
    numbers: itertools.count = field(default_factory=itertools.count)
    started: int = 0
    evicted: int = 0
    refused: int = 0

    # At one instant evictions come first, then ends, what is due, starts, and new instances.
    EVICT, END, DUE, START, BOOK, BOOT = range(6)

    def at(self, instant: int, kind: int, what: object = None) -> None:
        heapq.heappush(self.queue, (instant, kind, next(self.numbers), what))

    def run(self) -> None:
        self.at(0, self.BOOK)
        self.at(0, self.BOOT)
        while self.queue[0][0] < YEAR:
            now, kind, _, what = heapq.heappop(self.queue)
            (self.evict, self.end, self.due, self.start, self.book, self.boot)[kind](now, what)

    def snapshot(self, now: int) -> Snapshot:
        self.claims = [claim for claim in self.claims if claim.end > now]
        return Snapshot(now, RULES, self.hosts, tuple(self.spots.values()), tuple(self.claims))

    def book(self, now: int, _: object) -> None:
        self.at(now + self.random.randrange(1, 10 * HOUR), self.BOOK)
        start = now + self.random.choice([self.random.randrange(0, HOUR), self.random.randrange(HOUR, 72 * HOUR)])
        window = {"start": start, "end": start + self.random.randrange(600, 30 * HOUR)}
        if self.random.random() < 0.5:
            count = self.random.randrange(1, 4)
            request: Request = HostRequest(count_min=count, count_max=count, **window)
        else:
            gpus = self.random.choice([1, 2, 4])
            request = SlotRequest(
                count=self.random.randrange(1, 9),
                size={"gpus": gpus, "vcpus": 4 * gpus},
                affinity=self.random.choice([None, True, False]),
                **window,
            )
        snapshot = self.snapshot(now)
        fence_at = start - RULES.lead - RULES.min_uptime
        decision = (book if fence_at > now else plan)(snapshot, request)
        if not decision.feasible:
            self.refused += 1
            return
        claim = Claim(request, {choice.host: choice.slots for choice in decision.hosts}, max(fence_at, now))
        if fence_at <= now:
            for victim in decision.victims:
                self.tell(now, victim.id, victim.evict_at)
        else:
            self.at(fence_at, self.DUE, claim)
        for host, slots in claim.hosts.items():
            size = None
            if isinstance(request, SlotRequest):
                size = {name: slots * amount for name, amount in request.size.items()}
            self.claims.append(Reservation(f"{next(self.numbers)}", host, start, request.end, size))
            self.fences.append((host, claim.fence_at, request.end))
        self.at(start, self.START, claim)
        self.at(request.end, self.END, claim)

    def due(self, now: int, claim: object) -> None:
        """Who goes for the claim is decided: on each of its hosts, beside the others, at the least cost."""
        assert isinstance(claim, Claim)
        for host, slots in claim.hosts.items():
            request = claim.request
            if isinstance(request, SlotRequest):
                own = {name: slots * amount for name, amount in request.size.items()}
                asked: Request = replace(request, count=slots, affinity=True)
            else:
                own, asked = None, replace(request, count_min=1, count_max=1)
            snapshot = self.snapshot(now)
            mine = next(
                one
                for one in snapshot.reservations
                if (one.host, one.start, one.end, one.size) == (host, request.start, request.end, own)
            )
            others = tuple(one for one in snapshot.reservations if one is not mine)
            here = tuple(one for one in self.hosts if one.id == host)
            decision = plan(replace(snapshot, hosts=here, reservations=others), asked)
            assert decision.feasible, f"{host} cannot keep what it promised at {now}"
            for victim in decision.victims:
                self.tell(now, victim.id, victim.evict_at)

    def tell(self, now: int, name: str, evict_at: int) -> None:
        spot = self.spots[name]
        assert now + RULES.notice <= evict_at
        assert spot.launched_at + RULES.min_uptime <= evict_at
        if spot.evict_at is None or evict_at < spot.evict_at:
            self.spots[name] = replace(spot, evict_at=evict_at)
            self.at(evict_at, self.EVICT, name)

    def evict(self, now: int, name: object) -> None:
        if name in self.spots:
            del self.spots[str(name)]
            self.evicted += 1

    def start(self, now: int, claim: object) -> None:
        assert isinstance(claim, Claim)
        self.started += 1
        for host in claim.hosts:
            active = [one for one in self.claims if one.host == host and one.start <= now < one.end]
            there = [spot for spot in self.spots.values() if spot.host == host]
            if isinstance(claim.request, HostRequest):
                assert (len(active), there) == (1, [])
            sizes = [one.size or CAP for one in active] + [spot.size for spot in there]
            for name, most in CAP.items():
                assert sum(size[name] for size in sizes) <= most, f"{host} is overfull at {now}"

    def end(self, now: int, claim: object) -> None:
        self.fences = [fence for fence in self.fences if fence[2] > now]

    def boot(self, now: int, _: object) -> None:
        """A new instance, on a host whose pool is open and which has room."""
        self.at(now + self.random.randrange(1, 1200), self.BOOT)
        if self.spots and self.random.random() < 0.3:
            del self.spots[self.random.choice(list(self.spots))]
        closed = {host for host, fence_at, end in self.fences if fence_at <= now < end}
        gpus = self.random.choice([0, 1, 1, 2, 4, 8])
        size = {"gpus": gpus, "vcpus": max(2, 8 * gpus)}
        for host in self.random.sample(self.hosts, len(self.hosts)):
            there = [spot.size for spot in self.spots.values() if spot.host == host.id]
            if host.id not in closed and all(sum(one[name] for one in there) + size[name] <= CAP[name] for name in CAP):
                name = f"s{next(self.numbers)}"
                self.spots[name] = Spot(name, host.id, size, now, self.random.randrange(100))
                return


@pytest.mark.parametrize("seed", range(2))
def test_a_year_of_leases_breaks_no_promise(seed: int) -> None:
    fleet = Fleet(Random(seed))
    fleet.run()
    assert fleet.started > 500
    assert fleet.evicted > 1000
    assert fleet.refused > 50
