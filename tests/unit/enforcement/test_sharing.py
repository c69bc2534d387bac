# SPDX-License-Identifier: Apache-2.0
"""A reservation of a part of a host, from the booking to the hand-over, on a whole cloud in memory."""

import pytest

from blazar_spot.core.errors import NotFound, Refused, SpotError, Unreachable
from blazar_spot.core.flavors import Flavor
from blazar_spot.core.promises import NoticeState, Standing
from blazar_spot.core.reclaim import State
from blazar_spot.core.sharing import Usage, reservation_class
from blazar_spot.testing.lab import POLICY, SPOT, Lab
from blazar_spot.testing.things import FakeAggregate, FakeServer

HOUR = 3600
GPUS = {"VCPU": 4, "MEMORY_MB": 8192, "DISK_GB": 10, "CUSTOM_GPU": 2}
HALF = {"CUSTOM_GPU": 4}


def gone(servers: list[FakeServer]) -> list[bool]:
    return [server.gone_at is not None for server in servers]


def aggregate(lab: Lab, reservation: str = "r1") -> FakeAggregate:
    return lab.cloud.add_aggregate(reservation)


def reserved_flavor(lab: Lab, reservation: str, gpus: int) -> str:
    """The flavor that a reservation's owner boots servers of."""
    specs = {"resources:CUSTOM_GPU": str(gpus), f"resources:{reservation_class(reservation)}": "1"}
    return lab.cloud.add_flavor(Flavor(name=reservation, vcpus=4, memory_mb=8192, disk_gb=10, extra_specs=specs)).name


def test_only_as_many_go_as_the_reservation_needs_and_the_rest_lives_on() -> None:
    lab = Lab()
    spots = lab.boot_and_run(7)
    start = lab.clock.now() + HOUR
    lab.book_slots("r1", start, 2, GPUS)
    lab.run_until(start)
    assert sum(gone(spots)) == 3
    assert lab.reclaim.state is State.READY
    assert lab.claim.room == {"VCPU": 8, "MEMORY_MB": 16384, "DISK_GB": 20, "CUSTOM_GPU": 4}
    lab.run_for(2 * HOUR)
    assert sum(gone(spots)) == 3
    assert all(not lab.notices_of(spot) for spot in spots if spot.gone_at is None)


def test_nobody_goes_where_there_is_room() -> None:
    lab = Lab()
    spots = lab.boot_and_run(4)
    start = lab.clock.now() + HOUR
    lab.book_slots("r1", start, 2, GPUS)
    lab.run_until(start)
    assert lab.reclaim.state is State.READY
    assert not any(gone(spots))
    assert not lab.store.notices


def test_the_youngest_go_since_least_is_lost_with_them() -> None:
    lab = Lab()
    old = lab.boot_and_run(4)
    young = lab.boot_and_run(4)
    start = lab.clock.now() + HOUR
    lab.book_slots("r1", start, 1, HALF)
    lab.run_until(start)
    assert not any(gone(old))
    assert all(gone(young))


def test_a_victim_has_its_whole_notice() -> None:
    lab = Lab()
    spots = lab.boot_and_run(8)
    start = lab.clock.now() + HOUR
    lab.book_slots("r1", start, 1, HALF)
    lab.run_until(start)
    for spot in (one for one in spots if one.gone_at):
        (notice,) = lab.notices_of(spot)
        assert notice.given_at is not None
        assert spot.deletes[0] - notice.given_at >= POLICY.notice
        assert spot.deletes[0] >= lab.reclaim.evict_at


