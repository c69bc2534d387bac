# SPDX-License-Identifier: Apache-2.0
"""Each pool withholds what claims, headroom and unpooled instances want withheld, whatever happened to it."""

from collections.abc import Callable, Mapping
from types import MappingProxyType

import pytest

from blazar_spot.core.errors import NotFound, SpotError, StaleVersion, Unreachable
from blazar_spot.core.fences import CLOSED, Fence
from blazar_spot.core.flavors import Flavor, shadow_specs
from blazar_spot.core.reclaim import State
from blazar_spot.enforcement.pools import LOOKS_PER_TICK, PER_TICK, SUSPECTS_PER_TICK, Pools
from blazar_spot.testing.clock import FakeClock
from blazar_spot.testing.cloud import FakeCloud
from blazar_spot.testing.lab import HOST_TOTALS, POLICY, SPOT, Lab
from blazar_spot.testing.store import FakeStore
from blazar_spot.testing.things import FakeProvider

HOUR = 3600
USED_BY_ONE = {"VCPU": 4, "MEMORY_MB": 8192, "DISK_GB": 10, "CUSTOM_GPU": 1}


def pool_of(lab: Lab, host: str = "host01") -> FakeProvider:
    pool = lab.cloud.hosts[host].pool
    assert pool is not None
    return pool


def fenced(lab: Lab) -> None:
    """A lease that begins now holds the only host."""
    lab.book("r1", lab.clock.now())
    lab.second()


def edited(pool: FakeProvider, **changes: object) -> None:
    """Somebody edits a pool in Placement."""
    for name, value in changes.items():
        setattr(pool, name, value)
    pool.generation += 1


def deleted(lab: Lab) -> None:
    lab.cloud.hosts["host01"].pool = None


ACCIDENTS: list[Callable[[Lab], None]] = [
    deleted,
    lambda lab: edited(pool_of(lab), is_closed=not pool_of(lab).is_closed),
    lambda lab: edited(pool_of(lab), withheld={"VCPU": 3}),
    lambda lab: edited(pool_of(lab), totals={"VCPU": 32}),
    lambda lab: edited(pool_of(lab), totals={}, is_closed=False, withheld={}),
]


@pytest.mark.parametrize("accident", ACCIDENTS)
@pytest.mark.parametrize("is_fenced", [False, True])
def test_whatever_is_done_to_a_pool_is_put_right_within_one_sweep(
    accident: Callable[[Lab], None], is_fenced: bool
) -> None:
    lab = Lab()
    if is_fenced:
        fenced(lab)
    before = pool_of(lab).state
    accident(lab)
    lab.second()
    assert pool_of(lab).state == before
    assert pool_of(lab).is_closed is is_fenced


@pytest.mark.parametrize("totals", [{**HOST_TOTALS, "CUSTOM_GPU": 16}, {**HOST_TOTALS, "VCPU": 8}, {"VCPU": 1}])
@pytest.mark.parametrize("is_fenced", [False, True])
def test_a_pool_follows_its_host_when_that_is_resized(totals: dict[str, int], is_fenced: bool) -> None:
    lab = Lab()
    if is_fenced:
        fenced(lab)
    lab.cloud.hosts["host01"].own.totals = totals
    lab.second()
    assert pool_of(lab).state == (totals, is_fenced, totals if is_fenced else {})


def test_a_pool_that_cannot_be_written_is_tried_again_and_holds_up_no_other() -> None:
    lab = Lab(hosts=2)
    for host in lab.hosts:
        lab.cloud.hosts[host].own.totals = {"VCPU": 64}
    lab.cloud.fails("keep", StaleVersion("somebody else was faster"))
    lab.second()
    assert [pool_of(lab, host).totals == {"VCPU": 64} for host in lab.hosts] == [False, True]
    lab.second()
    assert pool_of(lab).totals == {"VCPU": 64}


@pytest.mark.parametrize("call", ["freepool_hosts", "revisions"])
@pytest.mark.parametrize("error", [Unreachable("down"), NotFound("gone")])
def test_a_sweep_that_fails_opens_and_closes_pools_all_the_same(call: str, error: SpotError) -> None:
    lab = Lab()
    fenced(lab)
    lab.cloud.fails(call, error, times=None)
    lab.cancel("r1")
    lab.second()
    assert lab.cloud.closed() == {"host01": False}


