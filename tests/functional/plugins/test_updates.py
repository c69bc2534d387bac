# SPDX-License-Identifier: Apache-2.0
"""Leases that are moved, stretched and grown, and hosts that fail."""

from contextlib import nullcontext
from typing import Any

import pytest
from blazar.db import api as db_api
from blazar.enforcement.exceptions import ExternalServiceFilterException
from blazar.manager.exceptions import InvalidRange, MalformedParameter, MalformedRequirements
from oslo_db.exception import DBDeadlock

from blazar_spot.core.booking import Wish
from blazar_spot.core.errors import Refused, Unreachable
from blazar_spot.core.policy import Policy
from blazar_spot.core.promises import Standing
from blazar_spot.enforcement.booking import Booking
from blazar_spot.plugins.changes import Changes
from tests.functional.plugins.reservations import HOUR, MINUTE, Reservations, fail, recover


def test_a_moved_lease_moves_its_claim(reservations: Reservations) -> None:
    reservations.add_hosts("gpu-1")
    lease = reservations.lease(start_in=5 * HOUR)
    reservations.poll()
    start_at = reservations.start_of(lease) + HOUR
    reservations.update(lease, start_date=start_at, end_date=start_at + HOUR)
    reservations.poll()
    (claim,) = reservations.claims(Standing.FIRM)
    assert (claim.start_at, claim.end_at) == (start_at, start_at + HOUR)
    assert [one.standing for one in reservations.world.store.claims] == [Standing.FIRM]


def test_moving_later_is_fine_whatever_runs_on_the_host(reservations: Reservations) -> None:
    reservations.add_hosts("gpu-1")
    lease = reservations.lease(start_in=2 * HOUR)
    reservations.spot("gpu-1")
    start_at = reservations.start_of(lease) + HOUR
    reservations.update(lease, start_date=start_at, end_date=start_at + HOUR)
    assert reservations.hosts(lease) == ["gpu-1"]


@pytest.mark.parametrize("filters", [["SpotGuaranteeFilter"], []])
def test_moving_earlier_than_a_promise_allows_is_refused_and_changes_nothing(
    reservations: Reservations, filters: list[str]
) -> None:
    reservations.add_hosts("gpu-1")
    lease = reservations.lease(start_in=5 * HOUR)
    reservations.poll()
    reservations.spot("gpu-1")
    reservations.enable_filters(filters)
    with pytest.raises(ExternalServiceFilterException) as refused:
        reservations.update(lease, start_date=reservations.world.minute_from_now(10 * MINUTE))
    assert type(refused.value) is ExternalServiceFilterException
    assert "earliest_start=" in str(refused.value)
    assert "code=spot_not_evictable" in str(refused.value)
    after = reservations.now(lease)
    assert (after.status, after.hosts) == ("PENDING", ["gpu-1"])
    assert [one.standing for one in reservations.world.store.claims] == [Standing.FIRM]


def test_moving_behind_the_fence_closes_the_kept_host_at_once(reservations: Reservations) -> None:
    reservations.add_hosts("gpu-1")
    lease = reservations.lease(start_in=8 * HOUR)
    reservations.poll()
    start_at = reservations.world.minute_from_now(22 * MINUTE)
    reservations.update(lease, start_date=start_at, end_date=start_at + HOUR)
    assert reservations.world.cloud.closed() == {"gpu-1": True}
    assert [claim.start_at for claim in reservations.claims(Standing.FIRM)] == [start_at]


