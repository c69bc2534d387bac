# SPDX-License-Identifier: Apache-2.0
"""Hosts come back from leases that are over, however slowly their servers die, and none is ever lost."""

from collections.abc import Iterator
from typing import Any

import pytest
from blazar import status
from blazar.db import api as db_api
from blazar.enforcement.exceptions import ExternalServiceFilterException
from blazar.plugins.oshosts import RESOURCE_TYPE
from oslo_config import cfg

from blazar_spot import wiring
from blazar_spot.core.errors import Unreachable
from blazar_spot.core.policy import Policy
from blazar_spot.core.promises import NoticeState, Standing
from blazar_spot.enforcement.proposals import Proposals, Wanted
from blazar_spot.enforcement.returning import Returning
from tests.functional.plugins.reservations import HOUR, MINUTE, POLL, SERVICE, Reservations, fail, recover

SLOWLY = 60
OF_ONCE = "6f1d2c3b-8a47-4c55-9e0b-d2f7a1c3e590"
"""A reservation that Blazar knows no more."""


@pytest.fixture
def lease(reservations: Reservations) -> dict[str, Any]:
    """A lease of one host is running, and its owner's server runs on it."""
    reservations.add_hosts("gpu-1")
    lease = reservations.lease(start_in=0)
    reservations.start(lease)
    reservations.poll()
    reservations.world.cloud.boot("plain", host="gpu-1")
    reservations.world.pass_time(10)
    return lease


@pytest.fixture
def left(reservations: Reservations) -> dict[str, Any]:
    """A lease of three hours has got gpu-2 for gpu-1, which had failed and is back, with its owner's server on it."""
    reservations.add_hosts("gpu-1")
    lease = reservations.lease(start_in=0, minutes=180)
    reservations.start(lease)
    reservations.poll()
    reservations.world.cloud.boot("plain", host="gpu-1")
    reservations.world.pass_time(10)
    reservations.add_hosts("gpu-2")
    fail(reservations, "gpu-1")
    run_for(reservations, POLL)
    recover("gpu-1")
    run_for(reservations, MINUTE)
    assert reservations.served(lease) == ["gpu-1", "gpu-2"]
    return lease


@pytest.fixture
def without_prefix() -> Iterator[None]:
    cfg.CONF.set_override("blazar_az_prefix", "", group=RESOURCE_TYPE)
    yield
    cfg.CONF.clear_override("blazar_az_prefix", group=RESOURCE_TYPE)


def run_for(reservations: Reservations, seconds: int) -> None:
    reservations.run_until(reservations.world.clock.now() + seconds)


def test_a_host_whose_servers_die_quickly_is_back_when_the_lease_has_ended(
    reservations: Reservations, lease: dict[str, Any]
) -> None:
    reservations.world.cloud.delete_takes = 1
    reservations.end(lease)
    assert reservations.now(lease).status == "TERMINATED"
    assert reservations.free() == ["gpu-1"]
    assert reservations.aggregates() == []


def test_a_soft_deleted_server_does_not_keep_its_host(reservations: Reservations, lease: dict[str, Any]) -> None:
    reservations.world.cloud.soft_delete = True
    (server,) = reservations.world.cloud.alive.values()
    reservations.world.cloud.begin_delete(server, force=False)
    reservations.end(lease)
    assert reservations.free() == ["gpu-1"]


def test_a_lease_ends_in_time_however_slowly_its_servers_die(reservations: Reservations, lease: dict[str, Any]) -> None:
    reservations.world.cloud.delete_takes = SLOWLY
    before = reservations.world.clock.now()
    reservations.end(lease)
    assert reservations.world.clock.now() - before <= 5
    assert reservations.now(lease).status == "TERMINATED"
    assert [claim.standing for claim in reservations.world.store.claims] == [Standing.ENDED]
    assert reservations.free() == []
    run_for(reservations, SLOWLY)
    assert reservations.free() == ["gpu-1"]
    assert reservations.aggregates() == []


def test_a_server_that_hangs_is_reset_until_its_host_comes_back(
    reservations: Reservations, lease: dict[str, Any]
) -> None:
    (server,) = reservations.world.cloud.alive.values()
    server.hangs = True
    reservations.end(lease)
    run_for(reservations, 20)
    assert reservations.free() == []
    run_for(reservations, MINUTE)
    assert reservations.free() == ["gpu-1"]


