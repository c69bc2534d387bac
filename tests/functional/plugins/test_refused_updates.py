# SPDX-License-Identifier: Apache-2.0
"""Updates of leases with several reservations: they move together, or all of them stay what they were."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any, NoReturn

import pytest
from blazar.db import api as db_api
from blazar.enforcement.exceptions import ExternalServiceFilterException
from blazar.exceptions import BlazarException
from blazar.plugins.instances import RESOURCE_TYPE as INSTANCES
from blazar.plugins.instances.instance_plugin import nova_exceptions
from keystoneauth1.exceptions import ConnectFailure
from sqlalchemy import event
from sqlalchemy.orm import ORMExecuteState, Session

from blazar_spot.core.errors import Unreachable
from blazar_spot.core.promises import Standing
from blazar_spot.plugins import updates
from blazar_spot.plugins.changes import Changes
from blazar_spot.plugins.hosts import SpotHostPlugin
from blazar_spot.plugins.instances import SpotInstancePlugin
from blazar_spot.testing.cloud import FakeCloud
from tests.functional.plugins.reservations import HOUR, MINUTE, Reservations, _of_hosts
from tests.functional.plugins.slot_reservations import Nova, NovaFlavor, SlotReservations

Lease = dict[str, Any]

JUDGED = pytest.mark.parametrize("filters", [["SpotGuaranteeFilter"], []])


def named(reservations: Reservations, start_in: int, *hosts: str) -> Lease:
    """Create a lease with a reservation for each of these hosts; any one is meant if it has no name."""
    wanted = [
        {**_of_hosts(1, 1), "hypervisor_properties": host and f'["==", "$hypervisor_hostname", "{host}"]'}
        for host in hosts
    ]
    return reservations._create(reservations.world.minute_from_now(start_in), 60, *wanted)


def given(lease: Lease) -> dict[str, list[str]]:
    """The hosts of each reservation of the lease."""
    return {
        one["id"]: sorted(
            db_api.host_get(row["compute_host_id"])["hypervisor_hostname"]
            for row in db_api.host_allocation_get_all_by_values(reservation_id=one["id"])
        )
        for one in db_api.lease_get(lease["id"])["reservations"]
    }


def move(reservations: Reservations, lease: Lease, by: int, **more: Any) -> None:
    start_at = reservations.start_of(lease) + by
    reservations.update(lease, start_date=start_at, end_date=start_at + HOUR, **more)


def claimed(reservations: Reservations) -> set[tuple[str, str, int, int]]:
    claims = reservations.claims(Standing.FIRM, Standing.HELD)
    return {(one.reservation_id, one.host, one.start_at, one.end_at) for one in claims}


def settled(reservations: Reservations) -> set[tuple[str, str, int, int]]:
    """What is claimed when the monitor and the engine have looked."""
    reservations.poll()
    reservations.world.whole.engine.tick()
    return claimed(reservations)


@pytest.fixture
def crossed(reservations: Reservations) -> Lease:
    """A lease on gpu-1 and gpu-2, which others have two hours later; gpu-3 is free then, and another one's before."""
    reservations.add_hosts("gpu-1", "gpu-2", "gpu-3")
    named(reservations, 10 * HOUR, "gpu-3")
    lease = reservations.lease_of(10 * HOUR, 1, 1)
    for host in ("gpu-1", "gpu-2"):
        named(reservations, 12 * HOUR, host)
    return lease


@JUDGED
def test_a_move_that_only_one_of_two_reservations_could_make_leaves_both_as_they_were(
    reservations: Reservations, crossed: Lease, filters: list[str]
) -> None:
    had, had_claimed = given(crossed), settled(reservations)
    reservations.enable_filters(filters)
    with pytest.raises(ExternalServiceFilterException, match="code=not_enough_hosts"):
        move(reservations, crossed, 2 * HOUR)
    assert reservations.now(crossed).status == "PENDING"
    assert given(crossed) == had
    assert settled(reservations) == had_claimed
    assert not any(reservations.world.cloud.closed().values())