def test_moving_behind_the_fence_is_refused_for_an_instance_that_only_the_closed_pool_shows(
    reservations: Reservations,
) -> None:
    reservations.add_hosts("gpu-1")
    lease = reservations.lease(start_in=8 * HOUR)
    reservations.poll()
    reservations.world.whole.engine.tick()
    before = reservations.start_of(lease)
    reservations.world.cloud.boot("spot", host="gpu-1")
    reservations.world.pass_time(4)
    start_at = reservations.world.minute_from_now(22 * MINUTE)
    with pytest.raises(ExternalServiceFilterException, match="code=spot_not_evictable"):
        reservations.update(lease, start_date=start_at, end_date=start_at + HOUR)
    reservations.world.whole.engine.tick()
    assert reservations.world.cloud.closed() == {"gpu-1": False}
    assert [claim.start_at for claim in reservations.claims(Standing.FIRM)] == [before]
    assert [reclaim.start_at for reclaim in reservations.world.store.reclaims] == [before]
    assert reservations.now(lease).status == "PENDING"


def test_moving_earlier_takes_another_host_if_its_own_cannot_be_free(reservations: Reservations) -> None:
    reservations.add_hosts("gpu-1", "gpu-2")
    lease = reservations.lease(start_in=5 * HOUR)
    reservations.poll()
    (before,) = reservations.hosts(lease)
    reservations.spot(before)
    reservations.update(lease, start_date=reservations.world.minute_from_now(10 * MINUTE))
    (after,) = reservations.hosts(lease)
    assert after != before
    reservations.poll()
    assert [claim.host for claim in reservations.claims(Standing.FIRM)] == [after]


@pytest.mark.parametrize("is_had", [True, False])
def test_a_host_that_fails_while_its_lease_moves_away_from_it_is_no_trouble(
    reservations: Reservations, monkeypatch: pytest.MonkeyPatch, is_had: bool
) -> None:
    reservations.add_hosts("gpu-1", "gpu-2")
    lease = reservations.lease(start_in=5 * HOUR)
    (own,) = reservations.hosts(lease)
    reservations.lease_with(9 * HOUR, 1, hypervisor_properties=f'["==", "$hypervisor_hostname", "{own}"]')
    secure = Changes.secure

    def meanwhile(*values: Any) -> list[str]:
        for number in ("1", "2"):
            db_api.host_update(number, {"reservable": False})
        for row in db_api.host_allocation_get_all_by_values(reservation_id=lease["reservations"][0]["id"]):
            reservations.plugin._reallocate(row)
        assert reservations.hosts(lease) == []
        if not is_had:
            raise Refused("somebody is inside", code="spot_not_evictable")
        return secure(*values)

    monkeypatch.setattr(Changes, "secure", meanwhile)
    start_at = reservations.start_of(lease) + 4 * HOUR
    with nullcontext() if is_had else pytest.raises(ExternalServiceFilterException, match="somebody is inside"):
        reservations.update(lease, start_date=start_at, end_date=start_at + HOUR)
    assert reservations.now(lease).status == "PENDING"
    assert reservations.hosts(lease) == []


def test_a_stretched_lease_leaves_a_host_that_is_reserved_afterwards(reservations: Reservations) -> None:
    reservations.add_hosts("gpu-1", "gpu-2")
    lease = reservations.lease(start_in=5 * HOUR)
    (host,) = reservations.hosts(lease)
    blocker = reservations.lease(start_in=6 * HOUR, count=2)
    assert host in reservations.hosts(blocker)
    with pytest.raises(ExternalServiceFilterException, match="code=not_enough_hosts"):
        reservations.update(lease, end_date=reservations.start_of(lease) + 2 * HOUR)
    assert reservations.now(lease).status == "PENDING"
    assert reservations.hosts(lease) == [host]


def test_a_pending_lease_grows_and_shrinks(reservations: Reservations) -> None:
    reservations.add_hosts("gpu-1", "gpu-2", "gpu-3")
    lease = reservations.lease(start_in=5 * HOUR)
    reservations.update(lease, min=2, max=3)
    assert reservations.hosts(lease) == ["gpu-1", "gpu-2", "gpu-3"]
    reservations.poll()
    reservations.update(lease, min=1, max=1)
    reservations.poll()
    assert len(reservations.hosts(lease)) == 1
    assert [claim.host for claim in reservations.claims(Standing.FIRM)] == reservations.hosts(lease)