def planned(reservations: Reservations, start_in: int = 0) -> str | None:
    """Why another process, which brings no host back, would refuse a lease of one host for an hour from then on; None
    if it would not."""
    world = reservations.world
    returning = Returning(world.store, world.cloud, world.clock)
    start_at = world.clock.now() + start_in
    wanted = Wanted(start_at=start_at, end_at=start_at + HOUR, count_min=1, count_max=1)
    refused = Proposals(world.store, world.clock, Policy(), returning).of_request(wanted).refused
    return refused and refused.code


def test_a_plan_is_refused_as_long_as_a_lease_would_be(reservations: Reservations, lease: dict[str, Any]) -> None:
    run_for(reservations, MINUTE)
    reservations.world.cloud.delete_takes = SLOWLY
    reservations.end(lease)
    assert planned(reservations) == "not_enough_hosts"
    with pytest.raises(ExternalServiceFilterException, match="code=not_enough_hosts"):
        reservations.lease(start_in=0)
    run_for(reservations, MINUTE)
    assert planned(reservations) is None
    assert reservations.hosts(reservations.lease(start_in=0)) == ["gpu-1"]


def test_a_returning_host_is_busy(reservations: Reservations, lease: dict[str, Any]) -> None:
    reservations.world.cloud.delete_takes = SLOWLY
    reservations.end(lease)
    with pytest.raises(ExternalServiceFilterException, match="code=not_enough_hosts"):
        reservations.lease(start_in=0)
    reservations.add_hosts("gpu-2")
    assert reservations.hosts(reservations.lease(start_in=0)) == ["gpu-2"]


def test_a_lease_that_starts_on_a_returning_host_is_degraded_until_it_is_clean(reservations: Reservations) -> None:
    reservations.add_hosts("gpu-1", "gpu-2")
    first = reservations.lease(start_in=0, count=2)
    second = reservations.lease(start_in=HOUR, count=2)
    reservations.start(first)
    reservations.poll()
    reservations.world.cloud.boot("plain", host="gpu-1")
    run_for(reservations, reservations.start_of(second) - reservations.world.clock.now())
    reservations.world.cloud.delete_takes = SLOWLY
    reservations.end(first)
    reservations.start(second)
    after = reservations.now(second)
    assert (after.status, after.is_degraded) == ("ACTIVE", True)
    assert reservations.served(second) == ["gpu-2"]
    run_for(reservations, SLOWLY + 2 * POLL)
    assert reservations.served(second) == ["gpu-1", "gpu-2"]
    assert not reservations.now(second).is_degraded


def test_a_lease_that_ends_while_nova_is_down_gives_its_host_back_later(
    reservations: Reservations, lease: dict[str, Any]
) -> None:
    reservations.world.cloud.fails("all_aggregates", Unreachable("no answer"))
    reservations.end(lease)
    assert reservations.now(lease).status == "TERMINATED"
    run_for(reservations, 4 * POLL)
    assert reservations.free() == ["gpu-1"]
    assert reservations.aggregates() == []


def test_a_lease_ends_while_our_database_is_down(reservations: Reservations, lease: dict[str, Any]) -> None:
    reservations.world.cloud.delete_takes = 1
    reservations.world.store.is_down = True
    reservations.end(lease)
    assert reservations.now(lease).status == "TERMINATED"
    reservations.world.store.is_down = False
    reservations.poll()
    assert [claim.standing for claim in reservations.world.store.claims] == [Standing.ENDED]
    assert reservations.free() == ["gpu-1"]


def test_a_deleted_lease_gives_its_host_back(reservations: Reservations, lease: dict[str, Any]) -> None:
    reservations.world.cloud.delete_takes = SLOWLY
    reservations.delete(lease)
    assert reservations.free() == []
    run_for(reservations, SLOWLY)
    assert reservations.free() == ["gpu-1"]
    assert reservations.aggregates() == []


def test_a_lease_that_is_deleted_after_the_notice_lets_the_instance_live(reservations: Reservations) -> None:
    reservations.add_hosts("gpu-1")
    server = reservations.spot("gpu-1")
    lease = reservations.lease(start_in=2 * HOUR)
    reservations.run_until(reservations.start_of(lease) - 15 * MINUTE)
    (notice,) = reservations.world.store.notices
    assert notice.state is NoticeState.SCHEDULED
    reservations.delete(lease)
    reservations.world.pass_time(1)
    reservations.world.whole.engine.tick()
    (notice,) = reservations.world.store.notices
    assert notice.state is NoticeState.WITHDRAWN
    assert reservations.world.cloud.closed() == {"gpu-1": False}
    assert server in reservations.world.cloud.alive
    assert reservations.aggregates() == []


