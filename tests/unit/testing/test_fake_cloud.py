# SPDX-License-Identifier: Apache-2.0
"""What the fake cloud can do beyond the contracts: fail on request, remember what was written, keep time."""

import pytest

from blazar_spot.core.errors import NotNow, Unreachable
from blazar_spot.core.fences import CLOSED, OPEN
from blazar_spot.core.flavors import Flavor
from blazar_spot.testing.clock import FakeClock
from blazar_spot.testing.cloud import FakeCloud

SIZE = {"VCPU": 4, "MEMORY_MB": 4096, "DISK_GB": 40}


@pytest.fixture
def clock() -> FakeClock:
    """Time stands still."""
    return FakeClock()


@pytest.fixture
def cloud(clock: FakeClock) -> FakeCloud:
    """One free host with a spot pool, for four servers."""
    cloud = FakeCloud(clock)
    cloud.add_host("host1", SIZE)
    flavor = Flavor(name="spot", vcpus=1, memory_mb=1024, disk_gb=10)
    cloud.add_flavor(flavor, preemptible=True, enrolled=True)
    cloud.keep("host1", OPEN, None)
    cloud.writes.clear()
    return cloud


def test_a_method_fails_as_often_as_it_was_told_to(cloud: FakeCloud) -> None:
    cloud.fails("pools", Unreachable("down"), times=2)
    for _ in range(2):
        with pytest.raises(Unreachable):
            cloud.pools()
    assert cloud.closed() == {"host1": False}


def test_a_method_fails_until_it_is_healed(cloud: FakeCloud) -> None:
    cloud.fails("spot_servers", Unreachable("down"), times=None)
    for _ in range(10):
        with pytest.raises(Unreachable):
            cloud.spot_servers()
    cloud.heals("spot_servers")
    assert cloud.spot_servers() == []


def test_a_call_that_failed_had_no_effect(cloud: FakeCloud) -> None:
    cloud.fails("close", Unreachable("down"))
    with pytest.raises(Unreachable):
        cloud.close("host1")
    assert cloud.closed() == {"host1": False}
    assert cloud.writes == []


def test_a_call_of_which_only_the_answer_was_lost_had_its_effect(cloud: FakeCloud) -> None:
    cloud.fails("close", Unreachable("cut off"), is_answer_lost=True)
    with pytest.raises(Unreachable):
        cloud.close("host1")
    assert cloud.closed() == {"host1": True}


def test_only_what_changes_something_is_a_write(cloud: FakeCloud, clock: FakeClock) -> None:
    cloud.close("host1")
    cloud.keep("host1", CLOSED, None)
    clock.advance(5)
    for _ in range(2):
        cloud.keep("host1", OPEN, cloud.pools()["host1"])
    cloud.join_aggregate(cloud.freepool.id, "host1")
    assert [(write.at, write.operation, write.target) for write in cloud.writes] == [
        (clock.now() - 5, "close", "host1"),
        (clock.now(), "keep", "host1"),
    ]


def test_each_delete_that_was_asked_for_is_remembered_with_its_time(cloud: FakeCloud, clock: FakeClock) -> None:
    server = cloud.boot("spot")
    clock.advance(10)
    cloud.delete(server, force=False)
    clock.advance(1)
    cloud.delete(server, force=True)
    clock.advance(30)
    cloud.settle()
    gone = cloud.servers[server]
    assert gone.deletes == [clock.now() - 31, clock.now() - 30]
    assert gone.gone_at == clock.now() - 31 + cloud.delete_takes + cloud.row_outlives_allocation_by


def test_a_row_outlives_its_allocation(cloud: FakeCloud, clock: FakeClock) -> None:
    server = cloud.boot("spot")
    clock.advance(10)
    cloud.delete(server, force=False)
    clock.advance(cloud.delete_takes)
    assert cloud.consumers("host1") == frozenset()
    assert cloud.servers_on("host1") == {server}
    clock.advance(cloud.row_outlives_allocation_by)
    assert cloud.servers_on("host1") == frozenset()


def test_a_server_is_a_consumer_before_it_has_a_host(cloud: FakeCloud, clock: FakeClock) -> None:
    server = cloud.boot("spot")
    assert cloud.consumers("host1") == {server}
    assert cloud.servers_on("host1") == frozenset()
    assert cloud.spot_servers()[0].host is None
    clock.advance(cloud.placed_after)
    assert cloud.servers_on("host1") == {server}
    assert cloud.spot_servers()[0].status == "BUILD"


def test_servers_go_where_there_is_room_and_spot_only_to_free_hosts(cloud: FakeCloud) -> None:
    cloud.add_host("host2", SIZE, free=False)
    cloud.add_flavor(Flavor(name="plain", vcpus=4, memory_mb=1024, disk_gb=10))
    spots = [cloud.boot("spot") for _ in range(5)]
    plains = [cloud.boot("plain") for _ in range(2)]
    assert cloud.consumers("host1") == set(spots[:4])
    assert cloud.consumers("host2") == {plains[0]}
    assert {cloud.servers[one].status for one in (spots[4], plains[1])} == {"ERROR"}


def test_a_moved_server_can_be_confirmed_or_deleted(cloud: FakeCloud, clock: FakeClock) -> None:
    cloud.add_host("host2", SIZE)
    servers = [cloud.boot("spot", host="host1") for _ in range(2)]
    clock.advance(10)
    migrations = {cloud.migrate(server, "host2") for server in servers}
    assert cloud.consumers("host1") == migrations
    with pytest.raises(NotNow):
        cloud.write_metadata(servers[0], {"key": "value"})
    cloud.confirm(servers[0])
    cloud.delete(servers[1], force=False)
    clock.advance(10)
    assert cloud.consumers("host1") == frozenset()
    assert cloud.consumers("host2") == {servers[0]}
    assert cloud.spot_servers()[0].host == "host2"


def test_waiting_lets_time_pass_until_somebody_interrupts(clock: FakeClock) -> None:
    before = clock.now()
    assert clock.wait(2.5) is False
    assert clock.now() == before + 3
    clock.interrupt()
    assert clock.wait(10) is True
    assert clock.now() == before + 3