@pytest.mark.parametrize("occupied", [0, 1, 2])
def test_a_lease_that_shrinks_keeps_the_hosts_where_nobody_has_to_go(reservations: Reservations, occupied: int) -> None:
    reservations.add_hosts("gpu-1", "gpu-2", "gpu-3")
    lease = reservations.lease(start_in=5 * HOUR, count=3)
    host = reservations.hosts(lease)[occupied]
    reservations.spot(host)
    reservations.update(lease, min=2, max=2)
    assert reservations.hosts(lease) == sorted({"gpu-1", "gpu-2", "gpu-3"} - {host})


def test_a_refused_update_leaves_a_claim_that_is_not_published_yet(reservations: Reservations) -> None:
    reservations.add_hosts("gpu-1")
    lease = reservations.lease(start_in=5 * HOUR)
    reservations.spot("gpu-1")
    reservations.enable_filters([])
    with pytest.raises(ExternalServiceFilterException, match="code=spot_not_evictable"):
        reservations.update(lease, start_date=reservations.world.minute_from_now(10 * MINUTE))
    assert [claim.standing for claim in reservations.world.store.claims] == [Standing.HELD]


def test_an_update_whose_other_hosts_cannot_be_had_gives_back_what_it_wrote(reservations: Reservations) -> None:
    reservations.add_hosts("gpu-1", "gpu-2")
    lease = reservations.lease(start_in=20 * MINUTE)
    reservations.poll()
    (own,) = reservations.hosts(lease)
    reservations.world.cloud.fails("close", Unreachable("no answer"))
    with pytest.raises(ExternalServiceFilterException, match="code=cannot_judge"):
        reservations.update(lease, min=2, max=2)
    assert reservations.hosts(lease) == [own]
    assert [claim.host for claim in reservations.claims(Standing.HELD, Standing.FIRM)] == [own]
    assert reservations.now(lease).status == "PENDING"


MANY = [f"gpu-{number}" for number in range(1, 37)]
"""So many hosts that freeing all of them takes longer than the shortest lead there is."""


@pytest.mark.parametrize("start_in", [4 * HOUR, 6 * HOUR, 34 * MINUTE])
def test_hosts_that_come_with_a_move_are_freed_in_time_beside_those_that_are_kept(
    reservations: Reservations, start_in: int
) -> None:
    reservations.add_hosts(*MANY)
    lease = reservations.lease(start_in=5 * HOUR, count=18)
    reservations.poll()
    start_at = reservations.world.minute_from_now(start_in)
    reservations.update(lease, start_date=start_at, end_date=start_at + HOUR, min=36, max=36)
    wanted = Policy().lead_for_hosts(36)
    assert wanted > Policy().lead_for_hosts(18)
    held = {one.lead for one in reservations.world.store.reclaims if one.start_at == start_at}
    assert held == {wanted}
    reservations.poll()
    reservations.world.whole.engine.tick()
    assert {(one.start_at, one.lead) for one in reservations.world.store.reclaims} == {(start_at, wanted)}


def test_a_running_lease_grows_through_the_late_door(reservations: Reservations) -> None:
    reservations.add_hosts("gpu-1", "gpu-2")
    lease = reservations.lease(start_in=0)
    reservations.start(lease)
    reservations.poll()
    reservations.update(lease, min=2, max=2)
    assert len(reservations.served(lease)) == 1
    reservations.poll()
    assert reservations.served(lease) == ["gpu-1", "gpu-2"]
    assert reservations.now(lease).status == "ACTIVE"


def test_a_running_lease_does_not_lose_a_host(reservations: Reservations) -> None:
    reservations.add_hosts("gpu-1", "gpu-2")
    lease = reservations.lease(start_in=0, count=1, at_most=2)
    reservations.start(lease)
    with pytest.raises(ExternalServiceFilterException, match="code=hosts_in_use"):
        reservations.update(lease, min=1, max=1)
    assert reservations.now(lease).status == "ACTIVE"