class Cloud:
    """Many hosts, of which only the pools are looked after."""

    def __init__(self, hosts: int) -> None:
        self.clock = FakeClock()
        self.cloud = FakeCloud(self.clock)
        self.hosts = [f"host{number:04}" for number in range(hosts)]
        for host in self.hosts:
            self.cloud.add_host(host, HOST_TOTALS)
        self.start_again()

    def start_again(self) -> None:
        self.pools = Pools(FakeStore(), self.cloud, self.cloud, sweep_seconds=60, headroom_hosts=0)

    def is_resized(self, host: str) -> bool:
        pool = self.cloud.hosts[host].pool
        return pool is not None and pool.totals == {"VCPU": 64}

    def settled(self) -> None:
        """Let all pools be found in order."""
        while self.tick(60):
            pass

    def tick(self, seconds: int = 5, spots: Mapping[str, int] = MappingProxyType({})) -> int:
        """How many pools were looked at."""
        before = self.cloud.calls["keep"]
        self.pools.settle(self.pools.fence(self.clock.now()), [], spots, self.clock.now())
        self.clock.advance(seconds)
        return self.cloud.calls["keep"] - before


def test_a_new_cloud_gets_its_pools_over_several_ticks_and_then_nobody_is_asked_any_more() -> None:
    many = Cloud(PER_TICK + 5)
    assert [many.tick() for _ in range(3)] == [PER_TICK, 5, 0]
    many.clock.advance(60)
    # What was written itself is seen to have changed, and is looked at once more.
    assert [many.tick(0) for _ in range(10)] == [SUSPECTS_PER_TICK] * 8 + [5, 0]
    before = many.cloud.calls["freepool_hosts"], many.cloud.calls["revisions"]
    many.clock.advance(60)
    assert [many.tick() for _ in range(3)] == [0, 0, 0]
    after = many.cloud.calls["freepool_hosts"], many.cloud.calls["revisions"]
    assert after == (before[0] + 1, before[1] + 1)


def test_after_a_restart_all_are_looked_at_a_few_on_each_tick() -> None:
    many = Cloud(2 * SUSPECTS_PER_TICK + 1)
    many.tick()
    many.start_again()
    assert [many.tick(0) for _ in range(4)] == [SUSPECTS_PER_TICK, SUSPECTS_PER_TICK, 1, 0]


def test_where_instances_came_and_went_is_looked_at_last_and_nobody_is_passed_over() -> None:
    many = Cloud(3 * LOOKS_PER_TICK)
    many.settled()
    for host in many.hosts:
        many.cloud.hosts[host].own.totals = {"VCPU": 64}
    busy = dict.fromkeys(many.hosts[1:], 1)
    many.clock.advance(60)
    assert many.tick(60, busy) == 1 + LOOKS_PER_TICK
    assert many.is_resized(many.hosts[0])
    # By now the six that were written have changed with as many instances as before.
    assert [many.tick(0, busy) for _ in range(3)] == [6 + LOOKS_PER_TICK, LOOKS_PER_TICK - 1, 0]
    assert all(many.is_resized(host) for host in many.hosts)


def test_headroom_keeps_empty_hosts_closed_and_evicts_nobody() -> None:
    lab = Lab(hosts=3, headroom_hosts=1)
    assert lab.cloud.closed() == {"host01": True, "host02": False, "host03": False}
    servers = lab.boot_and_run(10)
    assert {server.host for server in servers} == {"host02", "host03"}
    assert not any(server.deletes for server in servers)


def test_headroom_moves_on_within_one_tick_when_a_lease_takes_its_host() -> None:
    lab = Lab(hosts=3, headroom_hosts=1)
    (chosen,) = lab.book("r1", lab.clock.now())
    lab.second()
    assert lab.cloud.closed()[chosen.host]
    assert list(lab.cloud.closed().values()).count(True) == 2
    lab.cancel("r1")
    lab.second()
    assert list(lab.cloud.closed().values()).count(True) == 1


def test_headroom_stays_where_it_is_while_others_come_and_go() -> None:
    lab = Lab(hosts=3, headroom_hosts=1)
    (server,) = lab.boot_and_run(1, "host02")
    lab.restarted()
    lab.cloud.begin_delete(server, force=True)
    lab.run_for(10)
    assert lab.cloud.closed() == {"host01": True, "host02": False, "host03": False}
    before = len(lab.cloud.writes)
    lab.run_for(5)
    assert len(lab.cloud.writes) == before


def test_a_full_cloud_empties_the_hosts_of_its_headroom_by_letting_nobody_in() -> None:
    lab = Lab(hosts=2)
    old = lab.boot_and_run(16)
    lab.headroom_hosts = 1
    lab.restarted()
    lab.run_for(2)
    assert lab.cloud.closed() == {"host01": True, "host02": False}
    lab.cloud.begin_delete(next(server for server in old if server.host == "host01"), force=True)
    lab.run_for(10)
    assert lab.boot(1)[0].status == "ERROR"