def test_what_a_process_that_died_has_left_of_a_lease_is_taken_home(reservations: Reservations) -> None:
    reservations.add_hosts("gpu-1")
    cloud = reservations.world.cloud
    left = cloud.add_aggregate(OF_ONCE, zone=f"blazar_{OF_ONCE}")
    cloud.leave_aggregate(cloud.freepool.id, f"{SERVICE}gpu-1")
    cloud.join_aggregate(left.id, f"{SERVICE}gpu-1")
    server = cloud.boot("plain", host="gpu-1")
    run_for(reservations, 4 * POLL)
    assert server not in cloud.alive
    assert reservations.free() == ["gpu-1"]
    assert reservations.aggregates() == []


def test_what_others_do_with_hosts_is_no_business_of_ours(reservations: Reservations) -> None:
    cloud = reservations.world.cloud
    cloud.add_host("foreign", {"VCPU": 8, "MEMORY_MB": 8192}, free=False)
    theirs = cloud.add_aggregate("ssd", zone="nova-east")
    alike = cloud.add_aggregate("alike", zone="blazar_alike")
    cloud.join_aggregate(alike.id, "foreign")
    server = cloud.boot("plain", host="foreign")
    run_for(reservations, 4 * POLL)
    assert server in cloud.alive
    assert alike.hosts == ["foreign"]
    assert reservations.aggregates() == sorted([theirs.name, alike.name])


@pytest.mark.parametrize("name", ["ssd", OF_ONCE.upper(), OF_ONCE.replace("-", "")])
def test_an_operators_aggregate_whose_zone_has_its_name_is_not_emptied_without_a_prefix(
    reservations: Reservations, without_prefix: None, name: str
) -> None:
    reservations.add_hosts("gpu-1")
    cloud = reservations.world.cloud
    theirs = cloud.add_aggregate(name, zone=name)
    empty = cloud.add_aggregate("to-come", zone="to-come")
    cloud.join_aggregate(theirs.id, f"{SERVICE}gpu-1")
    server = cloud.boot("plain", host="gpu-1")
    run_for(reservations, 4 * POLL)
    assert server in cloud.alive
    assert theirs.hosts == [f"{SERVICE}gpu-1"]
    assert reservations.aggregates() == sorted([theirs.name, empty.name])


def test_a_reservations_aggregate_is_emptied_without_a_prefix_too(
    reservations: Reservations, without_prefix: None
) -> None:
    reservations.add_hosts("gpu-1")
    cloud = reservations.world.cloud
    left = cloud.add_aggregate(OF_ONCE, zone=OF_ONCE)
    cloud.leave_aggregate(cloud.freepool.id, f"{SERVICE}gpu-1")
    cloud.join_aggregate(left.id, f"{SERVICE}gpu-1")
    run_for(reservations, 4 * POLL)
    assert reservations.free() == ["gpu-1"]
    assert reservations.aggregates() == []


@pytest.mark.parametrize("unsettled", status.lease.TRANSITIONAL)
def test_an_aggregate_of_a_lease_that_is_being_changed_is_left_alone(
    reservations: Reservations, lease: dict[str, Any], unsettled: str
) -> None:
    for row in db_api.host_allocation_get_all_by_values(reservation_id=lease["reservations"][0]["id"]):
        db_api.host_allocation_destroy(row["id"])
    db_api.lease_update(lease["id"], {"status": unsettled})
    run_for(reservations, 3 * POLL)
    assert reservations.served(lease) == ["gpu-1"]
    assert len(reservations.world.cloud.alive) == 1


def test_servers_of_a_running_lease_stay_on_a_host_that_was_replaced(
    reservations: Reservations, lease: dict[str, Any]
) -> None:
    reservations.add_hosts("gpu-2")
    fail(reservations, "gpu-1")
    run_for(reservations, 3 * POLL)
    (server,) = reservations.world.cloud.alive
    assert reservations.served(lease) == ["gpu-1", "gpu-2"]
    cloud = reservations.world.cloud
    cloud.begin_delete(cloud.alive[server], force=True)
    run_for(reservations, 3 * POLL)
    assert reservations.served(lease) == ["gpu-2"]
    assert reservations.free() == ["gpu-1"]