@pytest.mark.parametrize("filters", [["SpotGuaranteeFilter"], []])
@pytest.mark.parametrize(
    ("values", "error", "said"),
    [
        ({"min": 0}, MalformedParameter, "min"),
        ({"max": "many"}, MalformedParameter, "max"),
        ({"min": 3, "max": 2}, InvalidRange, "min/max"),
        ({"hypervisor_properties": '["==", "$colour", "x"]'}, MalformedRequirements, "no host has a capability colour"),
        ({"resource_properties": '["==", "$a colour", "x"]'}, MalformedRequirements, "a colour == x"),
        ({"resource_properties": '{"a": 1, "colour": 2}'}, MalformedRequirements, "colour"),
        ({"resource_properties": "5"}, MalformedRequirements, "5"),
        ({"resource_properties": '["<", "$vcpus", "null"]'}, ExternalServiceFilterException, "code=permanent"),
    ],
)
def test_bad_parameters_leave_the_lease_as_it_was(
    reservations: Reservations, filters: list[str], values: dict[str, Any], error: type[Exception], said: str
) -> None:
    reservations.add_hosts("gpu-1")
    lease = reservations.lease(start_in=5 * HOUR)
    had = reservations.now(lease)
    reservations.enable_filters(filters)
    with pytest.raises(error, match=said) as refused:
        reservations.update(lease, **values)
    assert type(refused.value) is error
    assert reservations.now(lease) == had
    assert (had.status, had.hosts) == ("PENDING", ["gpu-1"])


def test_a_new_lease_that_asks_for_what_no_host_has_is_told_so(reservations: Reservations) -> None:
    reservations.add_hosts("gpu-1")
    with pytest.raises(MalformedRequirements, match="colour") as refused:
        reservations.lease_with(5 * HOUR, 1, resource_properties='["==", "$colour", "x"]')
    assert refused.value.code == 400


def test_a_failed_host_of_a_running_lease_is_replaced_through_the_late_door(reservations: Reservations) -> None:
    reservations.add_hosts("gpu-1", "gpu-2")
    lease = reservations.lease(start_in=0)
    reservations.start(lease)
    reservations.poll()
    (failed,) = reservations.served(lease)
    flags = fail(reservations, failed)
    assert flags == {lease["reservations"][0]["id"]: {"resources_changed": True}}
    reservations.poll()
    (healed,) = reservations.served(lease)
    assert healed != failed
    assert reservations.free() == [failed]


def test_a_replacement_with_spot_instances_joins_when_their_notice_has_run(reservations: Reservations) -> None:
    reservations.add_hosts("gpu-1", "gpu-2")
    lease = reservations.lease(start_in=0, minutes=600)
    reservations.start(lease)
    reservations.poll()
    (failed,) = reservations.served(lease)
    (other,) = {"gpu-1", "gpu-2"} - {failed}
    server = reservations.spot(other)
    fail(reservations, failed)
    reservations.run_until(reservations.world.clock.now() + 14 * MINUTE)
    assert server in reservations.world.cloud.alive
    assert reservations.now(lease).is_missing
    reservations.run_until(reservations.world.clock.now() + HOUR)
    assert reservations.served(lease) == [other]
    assert not reservations.now(lease).is_missing


def test_without_another_host_the_reservation_is_missing_one(reservations: Reservations) -> None:
    reservations.add_hosts("gpu-1")
    lease = reservations.lease(start_in=20 * MINUTE)
    flags = fail(reservations, "gpu-1")
    assert flags == {lease["reservations"][0]["id"]: {"missing_resources": True}}
    assert reservations.hosts(lease) == []


def test_a_failed_host_is_kept_while_no_other_can_be_judged_and_replaced_with_the_next_healing(
    reservations: Reservations,
) -> None:
    reservations.add_hosts("gpu-1", "gpu-2")
    lease = reservations.lease(start_in=20 * MINUTE)
    (failed,) = reservations.hosts(lease)
    reservations.world.store.is_down = True
    assert fail(reservations, failed) == {lease["reservations"][0]["id"]: {"missing_resources": True}}
    assert reservations.hosts(lease) == [failed]
    reservations.world.store.is_down = False
    assert reservations.plugin.monitor.heal() == {}
    assert reservations.hosts(lease) == sorted({"gpu-1", "gpu-2"} - {failed})