def unpooled_lab() -> Lab:
    """A cloud in which an instance ran before its flavor was enrolled."""
    lab = Lab()
    lab.cloud.flavors[SPOT.name] = lab.cloud.add_flavor(SPOT, preemptible=True)
    lab.boot(2)
    lab.run_for(10)
    return lab


def test_what_unpooled_instances_use_is_withheld_and_given_back_when_they_go() -> None:
    lab = unpooled_lab()
    assert pool_of(lab).withheld == {name: 2 * amount for name, amount in USED_BY_ONE.items()}
    assert lab.cloud.spot_consumers("host01") == frozenset()
    first, second = (server for server in lab.cloud.alive.values())
    lab.cloud.begin_delete(first, force=True)
    lab.run_for(10)
    assert pool_of(lab).withheld == USED_BY_ONE
    lab.cloud.begin_delete(second, force=True)
    lab.run_for(10)
    assert pool_of(lab).withheld == {}


def test_pooled_and_unpooled_instances_together_fill_a_host_and_no_more() -> None:
    lab = unpooled_lab()
    newer = lab.boot(7)
    lab.run_for(10)
    assert [server.status for server in newer].count("ACTIVE") == 6


def test_unpooled_instances_are_told_and_evicted_with_the_full_promise() -> None:
    lab = unpooled_lab()
    victims = list(lab.cloud.alive.values())
    lab.book("r1", lab.clock.now() + HOUR)
    lab.run_until(lab.reclaim.start_at)
    assert lab.reclaim.state is State.READY
    for victim in victims:
        (notice,) = lab.notices_of(victim)
        assert notice.given_at is not None
        assert victim.deletes[0] >= notice.deadline_at >= notice.given_at + POLICY.notice
        assert victim.deletes[0] - (victim.launched_at or 0) >= POLICY.min_uptime
    assert lab.store.breaches == []


def test_an_unpooled_instance_that_boots_behind_the_fence_makes_the_host_late_and_is_not_evicted_young() -> None:
    lab = Lab()
    lab.book("r1", lab.clock.now() + HOUR)
    lab.run_until(lab.reclaim.fence_at + 600)
    unenrolled = Flavor(name="preemptible-new", vcpus=1, memory_mb=64, disk_gb=1)
    lab.cloud.add_flavor(unenrolled, preemptible=True)
    intruder = lab.cloud.servers[lab.cloud.boot(unenrolled.name)]
    lab.run_until(lab.reclaim.start_at + POLICY.boot_allowance)
    assert lab.reclaim.state is State.OVERDUE
    assert {(breach.cause, breach.subject) for breach in lab.store.breaches} == {
        ("unfenced_boot", intruder.id),
        ("unfenced_boot", ""),
    }
    lab.run_until_true(lambda: lab.reclaim.state is State.READY, within=POLICY.min_uptime)
    assert intruder.deletes[0] - (intruder.launched_at or 0) >= POLICY.min_uptime
    assert shadow_specs(unenrolled).keys() <= lab.cloud.flavors[unenrolled.name].extra_specs.keys()


def test_a_pool_that_was_closed_since_it_was_seen_is_not_written_by_who_wants_it_partly_open() -> None:
    lab = Lab()
    seen = lab.cloud.pools()["host01"]
    lab.cloud.close("host01")
    with pytest.raises(StaleVersion):
        lab.cloud.keep("host01", Fence(amounts={"VCPU": 4}), seen)
    assert pool_of(lab).state == (HOST_TOTALS, True, HOST_TOTALS)
    assert not lab.cloud.keep("host01", CLOSED, None)


def test_one_that_came_as_the_fence_closed_and_costs_the_reservation_no_time_breaks_no_promise() -> None:
    lab = Lab()
    lab.book("r1", lab.clock.now() + HOUR)
    lab.run_until(lab.reclaim.fence_at + 2)
    unenrolled = Flavor(name="preemptible-new", vcpus=1, memory_mb=64, disk_gb=1)
    lab.cloud.add_flavor(unenrolled, preemptible=True)
    last = lab.cloud.servers[lab.cloud.boot(unenrolled.name)]
    lab.run_until(lab.reclaim.start_at)
    assert lab.reclaim.state is State.READY
    assert last.created_at > lab.reclaim.fence_at
    assert last.deletes[0] - (last.launched_at or 0) >= POLICY.min_uptime
    assert lab.store.breaches == []