def test_a_host_with_servers_of_a_running_lease_is_nobody_elses(
    reservations: Reservations, left: dict[str, Any]
) -> None:
    assert planned(reservations, HOUR) == "not_enough_hosts"
    with pytest.raises(ExternalServiceFilterException, match="code=not_enough_hosts"):
        reservations.lease(start_in=HOUR)
    reservations.add_hosts("gpu-3")
    assert reservations.hosts(reservations.lease(start_in=HOUR)) == ["gpu-3"]


def test_it_is_to_be_had_when_its_servers_are_gone(reservations: Reservations, left: dict[str, Any]) -> None:
    assert planned(reservations, HOUR) == "not_enough_hosts"
    cloud = reservations.world.cloud
    (server,) = cloud.alive.values()
    cloud.begin_delete(server, force=True)
    run_for(reservations, MINUTE)
    assert planned(reservations, HOUR) is None
    assert reservations.hosts(reservations.lease(start_in=HOUR)) == ["gpu-1"]


def test_it_is_to_be_had_from_the_end_of_that_lease_on(reservations: Reservations, left: dict[str, Any]) -> None:
    assert planned(reservations, 2 * HOUR) == "not_enough_hosts"
    assert planned(reservations, 3 * HOUR) is None
    assert reservations.hosts(reservations.lease(start_in=3 * HOUR, count=2)) == ["gpu-1", "gpu-2"]


def test_it_is_cleaned_after_that_lease(reservations: Reservations, left: dict[str, Any]) -> None:
    reservations.set_cleaning_time(10)
    reservations.poll()
    named = {"hypervisor_properties": '["==", "$hypervisor_hostname", "gpu-1"]'}
    with pytest.raises(ExternalServiceFilterException, match="code=not_enough_hosts"):
        reservations.lease_with(3 * HOUR, 1, **named)
    assert reservations.hosts(reservations.lease_with(3 * HOUR + 10 * MINUTE, 1, **named)) == ["gpu-1"]


def test_a_blazar_manager_that_comes_after_knows_it_too(reservations: Reservations, left: dict[str, Any]) -> None:
    world = reservations.world
    world.whole = wiring.assemble(world.store, world.cloud, world.cloud, world.clock, Policy())
    after = Reservations(world)
    after.poll()
    with pytest.raises(ExternalServiceFilterException, match="code=not_enough_hosts"):
        after.lease(start_in=HOUR)


def test_that_lease_gets_it_again_as_it_is(reservations: Reservations, left: dict[str, Any]) -> None:
    assert planned(reservations, HOUR) == "not_enough_hosts"
    fail(reservations, "gpu-2")
    run_for(reservations, 2 * POLL)
    assert reservations.hosts(left) == ["gpu-1"]
    assert reservations.served(left) == ["gpu-1"]
    assert len(reservations.world.cloud.alive) == 1


def test_a_host_in_no_aggregate_is_put_back_when_it_was_missing_twice(reservations: Reservations) -> None:
    reservations.add_hosts("gpu-1")
    reservations.lease(start_in=5 * HOUR)
    cloud = reservations.world.cloud
    cloud.leave_aggregate(cloud.freepool.id, f"{SERVICE}gpu-1")
    reservations.poll()
    assert reservations.free() == []
    reservations.poll()
    assert reservations.free() == ["gpu-1"]


def test_a_host_that_could_go_nowhere_and_whose_lease_is_deleted_is_not_lost(reservations: Reservations) -> None:
    reservations.add_hosts("gpu-1")
    lease = reservations.lease(start_in=0)
    reservations.world.cloud.fails("join_aggregate", Unreachable("no answer"), times=None)
    reservations.start(lease)
    reservations.delete(lease)
    reservations.world.cloud.heals("join_aggregate")
    run_for(reservations, 3 * POLL)
    assert reservations.free() == ["gpu-1"]


def test_a_host_on_its_way_to_a_running_lease_is_not_lost(reservations: Reservations) -> None:
    reservations.add_hosts("gpu-1")
    lease = reservations.lease(start_in=0)
    reservations.world.cloud.fails("join_aggregate", Unreachable("no answer"), times=None)
    reservations.start(lease)
    run_for(reservations, 3 * POLL)
    reservations.world.cloud.heals("join_aggregate")
    reservations.poll()
    assert reservations.served(lease) == ["gpu-1"]