def test_a_move_that_cannot_be_made_together_is_refused_before_anything_is_touched(
    reservations: Reservations, crossed: Lease, monkeypatch: pytest.MonkeyPatch
) -> None:
    touched: list[str] = []
    monkeypatch.setattr(SpotHostPlugin, "update_reservation", lambda self, name, values: touched.append(name))
    with pytest.raises(ExternalServiceFilterException, match="code=not_enough_hosts"):
        move(reservations, crossed, 2 * HOUR)
    assert touched == []
    move(reservations, crossed, HOUR // 2 - HOUR)
    assert len(touched) == 2


@JUDGED
@pytest.mark.parametrize("by", [2 * HOUR, 90 * MINUTE])
def test_a_move_that_can_be_made_together_is_made(reservations: Reservations, filters: list[str], by: int) -> None:
    reservations.add_hosts("gpu-1", "gpu-2", "gpu-3")
    lease = named(reservations, 10 * HOUR, "", "gpu-2")
    (own,) = {host for hosts in given(lease).values() for host in hosts} - {"gpu-2"}
    named(reservations, 12 * HOUR, own)
    reservations.enable_filters(filters)
    move(reservations, lease, by)
    (other,) = {"gpu-1", "gpu-3"} - {own}
    assert sorted(given(lease).values()) == sorted([["gpu-2"], [other]])
    assert {
        host for _, host, start_at, _ in settled(reservations) if start_at == reservations.start_of(lease) + by
    } >= {
        "gpu-2",
        other,
    }


def test_a_move_of_which_placement_refuses_the_second_half_leaves_all_as_it_was(
    reservations: Reservations, monkeypatch: pytest.MonkeyPatch
) -> None:
    reservations.add_hosts("gpu-1", "gpu-2", "gpu-3", "gpu-4")
    lease = reservations.lease_of(8 * HOUR, 1, 1)
    had = given(lease)
    for (host,) in had.values():
        named(reservations, 22 * MINUTE, host)
    had_claimed = settled(reservations)
    close, closed = FakeCloud.close, list[str]()

    def closes_one(cloud: FakeCloud, host: str) -> None:
        closed.append(host)
        if len(closed) == 2:
            raise Unreachable("Placement does not answer")
        close(cloud, host)

    with monkeypatch.context() as broken, pytest.raises(ExternalServiceFilterException, match="code=cannot_judge"):
        broken.setattr(FakeCloud, "close", closes_one)
        move(reservations, lease, 22 * MINUTE - 8 * HOUR)
    assert len(set(closed)) == 2
    assert reservations.now(lease).status == "PENDING"
    assert given(lease) == had
    assert settled(reservations) == had_claimed
    fenced = {host for host, is_closed in reservations.world.cloud.closed().items() if is_closed}
    assert not fenced & set(closed)


def database_away(*_: Any) -> NoReturn:
    raise RuntimeError("the database is away")


def lose(reservations: Reservations, lease: Lease, monkeypatch: pytest.MonkeyPatch) -> None:
    """Move it two hours; Blazar's database is away when that should be written down at last."""
    with monkeypatch.context() as broken, pytest.raises(RuntimeError):
        broken.setattr(db_api, "event_update", database_away)
        move(reservations, lease, 2 * HOUR)


@pytest.mark.parametrize("who", ["monitor", "stranger"])
def test_hosts_of_an_update_that_the_database_cut_off_are_those_of_before_for_whoever_looks_next(
    reservations: Reservations, monkeypatch: pytest.MonkeyPatch, who: str
) -> None:
    reservations.add_hosts("gpu-1", "gpu-2")
    lease = reservations.lease(10 * HOUR)
    ((own,),) = had = [*given(lease).values()]
    (other,) = {"gpu-1", "gpu-2"} - {own}
    named(reservations, 12 * HOUR, own)
    named(reservations, 10 * HOUR, other)
    had_claimed = settled(reservations)
    lose(reservations, lease, monkeypatch)
    assert reservations.now(lease).status == "ERROR"
    if who == "stranger":
        with pytest.raises(ExternalServiceFilterException, match="code=not_enough_hosts"):
            named(reservations, 10 * HOUR, own)
    else:
        assert settled(reservations) == had_claimed
    assert [*given(lease).values()] == had


def test_an_update_after_one_that_was_cut_off_begins_with_the_hosts_of_before(
    reservations: Reservations, monkeypatch: pytest.MonkeyPatch
) -> None:
    reservations.add_hosts("gpu-1", "gpu-2")
    lease = reservations.lease(10 * HOUR)
    had = given(lease)
    ((own,),) = had.values()
    named(reservations, 12 * HOUR, own)
    lose(reservations, lease, monkeypatch)
    reservations.enable_filters([])
    with pytest.raises(ExternalServiceFilterException):
        reservations.update(lease, end_date=reservations.start_of(lease) + 100 * HOUR, min=3, max=3)
    assert given(lease) == had


def test_nobody_gets_a_host_that_an_update_under_way_may_need_back(
    reservations: Reservations, monkeypatch: pytest.MonkeyPatch
) -> None:
    reservations.add_hosts("gpu-1", "gpu-2")
    lease = reservations.lease(10 * HOUR)
    ((own,),) = given(lease).values()
    (other,) = {"gpu-1", "gpu-2"} - {own}
    named(reservations, 12 * HOUR, own)
    named(reservations, 10 * HOUR, other)
    found: list[list[str]] = []
    update = db_api.event_update

    def meanwhile(*values: Any) -> Any:
        found.append(reservations.plugin.allocation_candidates(reservations.values(10 * HOUR)))
        return update(*values)

    with monkeypatch.context() as watched:
        watched.setattr(db_api, "event_update", meanwhile)
        move(reservations, lease, 2 * HOUR)
    assert given(lease) == {lease["reservations"][0]["id"]: [other]}
    assert found
    assert not any(found)
    assert len(reservations.plugin.allocation_candidates(reservations.values(10 * HOUR))) == 1


def two_that_will_move(reservations: Reservations) -> tuple[Lease, Lease]:
    """A lease with two reservations, of which Blazar's first one cannot stay where it is two hours later; and the same
    with only its second one in it, for an update of that."""
    reservations.add_hosts("gpu-1", "gpu-2", "gpu-3", "gpu-4")
    lease = reservations.lease_of(10 * HOUR, 1, 1)
    first, second = db_api.reservation_get_all_by_lease_id(lease["id"])
    named(reservations, 12 * HOUR, *given(lease)[first["id"]])
    return lease, {**lease, "reservations": [second]}


def test_an_update_after_one_that_was_made_a_moment_ago_is_on_its_own(reservations: Reservations) -> None:
    lease, with_second = two_that_will_move(reservations)
    first = db_api.reservation_get_all_by_lease_id(lease["id"])[0]["id"]
    had = given(lease)
    reservations.update(with_second, min=2, max=2)
    move(reservations, lease, 2 * HOUR)
    settled(reservations)
    assert not set(given(lease)[first]) & set(had[first])
    assert sorted(len(hosts) for hosts in given(lease).values()) == [1, 2]


@pytest.mark.parametrize("wrong", [{"min": 2, "max": 1}, {"min": 5, "max": 5}])
def test_an_update_that_is_refused_takes_back_nothing_of_one_that_was_made_a_moment_ago(
    reservations: Reservations, wrong: dict[str, int]
) -> None:
    lease, with_second = two_that_will_move(reservations)
    move(reservations, lease, 2 * HOUR)
    had = given(lease)
    reservations.enable_filters([])
    with pytest.raises(BlazarException):
        reservations.update(with_second, **wrong)
    settled(reservations)
    assert given(lease) == had


@contextmanager
def once_at_a_delete() -> Iterator[None]:
    """The database fails when rows are taken out of the calendar for the first time."""
    failed: list[ORMExecuteState] = []

    def fail(change: ORMExecuteState) -> None:
        if change.is_delete and not failed:
            failed.append(change)
            raise RuntimeError("somebody else was faster")

    event.listen(Session, "do_orm_execute", fail)
    try:
        yield
    finally:
        event.remove(Session, "do_orm_execute", fail)
    assert failed


def test_rows_that_the_database_did_not_give_away_stay_and_keep_nobody_from_the_calendar(
    reservations: Reservations, crossed: Lease
) -> None:
    had, had_claimed = given(crossed), settled(reservations)
    reservations.enable_filters([])
    with once_at_a_delete(), pytest.raises(ExternalServiceFilterException, match="code=internal"):
        move(reservations, crossed, 2 * HOUR)
    assert reservations.now(crossed).status == "PENDING"
    assert given(crossed) == had
    assert settled(reservations) == had_claimed


@JUDGED
def test_a_mistake_of_ours_costs_no_lease_and_is_in_the_log(
    reservations: Reservations,
    crossed: Lease,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    filters: list[str],
) -> None:
    had = given(crossed)
    reservations.enable_filters(filters)
    with monkeypatch.context() as broken, pytest.raises(ExternalServiceFilterException) as refused:
        broken.setattr(Changes, "judge" if filters else "secure", database_away)
        move(reservations, crossed, -2 * HOUR)
    assert type(refused.value) is ExternalServiceFilterException
    assert str(refused.value) == "The lease is as it was: something went wrong inside; code=internal"
    assert "RuntimeError: the database is away" in caplog.text
    assert reservations.now(crossed).status == "PENDING"
    assert given(crossed) == had


def test_a_lease_whose_rows_could_not_be_put_back_at_once_is_not_said_to_be_as_it_was(
    reservations: Reservations, crossed: Lease, monkeypatch: pytest.MonkeyPatch
) -> None:
    had = given(crossed)
    reservations.enable_filters([])
    with monkeypatch.context() as broken, pytest.raises(RuntimeError):
        broken.setattr(Changes, "secure", database_away)
        broken.setattr(updates, "_put_back", database_away)
        move(reservations, crossed, -2 * HOUR)
    assert reservations.now(crossed).status == "ERROR"
    settled(reservations)
    assert given(crossed) == had


def test_a_host_that_was_taken_out_of_blazar_meanwhile_is_not_put_back(
    reservations: Reservations, monkeypatch: pytest.MonkeyPatch
) -> None:
    reservations.add_hosts("gpu-1", "gpu-2")
    lease = reservations.lease(10 * HOUR)
    ((own,),) = given(lease).values()
    named(reservations, 12 * HOUR, own)
    (host,) = db_api.host_get_all_by_queries([f"hypervisor_hostname == {own}"])

    lose(reservations, lease, monkeypatch)
    db_api.host_destroy(host["id"])
    settled(reservations)
    assert [*given(lease).values()] == [[]]


def test_what_was_asked_for_is_as_it_was_too(reservations: Reservations, crossed: Lease) -> None:
    first = crossed["reservations"][0]["id"]
    had = given(crossed)
    reservations.enable_filters([])
    with pytest.raises(ExternalServiceFilterException, match="code=not_enough_hosts"):
        move(reservations, crossed, 2 * HOUR, min=1, max=2)
    after = db_api.reservation_get(first)
    assert (after["min"], after["max"]) == (1, 1)
    assert given(crossed) == had


def test_a_reservation_that_is_over_gets_nothing_back(
    reservations: Reservations, monkeypatch: pytest.MonkeyPatch
) -> None:
    reservations.add_hosts("gpu-1", "gpu-2")
    lease = reservations.lease(10 * HOUR)
    ((own,),) = given(lease).values()
    named(reservations, 12 * HOUR, own)
    lose(reservations, lease, monkeypatch)
    reservations.plugin.on_end(lease["reservations"][0]["resource_id"])
    settled(reservations)
    assert reservations.now(lease).status == "ERROR"
    assert [*given(lease).values()] == [[]]


SIZE = {"vcpus": 2, "memory_mb": 2048, "disk_gb": 0, "affinity": None, "resource_properties": ""}
FOUR = {"resource_type": INSTANCES, "amount": 4, **SIZE}
"""Slots that fill a host."""


@JUDGED
@pytest.mark.parametrize("is_free", [True, False])
def test_slots_of_one_lease_move_together_or_stay_where_they_were(
    slots: SlotReservations, filters: list[str], is_free: bool
) -> None:
    slots.add_gpu_hosts("gpu-1", "gpu-2", "gpu-3", "gpu-4")
    lease = slots._create(slots.world.minute_from_now(10 * HOUR), 60, FOUR, FOUR)
    had = given(lease)
    mine = {host for hosts in had.values() for host in hosts}
    assert len(mine) == 2
    free = sorted({"gpu-1", "gpu-2", "gpu-3", "gpu-4"} - mine)
    taken = mine if is_free else mine | {free[0]}
    for host in taken:
        named(slots, 12 * HOUR, host)
    for host in free:
        named(slots, 10 * HOUR, host)
    had_claimed = settled(slots)
    slots.enable_filters(filters)
    if is_free:
        move(slots, lease, 2 * HOUR)
        assert sorted(given(lease).values()) == [[host] * 4 for host in free]
        return
    with pytest.raises(ExternalServiceFilterException, match="code=not_enough_hosts"):
        move(slots, lease, 2 * HOUR)
    assert slots.now(lease).status == "PENDING"
    assert given(lease) == had
    assert settled(slots) == had_claimed


def test_slots_whose_size_was_changed_have_the_size_of_before_in_nova_too(slots: SlotReservations) -> None:
    slots.add_gpu_hosts("gpu-1", "gpu-2", "gpu-3")
    lease = slots._create(slots.world.minute_from_now(10 * HOUR), 60, FOUR, FOUR)
    had, first = given(lease), lease["reservations"][0]["id"]
    for host in {host for hosts in had.values() for host in hosts}:
        named(slots, 12 * HOUR, host)
    slots.enable_filters([])
    with pytest.raises(ExternalServiceFilterException, match="code=not_enough_hosts"):
        move(slots, lease, 2 * HOUR, vcpus=1)
    assert given(lease) == had
    assert db_api.reservation_get(first)["vcpus"] == 2
    assert slots.world.cloud.flavors[first].vcpus == 2


def flavor_of(slots: SlotReservations, lease: Lease) -> Any:
    """What Nova has as the flavor of the lease's reservation."""
    return slots.world.cloud.flavors.get(lease["reservations"][0]["id"])


NOVA_FAILS = pytest.mark.parametrize(
    "error", [nova_exceptions.ClientException(503), ConnectFailure("reset by peer")], ids=["503", "cut off"]
)
MAKING = pytest.mark.parametrize(
    ("client", "call"), [(Nova, "create"), (NovaFlavor, "set_keys")], ids=["itself", "specs"]
)
"""What Nova is asked for when it has deleted the flavor of before."""


def refuse_to_resize(
    slots: SlotReservations, lease: Lease, monkeypatch: pytest.MonkeyPatch, client: Any, call: str, *errors: Exception
) -> None:
    """An update is refused, because this call of Nova's client fails with one error after the other."""
    left, do = list(errors), getattr(client, call)

    def fail_first(*given: Any, **named: Any) -> Any:
        if left:
            raise left.pop()
        return do(*given, **named)

    with monkeypatch.context() as broken, pytest.raises(ExternalServiceFilterException, match="code=unreachable"):
        broken.setattr(client, call, fail_first)
        slots.update(lease, vcpus=1)
    assert not left
    assert slots.now(lease).status == "PENDING"
    assert slots.now(lease).reservation["vcpus"] == 2


@NOVA_FAILS
@MAKING
def test_a_flavor_that_nova_fails_to_make_once_is_what_it_was_and_the_next_update_is_made(
    slots: SlotReservations, monkeypatch: pytest.MonkeyPatch, error: Exception, client: Any, call: str
) -> None:
    slots.add_gpu_hosts("gpu-1")
    lease = slots.instance_lease(10 * HOUR, 4)
    had, had_flavor = given(lease), flavor_of(slots, lease)
    refuse_to_resize(slots, lease, monkeypatch, client, call, error)
    assert (given(lease), flavor_of(slots, lease)) == (had, had_flavor)
    slots.update(lease, vcpus=1)
    assert flavor_of(slots, lease) == replace(had_flavor, vcpus=1)


@NOVA_FAILS
@MAKING
def test_a_flavor_that_nova_fails_to_make_twice_is_made_at_the_start(
    slots: SlotReservations,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    error: Exception,
    client: Any,
    call: str,
) -> None:
    slots.add_gpu_hosts("gpu-1")
    lease = slots.instance_lease(HOUR, 2)
    had_flavor = flavor_of(slots, lease)
    refuse_to_resize(slots, lease, monkeypatch, client, call, error, error)
    assert flavor_of(slots, lease) != had_flavor
    assert "has not got its flavor back; it is made at the start" in caplog.text
    assert "trying again" not in caplog.text
    slots.reach(lease)
    assert (slots.now(lease).status, slots.now(lease).is_degraded) == ("ACTIVE", False)
    assert flavor_of(slots, lease) == had_flavor
    assert slots.nova.opened == [(had_flavor.name, "project")]
    assert [slots.boot(lease) for _ in range(3)] == ["ACTIVE", "ACTIVE", "ERROR"]


def test_an_update_whose_flavor_is_lost_already_is_made(slots: SlotReservations) -> None:
    slots.add_gpu_hosts("gpu-1")
    lease = slots.instance_lease(10 * HOUR, 2)
    had_flavor = slots.world.cloud.flavors.pop(lease["reservations"][0]["id"])
    slots.update(lease, vcpus=1)
    assert flavor_of(slots, lease) == replace(had_flavor, vcpus=1)


@pytest.mark.parametrize("wrong", [None, {"vcpus": 1}, {"memory_mb": 1024}, {"disk_gb": 1}, {"extra_specs": {}}])
@pytest.mark.parametrize("is_of_flavor", [False, True])
def test_a_flavor_that_is_not_as_it_is_reserved_is_made_right_at_the_start(
    slots: SlotReservations, is_of_flavor: bool, wrong: dict[str, Any] | None
) -> None:
    slots.add_gpu_hosts("gpu-1")
    slots.world.cloud.add_flavor(replace(slots.world.cloud.flavors["gpu"], vcpus=2, memory_mb=2048))
    lease = slots.flavor_lease(MINUTE, 2) if is_of_flavor else slots.instance_lease(MINUTE, 2)
    flavor = slots.world.cloud.flavors.pop(lease["reservations"][0]["id"])
    if wrong is not None:
        slots.world.cloud.add_flavor(replace(flavor, **wrong))
    slots.reach(lease)
    assert flavor_of(slots, lease) == flavor
    assert [slots.boot(lease) for _ in range(3)] == ["ACTIVE", "ACTIVE", "ERROR"]


def test_a_flavor_that_is_whole_or_in_use_is_not_made_again(
    slots: SlotReservations, monkeypatch: pytest.MonkeyPatch
) -> None:
    slots.add_gpu_hosts("gpu-1", "gpu-2")
    lease = slots.instance_lease(MINUTE, 1)
    monkeypatch.delattr(Nova, "delete")
    slots.reach(lease)
    assert slots.boot(lease) == "ACTIVE"
    wrong = slots.world.cloud.add_flavor(replace(flavor_of(slots, lease), vcpus=1))
    slots.update(lease, amount=2)
    slots.poll()
    assert slots.served(lease) == ["gpu-1", "gpu-2"]
    assert flavor_of(slots, lease) == wrong


@pytest.mark.parametrize(
    ("before", "after", "is_room"),
    [(4, 1, []), (2, 1, ["gpu-1"]), (1, 2, ["gpu-1"]), (1, 3, [])],
    ids=["from all to a bit", "from half to a bit", "from a bit to half", "from a bit to more than half"],
)
def test_slots_whose_size_is_being_changed_hold_the_larger_size_till_it_is_known(
    slots: SlotReservations, monkeypatch: pytest.MonkeyPatch, before: int, after: int, is_room: list[str]
) -> None:
    slots.add_gpu_hosts("gpu-1")
    lease = slots.instance_lease(10 * HOUR, 2, vcpus=before, memory_mb=before * 1024)
    had, found = given(lease), list[list[str]]()
    size = {**SIZE, "vcpus": 4, "memory_mb": 4096, "amount": 1}

    def meanwhile(plugin: Any, reservation_id: str) -> NoReturn:
        ids = plugin.allocation_candidates({**slots.values(10 * HOUR), **size})
        found.append([db_api.host_get(host)["hypervisor_hostname"] for host in ids])
        raise Unreachable("Nova is away")

    with monkeypatch.context() as watched, pytest.raises(ExternalServiceFilterException, match="code=unreachable"):
        watched.setattr(SpotInstancePlugin, "update_resources", meanwhile)
        slots.update(lease, vcpus=after, memory_mb=after * 1024)
    assert found[0] == is_room
    assert given(lease) == had
    assert slots.now(lease).reservation["vcpus"] == before