def test_so_it_is_if_another_began_to_be_drained_at_the_same_time(
    reservations: Reservations, monkeypatch: pytest.MonkeyPatch
) -> None:
    reservations.add_hosts("gpu-1", "gpu-2", "gpu-3")
    lease = reservations.lease(start_in=20 * MINUTE)
    (failed,) = reservations.hosts(lease)
    drained: list[str] = []
    write = Booking._write_claims

    def drained_first(booking: Booking, reservation_id: str, lease_id: str, wish: Wish, chosen: list[Any]) -> None:
        monkeypatch.setattr(Booking, "_write_claims", write)
        drained.extend(one.host for one in chosen)
        reservations.world.whole.draining.drain(drained[0], None, "")
        write(booking, reservation_id, lease_id, wish, chosen)

    monkeypatch.setattr(Booking, "_write_claims", drained_first)
    fail(reservations, failed)
    assert reservations.hosts(lease) == [failed]
    reservations.plugin.monitor.heal()
    assert reservations.hosts(lease) == sorted({"gpu-1", "gpu-2", "gpu-3"} - {failed, *drained})


def test_a_running_lease_is_degraded_while_it_keeps_a_failed_host_and_whole_when_it_is_back(
    reservations: Reservations,
) -> None:
    reservations.add_hosts("gpu-1", "gpu-2")
    lease = reservations.lease(start_in=0)
    reservations.start(lease)
    reservations.poll()
    (kept,) = reservations.served(lease)
    reservations.world.store.is_down = True
    fail(reservations, kept)
    reservations.world.store.is_down = False
    for _ in range(2):
        reservations.poll()
        now = reservations.now(lease)
        assert (now.is_degraded, now.is_missing) == (True, True)
    recover(kept)
    reservations.poll()
    now = reservations.now(lease)
    assert (now.is_degraded, now.is_missing) == (False, False)
    assert reservations.served(lease) == [kept]


@pytest.mark.parametrize("others", [[], ["gpu-2"]])
def test_a_failed_host_that_was_kept_until_the_start_is_late_and_may_be_swapped(
    reservations: Reservations, others: list[str]
) -> None:
    reservations.add_hosts("gpu-1")
    lease = reservations.lease(start_in=20 * MINUTE)
    reservations.world.store.is_down = True
    fail(reservations, "gpu-1")
    reservations.world.store.is_down = False
    reservations.add_hosts(*others)
    reservations.run_until(reservations.start_of(lease) + 1)
    reservations.start(lease)
    assert reservations.served(lease) == others
    assert reservations.now(lease).is_degraded == (not others)


def test_a_failed_host_that_cannot_be_replaced_now_keeps_no_other_from_it(
    reservations: Reservations, monkeypatch: pytest.MonkeyPatch
) -> None:
    reservations.add_hosts("gpu-1", "gpu-2", "gpu-3", "gpu-4")
    leases = [reservations.lease(start_in=20 * MINUTE) for _ in range(2)]
    held = [reservations.hosts(lease) for lease in leases]
    hold, tried = Booking.hold, []

    def first_fails(booking: Booking, *asked: Any, **how: Any) -> Any:
        tried.append(asked)
        if len(tried) == 1:
            raise DBDeadlock
        return hold(booking, *asked, **how)

    monkeypatch.setattr(Booking, "hold", first_fails)
    db_api.host_update(held[0][0].removeprefix("gpu-"), {"reservable": False})
    flags = fail(reservations, *held[1])
    assert list(flags.values()) == [{"missing_resources": True}]
    assert sum(reservations.hosts(lease) != before for lease, before in zip(leases, held, strict=True)) == 1