@pytest.mark.parametrize(("affinity", "hosts"), [(True, 1), (False, 2)])
def test_slots_are_together_or_apart_as_asked(affinity: bool, hosts: int) -> None:
    lab = Lab(hosts=2)
    chosen = lab.book_slots("r1", lab.clock.now() + HOUR, 2, HALF, affinity=affinity)
    assert len(chosen) == hosts
    assert [claim.room for claim in lab.store.claims] == [{"CUSTOM_GPU": 8 // hosts}] * hosts


def test_more_than_a_host_has_is_refused_and_nothing_is_held() -> None:
    lab = Lab()
    with pytest.raises(Refused) as refused:
        lab.book_slots("r1", lab.clock.now() + HOUR, 3, HALF)
    assert refused.value.code == "not_enough_hosts"
    assert "3 slots cannot be free" in str(refused.value)
    assert not lab.store.claims


def test_two_reservations_share_a_host_and_a_third_finds_no_room() -> None:
    lab = Lab()
    start = lab.clock.now() + HOUR
    lab.book_slots("r1", start, 1, HALF)
    lab.book_slots("r2", start + 60, 1, HALF)
    with pytest.raises(Refused):
        lab.book_slots("r3", start + 120, 1, {"CUSTOM_GPU": 1})


def test_two_reservations_at_the_same_start_both_get_their_room_and_every_victim_one_notice() -> None:
    lab = Lab()
    spots = lab.boot_and_run(8)
    start = lab.clock.now() + HOUR
    lab.book_slots("r1", start, 1, {"CUSTOM_GPU": 3})
    lab.book_slots("r2", start, 1, {"CUSTOM_GPU": 3})
    lab.run_until(start)
    assert {reclaim.state for reclaim in lab.store.reclaims} == {State.READY}
    assert sum(gone(spots)) == 6
    assert len(lab.store.notices) == 6


def test_what_is_used_of_a_host_is_asked_once_in_a_tick_for_all_of_its_claims() -> None:
    lab = Lab()
    lab.boot_and_run(8)
    start = lab.clock.now() + HOUR
    lab.book_slots("r1", start, 1, HALF)
    lab.book_slots("r2", start, 1, HALF)
    lab.run_until(start - 60)
    asked = []
    usage = lab.cloud.usage

    def counted(host: str) -> Usage:
        asked.append(host)
        return usage(host)

    lab.cloud.usage = counted  # type: ignore[method-assign]
    lab.whole.engine.tick()
    assert asked == ["host01"]


def test_a_booking_at_short_notice_closes_the_pool_and_looks_before_it_answers() -> None:
    lab = Lab()
    old = lab.boot_and_run(2)
    young = lab.boot(5)
    lab.run_for(30)
    start = lab.clock.now() + 1200
    with pytest.raises(Refused) as refused:
        lab.book_slots("r1", start, 1, HALF)
    assert refused.value.code == "spot_not_evictable"
    lab.book_slots("r1", start, 1, {"CUSTOM_GPU": 3})
    assert lab.cloud.closed() == {"host01": True}
    lab.run_for(2)
    assert lab.cloud.closed() == {"host01": False}
    assert [one.status for one in lab.boot(1)] == ["ERROR"]
    lab.run_until(start)
    assert all(gone(old))
    assert not any(gone(young))


def test_a_host_with_room_joins_the_aggregate_and_stays_in_the_freepool() -> None:
    lab = Lab()
    lab.boot_and_run(8)
    start = lab.clock.now() + HOUR
    chosen = lab.book_slots("r1", start, 1, HALF)
    lab.run_until(start)
    pool = aggregate(lab)
    assert lab.admit("r1", pool, chosen) == []
    assert pool.hosts == ["host01"]
    assert lab.cloud.freepool.hosts == ["host01"]
    assert lab.reclaim.state is State.HANDED_OVER


def test_a_reserved_server_starts_beside_the_spot_instances_that_stayed() -> None:
    lab = Lab()
    spots = lab.boot_and_run(8)
    start = lab.clock.now() + HOUR
    chosen = lab.book_slots("r1", start, 2, GPUS)
    lab.run_until(start)
    lab.admit("r1", aggregate(lab), chosen)
    flavor = reserved_flavor(lab, "r1", 2)
    servers = [lab.cloud.servers[lab.cloud.boot(flavor)] for _ in range(2)]
    lab.run_for(HOUR // 2)
    assert [server.status for server in servers] == ["ACTIVE", "ACTIVE"]
    assert sum(gone(spots)) == 4
    assert not lab.store.breaches
    assert not [one for one in lab.store.deeds if one.what == "stranger"]


def test_the_servers_of_a_reservation_that_runs_are_in_nobodys_way() -> None:
    lab = Lab()
    start = lab.clock.now() + HOUR
    first = lab.book_slots("r1", start, 1, HALF, hours=4)
    second = lab.book_slots("r2", start + HOUR, 1, HALF)
    lab.run_until(start)
    lab.admit("r1", aggregate(lab), first)
    lab.cloud.boot(reserved_flavor(lab, "r1", 4))
    lab.run_until(start + HOUR)
    assert lab.admit("r2", aggregate(lab, "r2"), second) == []
    assert not lab.store.breaches


def test_a_server_that_is_not_spot_is_left_alone_and_makes_the_host_late() -> None:
    lab = Lab()
    start = lab.clock.now() + HOUR
    chosen = lab.book_slots("r1", start, 1, {"CUSTOM_GPU": 8})
    plain = lab.cloud.servers[lab.cloud.boot("gpu", host="host01")]
    lab.run_until(start + 60)
    assert lab.admit("r1", aggregate(lab), chosen) == chosen
    assert plain.status == "ACTIVE"
    assert lab.reclaim.state is State.OVERDUE
    assert [deed.subject for deed in lab.store.deeds if deed.what == "stranger"] == [plain.id]


def test_a_host_is_closed_before_its_room_is_looked_for_even_if_no_engine_lives() -> None:
    lab = Lab()
    start = lab.clock.now() + HOUR
    chosen = lab.book_slots("r1", start, 1, HALF)
    lab.second()
    lab.clock.advance(HOUR)
    pool = aggregate(lab)
    lab.cloud.fails("close", Unreachable("no answer"))
    assert lab.admit("r1", pool, chosen) == chosen
    assert lab.admit("r1", pool, chosen) == []
    assert lab.cloud.closed() == {"host01": True}


def test_a_host_that_cannot_be_looked_at_is_late_and_joins_when_it_can() -> None:
    lab = Lab()
    start = lab.clock.now() + HOUR
    chosen = lab.book_slots("r1", start, 1, HALF)
    lab.run_until(start)
    pool = aggregate(lab)
    lab.cloud.fails("usage", Unreachable("no answer"), times=None)
    assert lab.admit("r1", pool, chosen) == chosen
    lab.cloud.heals("usage")
    assert lab.admit("r1", pool, lab.whole.handover.missing("r1", chosen)) == []


def test_a_notice_that_is_not_needed_any_more_is_withdrawn_and_its_instance_lives() -> None:
    lab = Lab()
    spots = lab.boot_and_run(8)
    start = lab.clock.now() + HOUR
    lab.book_slots("r1", start, 1, HALF)
    lab.run_until(lab.reclaim.notice_at + 60)
    lab.cancel("r1")
    lab.run_until(start + 60)
    assert not any(gone(spots))
    assert {notice.state for notice in lab.store.notices} == {NoticeState.WITHDRAWN}


def test_when_others_leave_by_themselves_those_who_were_told_stay() -> None:
    lab = Lab()
    spots = lab.boot_and_run(8)
    start = lab.clock.now() + HOUR
    chosen = lab.book_slots("r1", start, 1, HALF)
    lab.run_until(lab.reclaim.notice_at + 60)
    told = {notice.instance_id for notice in lab.store.notices}
    for one in spots:
        if one.id not in told:
            lab.cloud.begin_delete(one, force=False)
    lab.run_until(start)
    lab.admit("r1", aggregate(lab), chosen)
    lab.run_for(60)
    assert {one.id for one in spots if one.gone_at is None} == told
    assert {notice.state for notice in lab.store.notices} == {NoticeState.WITHDRAWN}


def test_the_pool_is_closed_while_the_reservation_runs() -> None:
    lab = Lab()
    start = lab.clock.now() + HOUR
    chosen = lab.book_slots("r1", start, 1, HALF)
    lab.run_until(start - 1)
    assert lab.cloud.closed() == {"host01": False}
    lab.run_until(start)
    assert lab.cloud.closed() == {"host01": True}
    lab.admit("r1", aggregate(lab), chosen)
    lab.run_until(start + HOUR - 1)
    assert lab.cloud.closed() == {"host01": True}
    lab.cancel("r1")
    lab.run_for(2)
    assert lab.claim.standing is Standing.ENDED
    assert lab.cloud.closed() == {"host01": False}


def booted_behind_the_fence(lab: Lab, count: int) -> list[FakeServer]:
    lab.run_until(lab.reclaim.fence_at + 10)
    return lab.boot(count)


def test_behind_the_fence_spot_still_boots_on_the_rest_and_is_in_nobodys_way() -> None:
    lab = Lab()
    start = lab.clock.now() + HOUR
    chosen = lab.book_slots("r1", start, 1, HALF)
    late = booted_behind_the_fence(lab, 5)
    assert [one.status for one in late] == ["BUILD"] * 4 + ["ERROR"]
    lab.run_until(start)
    assert lab.reclaim.state is State.READY
    assert lab.admit("r1", aggregate(lab), chosen) == []
    lab.run_for(HOUR // 2)
    assert not any(gone(late))
    assert not lab.store.notices
    assert not lab.store.breaches


def test_nobody_boots_into_room_that_is_yet_to_be_freed_nor_instead_of_one_who_goes() -> None:
    lab = Lab()
    spots = lab.boot_and_run(6)
    start = lab.clock.now() + HOUR
    lab.book_slots("r1", start, 1, HALF)
    assert [one.status for one in booted_behind_the_fence(lab, 1)] == ["ERROR"]
    lab.run_until(lab.reclaim.notice_at + 60)
    told = [one for one in spots if lab.notices_of(one)]
    assert len(told) == 2
    lab.cloud.begin_delete(told[0], force=False)
    lab.run_for(10)
    assert [one.status for one in lab.boot(1)] == ["ERROR"]
    stays = [one for one in spots if one not in told]
    lab.cloud.begin_delete(stays[0], force=False)
    lab.cloud.begin_delete(stays[1], force=False)
    lab.run_for(10)
    (late,) = lab.boot(1)
    assert late.status == "BUILD"
    lab.run_until(start)
    assert lab.reclaim.state is State.READY
    assert not lab.notices_of(late)
    assert not any(gone([told[1], late]))


def test_what_is_withheld_is_put_right_when_somebody_changes_it_and_written_once() -> None:
    lab = Lab()
    lab.book_slots("r1", lab.clock.now() + HOUR, 1, HALF)
    lab.run_until(lab.reclaim.fence_at + 10)
    pool = lab.cloud.hosts["host01"].pool
    assert pool is not None
    assert pool.withheld == HALF
    writes = len(lab.cloud.writes)
    lab.restarted()
    lab.run_for(120)
    assert len(lab.cloud.writes) == writes
    pool.withheld, pool.generation = {}, pool.generation + 1
    lab.second()
    pool = lab.cloud.hosts["host01"].pool
    assert pool is not None
    assert pool.withheld == HALF


@pytest.mark.parametrize("error", [Unreachable("no answer"), NotFound("no provider")])
def test_a_pool_that_cannot_withhold_what_is_claimed_is_not_fenced(error: SpotError) -> None:
    lab = Lab()
    lab.book_slots("r1", lab.clock.now() + HOUR, 1, HALF)
    lab.cloud.fails("withhold", error, times=None)
    lab.run_until(lab.reclaim.fence_at + 10)
    assert lab.reclaim.state is State.PLANNED
    lab.cloud.heals("withhold")
    lab.second()
    assert lab.reclaim.state is State.FENCED


def test_the_size_of_an_instance_is_in_the_ledger() -> None:
    lab = Lab()
    lab.boot_and_run(1)
    (known,) = lab.store.instances
    assert known.size == {"VCPU": 4, "MEMORY_MB": 8192, "DISK_GB": 10, "CUSTOM_GPU": 1}
    assert SPOT.name == known.flavor
