# SPDX-License-Identifier: Apache-2.0
"""Reservations of flavors, in Blazar's own manager: parts of hosts, with spot instances on the rest."""

from typing import Any, NoReturn

import pytest
from blazar.db import api as db_api
from blazar.enforcement.exceptions import ExternalServiceFilterException
from blazar.manager import exceptions
from blazar.utils.openstack.exceptions import ResourceProviderRetrievalFailed

from blazar_spot.core.errors import Refused, Unreachable
from blazar_spot.core.flavors import Flavor
from blazar_spot.core.promises import NoticeState, Standing
from blazar_spot.core.sharing import Usage, reservation_class
from blazar_spot.enforcement.booking import Booking
from blazar_spot.plugins.asks import Ask
from blazar_spot.plugins.slots import Slots
from tests.functional.plugins.reservations import HOUR, MINUTE, fail, recover
from tests.functional.plugins.slot_reservations import SlotReservations
from tests.functional.plugins.test_lock import is_locked


def test_a_claim_asks_for_all_slots_on_its_host_and_becomes_firm(slots: SlotReservations) -> None:
    slots.add_gpu_hosts("gpu-1")
    slots.flavor_lease(5 * HOUR, 2)
    (claim,) = slots.claims(Standing.HELD)
    assert claim.room == {"VCPU": 2, "MEMORY_MB": 2048, "CUSTOM_GPU": 2}
    slots.poll()
    (firm,) = slots.claims(Standing.FIRM)
    assert (firm.id, firm.room) == (claim.id, claim.room)


def test_only_what_is_reserved_is_freed_and_the_reserved_servers_start_beside_the_rest(
    slots: SlotReservations,
) -> None:
    slots.add_gpu_hosts("gpu-1")
    spots = slots.spots("gpu-1", 4)
    lease = slots.flavor_lease(HOUR, 2)
    slots.reach(lease)
    after = slots.now(lease)
    assert (after.status, after.is_degraded) == ("ACTIVE", False)
    assert len(slots.living(spots)) == 2
    assert slots.served(lease) == ["gpu-1"]
    assert [slots.boot(lease) for _ in range(3)] == ["ACTIVE", "ACTIVE", "ERROR"]
    slots.run_until(slots.start_of(lease) + 30 * MINUTE)
    assert len(slots.living(spots)) == 2
    assert slots.world.cloud.freepool.hosts == ["compute-of-gpu-1"]


def test_spot_still_boots_on_the_rest_behind_the_fence_until_the_reservation_runs(slots: SlotReservations) -> None:
    slots.add_gpu_hosts("gpu-1")
    lease = slots.flavor_lease(HOUR, 2)
    slots.run_until(slots.start_of(lease) - 20 * MINUTE)
    servers = [slots.world.cloud.boot("spot-gpu") for _ in range(3)]
    slots.reach(lease)
    assert [slots.world.cloud.servers[one].status for one in servers] == ["ACTIVE", "ACTIVE", "ERROR"]
    after = slots.now(lease)
    assert (after.status, after.is_degraded) == ("ACTIVE", False)
    assert slots.world.cloud.closed() == {"gpu-1": True}
    assert [slots.boot(lease) for _ in range(2)] == ["ACTIVE", "ACTIVE"]
    assert slots.living(servers[:2]) == servers[:2]
    assert not slots.world.store.notices


def test_gpus_on_a_nested_provider_count(slots: SlotReservations) -> None:
    slots.add_gpu_hosts("gpu-1", is_nested=True)
    spots = slots.spots("gpu-1", 3)
    lease = slots.flavor_lease(HOUR, 2)
    with pytest.raises(ExternalServiceFilterException, match="code=not_enough_hosts"):
        slots.flavor_lease(HOUR, 3)
    slots.reach(lease)
    assert len(slots.living(spots)) == 2
    assert [slots.boot(lease) for _ in range(2)] == ["ACTIVE", "ACTIVE"]


def test_what_blazar_has_not_heard_of_is_asked_for_without_the_lock_and_again_after_a_while(
    slots: SlotReservations, monkeypatch: pytest.MonkeyPatch
) -> None:
    slots.add_gpu_hosts("gpu-1", is_nested=True)
    was_locked: list[bool] = []
    usage = slots.world.cloud.usage

    def watched(host: str) -> Usage:
        was_locked.append(is_locked())
        return usage(host)

    monkeypatch.setattr(slots.world.cloud, "usage", watched)
    slots.flavor_lease(5 * HOUR, 1)
    assert was_locked == [False]
    own = slots.world.cloud.hosts["gpu-1"].own
    own.totals = {**own.totals, "CUSTOM_GPU": 2}
    slots.world.pass_time(MINUTE)
    with pytest.raises(ExternalServiceFilterException, match="code=not_enough_hosts"):
        slots.flavor_lease(5 * HOUR, 2)
    assert was_locked == [False, False]


def test_a_lease_that_would_break_a_promise_is_refused_and_the_answered_start_works(slots: SlotReservations) -> None:
    slots.add_gpu_hosts("gpu-1")
    slots.world.cloud.boot("spot-gpu", host="gpu-1")
    slots.world.pass_time(10)
    slots.world.whole.engine.tick()
    slots.flavor_lease(10 * MINUTE, 3)
    with pytest.raises(ExternalServiceFilterException) as refused:
        slots.flavor_lease(10 * MINUTE, 1)
    assert type(refused.value) is ExternalServiceFilterException
    assert "earliest_start=" in str(refused.value)


def test_the_plugin_refuses_by_itself_when_the_filter_is_not_enabled(slots: SlotReservations) -> None:
    slots.add_gpu_hosts("gpu-1")
    slots.enable_filters([])
    with pytest.raises(ExternalServiceFilterException, match="code=not_enough_hosts"):
        slots.flavor_lease(HOUR, 5)
    assert slots.claims(Standing.HELD) == []


def test_a_preemptible_flavor_cannot_be_reserved(slots: SlotReservations) -> None:
    slots.add_gpu_hosts("gpu-1")
    with pytest.raises(exceptions.MalformedParameter, match="preemptible"):
        slots.flavor_lease(HOUR, 1, flavor="spot-gpu")


def add_aliased(slots: SlotReservations, alias: str) -> None:
    """A flavor whose devices Nova asks Placement for without an extra spec that names their class."""
    specs = {"pci_passthrough:alias": alias}
    slots.world.cloud.add_flavor(Flavor(name="aliased", vcpus=1, memory_mb=1024, disk_gb=0, extra_specs=specs))


@pytest.mark.parametrize("is_nested", [False, True])
def test_the_devices_of_a_pci_alias_are_reserved_and_freed(slots: SlotReservations, is_nested: bool) -> None:
    slots.add_gpu_hosts("gpu-1", is_nested=is_nested)
    spots = slots.spots("gpu-1", 2)
    add_aliased(slots, "a-gpu:2")
    lease = slots.flavor_lease(HOUR, 2, flavor="aliased")
    with pytest.raises(ExternalServiceFilterException, match="code=not_enough_hosts"):
        slots.flavor_lease(HOUR, 1, flavor="aliased")
    slots.reach(lease)
    (claim,) = slots.claims(Standing.FIRM)
    assert claim.room == {"VCPU": 2, "MEMORY_MB": 2048, "CUSTOM_GPU": 4}
    assert slots.living(spots) == []


def test_devices_that_placement_does_not_track_cannot_be_reserved(slots: SlotReservations) -> None:
    slots.add_gpu_hosts("gpu-1")
    add_aliased(slots, "a-gpu:1,a-nic:2")
    with pytest.raises(exceptions.MalformedParameter, match="PCI alias a-nic stands for no resource class"):
        slots.flavor_lease(HOUR, 1, flavor="aliased")
    assert slots.claims(Standing.HELD) == []


def test_a_host_that_is_not_told_to_have_the_resource_is_no_host(slots: SlotReservations) -> None:
    slots.add_hosts("plain-1")
    slots.add_gpu_hosts("gpu-1")
    assert slots.hosts(slots.flavor_lease(HOUR, 4)) == ["gpu-1"] * 4


@pytest.mark.parametrize(("value", "host"), [("required", "gpu-2"), ("forbidden", "gpu-1")])
def test_traits_choose_hosts(slots: SlotReservations, value: str, host: str) -> None:
    slots.add_gpu_hosts("gpu-1", "gpu-2")
    slots.placement.traits["gpu-2"] = {"CUSTOM_NEW"}
    slots.nova.get("gpu").set_keys({"trait:CUSTOM_NEW": value})
    assert slots.hosts(slots.flavor_lease(HOUR, 1)) == [host]


def test_a_host_in_parts_is_not_given_as_a_whole_nor_a_whole_one_in_parts(slots: SlotReservations) -> None:
    slots.add_gpu_hosts("gpu-1", "gpu-2")
    (part,) = slots.hosts(slots.flavor_lease(5 * HOUR, 1))
    (whole,) = slots.hosts(slots.lease(5 * HOUR))
    assert {part, whole} == {"gpu-1", "gpu-2"}
    with pytest.raises(ExternalServiceFilterException):
        slots.lease(5 * HOUR)
    assert slots.hosts(slots.flavor_lease(5 * HOUR, 3)) == [part] * 3
    with pytest.raises(ExternalServiceFilterException):
        slots.flavor_lease(5 * HOUR, 1)


def test_a_host_without_room_yet_is_late_and_joins_by_the_poll(slots: SlotReservations) -> None:
    slots.add_gpu_hosts("gpu-1")
    slots.spots("gpu-1", 4)
    slots.world.cloud.delete_takes = 300
    lease = slots.flavor_lease(HOUR, 2)
    slots.reach(lease)
    now = slots.now(lease)
    assert (now.status, now.is_degraded, now.is_missing) == ("ACTIVE", True, True)
    assert slots.served(lease) == []
    slots.run_until(slots.start_of(lease) + 10 * MINUTE)
    now = slots.now(lease)
    assert (now.status, now.is_degraded, now.is_missing) == ("ACTIVE", False, False)
    assert slots.boot(lease) == "ACTIVE"


def test_a_host_that_cannot_be_furnished_is_late_like_any_other(slots: SlotReservations) -> None:
    slots.add_gpu_hosts("gpu-1")
    lease = slots.flavor_lease(HOUR, 1)
    with slots.broken_placement():
        slots.reach(lease)
        assert slots.now(lease).is_degraded
    slots.poll()
    assert not slots.now(lease).is_degraded
    assert slots.nova.opened == [(lease["reservations"][0]["id"], "project")]


def test_a_lease_that_ends_leaves_nothing_behind(slots: SlotReservations) -> None:
    slots.add_gpu_hosts("gpu-1")
    spots = slots.spots("gpu-1", 2)
    lease = slots.flavor_lease(HOUR, 2)
    slots.reach(lease)
    slots.boot(lease)
    slots.run_until(slots.start_of(lease) + HOUR)
    slots.end(lease)
    slots.run_until(slots.start_of(lease) + HOUR + MINUTE)
    assert slots.claims(Standing.HELD, Standing.FIRM) == []
    assert slots.living(spots) == spots
    assert slots.world.cloud.hosts["gpu-1"].own.consumers.keys() == set(spots)
    assert slots.world.cloud.closed() == {"gpu-1": False}
    assert slots.placement.classes == set()


def remains(slots: SlotReservations, lease: dict[str, Any]) -> list[object]:
    """What there is of a reservation in the cloud, and who may use its flavor."""
    name = lease["reservations"][0]["id"]
    cloud = slots.world.cloud
    furnished = [host for host, one in cloud.hosts.items() if one.reserved.totals.get(reservation_class(name))]
    return [one for one in (*slots.aggregates(), *cloud.flavors) if one == name] + furnished + slots.nova.opened


def test_slots_on_a_host_that_never_joined_are_taken_away_too(slots: SlotReservations) -> None:
    """A blazar-manager died when it had put them there, and the host was replaced."""
    slots.add_gpu_hosts("gpu-1", "gpu-2")
    lease = slots.flavor_lease(MINUTE, 1)
    slots.reach(lease)
    reservation_id = lease["reservations"][0]["id"]
    (own,) = slots.hosts(lease)
    (other,) = {"gpu-1", "gpu-2"} - {own}
    slots.world.cloud.furnish(other, reservation_id, 1)
    slots.delete(lease)
    for host in slots.world.cloud.hosts.values():
        assert not any(host.reserved.totals.values())


@pytest.mark.parametrize("is_soft", [False, True])
def test_servers_that_do_not_go_in_time_keep_no_lease_from_ending_and_the_polls_do_the_rest(
    slots: SlotReservations, is_soft: bool
) -> None:
    slots.add_gpu_hosts("gpu-1")
    lease = slots.flavor_lease(MINUTE, 2)
    slots.reach(lease)
    slots.boot(lease)
    (server,) = (one for one in slots.world.cloud.alive.values() if not one.is_spot)
    slots.world.cloud.delete_takes = 60
    if is_soft:
        slots.world.cloud.soft_delete = True
        slots.world.cloud.begin_delete(server, force=False)
    slots.end(lease)
    assert slots.now(lease).status == "TERMINATED"
    assert slots.claims(Standing.HELD, Standing.FIRM) == []
    assert slots.hosts(lease) == []
    assert slots.nova.opened == []
    assert remains(slots, lease)
    slots.run_until(slots.world.clock.now() + 2 * MINUTE)
    assert server.gone_at is not None
    assert remains(slots, lease) == []
    assert slots.world.cloud.closed() == {"gpu-1": False}


def test_what_is_taken_away_later_leaves_a_host_to_whoever_has_it_by_then(slots: SlotReservations) -> None:
    slots.add_gpu_hosts("gpu-1")
    lease = slots.flavor_lease(MINUTE, 2)
    slots.reach(lease)
    slots.boot(lease)
    slots.world.cloud.delete_takes = 60
    slots.end(lease)
    whole = slots.lease(MINUTE)
    slots.world.pass_time(2 * MINUTE)
    slots.start(whole)
    assert (slots.served(whole), slots.free()) == (["gpu-1"], [])
    assert remains(slots, lease)
    slots.poll()
    assert remains(slots, lease) == []
    assert (slots.served(whole), slots.free()) == (["gpu-1"], [])


def test_a_server_on_no_host_goes_with_its_reservation(slots: SlotReservations) -> None:
    slots.add_gpu_hosts("gpu-1")
    lease = slots.flavor_lease(MINUTE, 1)
    slots.reach(lease)
    assert [slots.boot(lease) for _ in range(2)] == ["ACTIVE", "ERROR"]
    slots.end(lease)
    slots.run_until(slots.world.clock.now() + MINUTE)
    assert not [one for one in slots.world.cloud.alive.values() if not one.is_spot]
    assert remains(slots, lease) == []


def test_notices_are_withdrawn_with_the_tick_after_the_lease_is_deleted(slots: SlotReservations) -> None:
    slots.add_gpu_hosts("gpu-1")
    spots = slots.spots("gpu-1", 4)
    lease = slots.flavor_lease(HOUR, 2)
    slots.run_until(slots.start_of(lease) - 5 * MINUTE)
    assert [one.state for one in slots.world.store.notices] == [NoticeState.SCHEDULED] * 2
    slots.delete(lease)
    slots.world.pass_time(1)
    slots.world.whole.engine.tick()
    assert [one.state for one in slots.world.store.notices] == [NoticeState.WITHDRAWN] * 2
    assert slots.world.cloud.closed() == {"gpu-1": False}
    assert slots.living(spots) == spots
    assert remains(slots, lease) == []


def test_what_cannot_be_taken_away_at_the_end_is_taken_away_later_and_nobody_elses_is(slots: SlotReservations) -> None:
    slots.add_gpu_hosts("gpu-1")
    lease, other = slots.flavor_lease(MINUTE, 1), slots.instance_lease(MINUTE, 1)
    slots.reach(lease)
    slots.start(other)
    slots.boot(lease)
    slots.boot(other)
    slots.world.cloud.fails("usage", Unreachable("no answer"), times=None)
    slots.end(lease)
    assert slots.now(lease).status == "TERMINATED"
    slots.world.cloud.heals("usage")
    slots.run_until(slots.world.clock.now() + MINUTE)
    assert [one.flavor.name for one in slots.world.cloud.alive.values()] == [other["reservations"][0]["id"]]
    assert slots.served(other) == ["gpu-1"]
    assert lease["reservations"][0]["id"] not in [*slots.aggregates(), *slots.world.cloud.flavors]


def test_a_lease_moves_if_its_hosts_have_room_then_and_is_refused_otherwise(slots: SlotReservations) -> None:
    slots.add_gpu_hosts("gpu-1")
    lease = slots.flavor_lease(5 * HOUR, 3)
    start = slots.start_of(lease)
    slots.update(lease, start_date=start - HOUR, end_date=start)
    slots.poll()
    assert [claim.start_at for claim in slots.claims(Standing.FIRM)] == [start - HOUR]
    slots.flavor_lease(5 * HOUR, 2)
    with pytest.raises(ExternalServiceFilterException, match="code=not_enough_hosts"):
        slots.update(lease, start_date=start - HOUR, end_date=start + HOUR)
    assert slots.now(lease).status == "PENDING"
    slots.update(lease, start_date=start - HOUR, end_date=start - 10 * MINUTE)


def test_a_lease_is_not_moved_into_a_promise(slots: SlotReservations) -> None:
    slots.add_gpu_hosts("gpu-1")
    lease = slots.flavor_lease(5 * HOUR, 4)
    slots.world.cloud.boot("spot-gpu", host="gpu-1")
    slots.world.pass_time(10)
    slots.world.whole.engine.tick()
    slots.poll()
    early = slots.world.minute_from_now(10 * MINUTE)
    with pytest.raises(ExternalServiceFilterException, match="code=spot_not_evictable"):
        slots.update(lease, start_date=early, end_date=slots.start_of(lease))
    assert slots.now(lease).status == "PENDING"


@pytest.mark.parametrize("is_running", [False, True])
def test_a_failed_host_is_replaced(slots: SlotReservations, is_running: bool) -> None:
    slots.add_gpu_hosts("gpu-1", "gpu-2")
    lease = slots.flavor_lease(MINUTE, 2, minutes=120)
    if is_running:
        slots.reach(lease)
    (failed,) = slots.slots(lease)
    (other,) = {"gpu-1", "gpu-2"} - {failed}
    flags = fail(slots, failed)
    assert slots.slots(lease) == {other: 2}
    if is_running:
        assert flags == {lease["reservations"][0]["id"]: {"resources_changed": True}}
        slots.poll()
        slots.world.whole.engine.tick()
        assert slots.served(lease) == [other]
        assert slots.boot(lease) == "ACTIVE"


def test_a_failed_host_without_another_leaves_the_reservation_with_what_it_has(slots: SlotReservations) -> None:
    slots.add_gpu_hosts("gpu-1")
    lease = slots.flavor_lease(MINUTE, 2)
    assert fail(slots, "gpu-1") == {lease["reservations"][0]["id"]: {"missing_resources": True}}
    assert slots.hosts(lease) == []


def test_a_failed_host_is_not_replaced_by_one_that_another_reservation_has_for_a_while(slots: SlotReservations) -> None:
    slots.add_gpu_hosts("gpu-1", "gpu-2")
    lease = slots.flavor_lease(MINUTE, 4, minutes=240)
    another = slots.flavor_lease(HOUR, 2)
    (failed,), (taken,) = slots.slots(lease), slots.slots(another)
    assert fail(slots, failed) == {lease["reservations"][0]["id"]: {"missing_resources": True}}
    assert slots.hosts(lease) == []
    assert slots.slots(another) == {taken: 2}


def test_a_failed_host_is_replaced_by_what_another_reservation_leaves(slots: SlotReservations) -> None:
    slots.add_gpu_hosts("gpu-1")
    lease, filler = (slots.flavor_lease(2 * HOUR, 2, minutes=240) for _ in range(2))
    slots.add_gpu_hosts("gpu-2")
    another = slots.flavor_lease(2 * HOUR, 2, minutes=240)
    slots.delete(filler)
    slots.world.pass_time(slots.start_of(lease) - 2 * MINUTE - slots.world.clock.now())
    for _ in range(2):
        slots.world.cloud.boot("spot-gpu", host="gpu-2")
    fail(slots, "gpu-1")
    assert slots.slots(lease) == slots.slots(another) == {"gpu-2": 2}


def test_a_failed_host_is_kept_while_no_other_can_be_judged_and_replaced_with_the_next_healing(
    slots: SlotReservations,
) -> None:
    slots.add_gpu_hosts("gpu-1", "gpu-2")
    lease = slots.flavor_lease(20 * MINUTE, 2)
    (failed,) = slots.slots(lease)
    (other,) = {"gpu-1", "gpu-2"} - {failed}
    slots.world.store.is_down = True
    assert fail(slots, failed) == {lease["reservations"][0]["id"]: {"missing_resources": True}}
    assert slots.slots(lease) == {failed: 2}
    slots.world.store.is_down = False
    assert slots.plugin.monitor.heal() == {}
    assert slots.slots(lease) == {other: 2}


def test_what_nobody_could_say_of_another_host_is_no_reason_to_give_the_failed_one_up(slots: SlotReservations) -> None:
    slots.add_gpu_hosts("gpu-1", "gpu-2", is_nested=True)
    lease = slots.flavor_lease(20 * MINUTE, 2)
    (failed,) = slots.slots(lease)
    (other,) = {"gpu-1", "gpu-2"} - {failed}
    another_process = Slots(slots.world.whole)
    slots.instances.slots = slots.instances.tenure._slots = another_process
    slots.world.cloud.fails("usage", Unreachable("no answer"), times=None)
    assert fail(slots, failed) == {lease["reservations"][0]["id"]: {"missing_resources": True}}
    assert slots.slots(lease) == {failed: 2}
    slots.world.cloud.heals("usage")
    assert slots.plugin.monitor.heal() == {}
    assert slots.slots(lease) == {other: 2}


def test_what_cannot_be_held_now_is_not_given_up_because_nothing_else_is_free(
    slots: SlotReservations, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first attempt is for what another reservation leaves, and the second one only for hosts that none has."""
    slots.add_gpu_hosts("gpu-1")
    lease, filler = (slots.flavor_lease(2 * HOUR, 2, minutes=240) for _ in range(2))
    slots.add_gpu_hosts("gpu-2")
    another = slots.flavor_lease(2 * HOUR, 2, minutes=240)
    slots.delete(filler)
    slots.world.pass_time(slots.start_of(lease) - 2 * MINUTE - slots.world.clock.now())
    hold, tried = Booking.hold, []

    def first_fails(booking: Booking, *asked: Any, **how: Any) -> Any:
        tried.append(asked)
        if len(tried) == 1:
            raise Refused("a deadlock", code="cannot_judge")
        return hold(booking, *asked, **how)

    monkeypatch.setattr(Booking, "hold", first_fails)
    fail(slots, "gpu-1")
    assert slots.slots(lease) == {"gpu-1": 2}
    slots.plugin.monitor.heal()
    assert slots.slots(lease) == slots.slots(another) == {"gpu-2": 2}


def test_a_running_lease_that_keeps_a_failed_host_is_whole_when_the_host_is_back(slots: SlotReservations) -> None:
    slots.add_gpu_hosts("gpu-1", "gpu-2")
    lease = slots.flavor_lease(MINUTE, 2)
    slots.reach(lease)
    (kept,) = slots.slots(lease)
    slots.world.store.is_down = True
    fail(slots, kept)
    slots.world.store.is_down = False
    slots.poll()
    now = slots.now(lease)
    assert (now.is_degraded, now.is_missing, slots.served(lease)) == (True, True, [])
    recover(kept)
    slots.poll()
    now = slots.now(lease)
    assert (now.is_degraded, now.is_missing, slots.served(lease)) == (False, False, [kept])
    assert slots.boot(lease) == "ACTIVE"


def test_a_failed_host_is_kept_while_its_slots_cannot_be_taken_from_it(
    slots: SlotReservations, monkeypatch: pytest.MonkeyPatch
) -> None:
    slots.add_gpu_hosts("gpu-1", "gpu-2")
    lease = slots.flavor_lease(MINUTE, 2, minutes=120)
    slots.reach(lease)
    (failed,) = slots.slots(lease)
    (other,) = {"gpu-1", "gpu-2"} - {failed}

    def away(*_: object) -> NoReturn:
        raise ResourceProviderRetrievalFailed(name="gpu-1")

    with monkeypatch.context() as broken:
        broken.setattr(slots.placement, "delete_reservation_inventory", away)
        assert fail(slots, failed) == {lease["reservations"][0]["id"]: {"missing_resources": True}}
    assert slots.slots(lease) == {failed: 2}
    assert slots.plugin.monitor.heal() == {lease["reservations"][0]["id"]: {"resources_changed": True}}
    assert slots.slots(lease) == {other: 2}


def test_a_failed_host_is_kept_while_it_cannot_leave_the_aggregate(slots: SlotReservations) -> None:
    slots.add_gpu_hosts("gpu-1", "gpu-2")
    lease = slots.flavor_lease(MINUTE, 2, minutes=120)
    slots.reach(lease)
    (failed,) = slots.slots(lease)
    (other,) = {"gpu-1", "gpu-2"} - {failed}
    slots.world.cloud.fails("leave_aggregate", Unreachable("no answer"))
    assert fail(slots, failed) == {lease["reservations"][0]["id"]: {"missing_resources": True}}
    assert (slots.slots(lease), slots.served(lease)) == ({failed: 2}, [failed])
    assert slots.plugin.monitor.heal() == {lease["reservations"][0]["id"]: {"resources_changed": True}}
    assert (slots.slots(lease), slots.served(lease)) == ({other: 2}, [])


def test_a_lease_that_is_deleted_while_its_host_is_found_failed_needs_no_other(
    slots: SlotReservations, monkeypatch: pytest.MonkeyPatch
) -> None:
    slots.add_gpu_hosts("gpu-1", "gpu-2")
    lease = slots.flavor_lease(MINUTE, 2)
    (failed,) = slots.slots(lease)
    monkeypatch.setattr(slots.instances.slots, "learn", lambda ask: slots.delete(lease))
    assert fail(slots, failed) == {}
    assert slots.claims(Standing.HELD) == []


def test_a_lease_that_is_moved_while_its_host_is_found_failed_gets_what_is_free_then(
    slots: SlotReservations, monkeypatch: pytest.MonkeyPatch
) -> None:
    slots.add_gpu_hosts("gpu-1", "gpu-2")
    lease = slots.instance_lease(HOUR, 4)
    (failed,) = slots.slots(lease)
    (other,) = {"gpu-1", "gpu-2"} - {failed}
    taking = slots.instance_lease(HOUR, 4)
    assert slots.slots(taking) == {other: 4}
    start = slots.start_of(taking) + 2 * HOUR
    slots.update(taking, start_date=start, end_date=start + HOUR)
    learn = slots.instances.slots.learn

    def meanwhile(ask: Ask) -> None:
        monkeypatch.setattr(slots.instances.slots, "learn", learn)
        slots.update(lease, start_date=slots.start_of(lease), end_date=start + HOUR)

    monkeypatch.setattr(slots.instances.slots, "learn", meanwhile)
    fail(slots, failed)
    assert slots.hosts(lease) == []


def test_a_lease_that_comes_to_nothing_holds_nothing(slots: SlotReservations) -> None:
    slots.add_gpu_hosts("gpu-1")
    slots.break_aggregates()
    with pytest.raises(RuntimeError):
        slots.flavor_lease(HOUR, 1)
    assert slots.claims(Standing.HELD, Standing.FIRM) == []


@pytest.mark.parametrize("affinity", [True, False, None])
def test_instances_are_together_or_apart_as_asked(slots: SlotReservations, affinity: bool | None) -> None:
    slots.add_gpu_hosts("gpu-1", "gpu-2")
    lease = slots.instance_lease(HOUR, 2, affinity=affinity)
    expected = {True: [2], False: [1, 1]}
    assert affinity is None or sorted(slots.slots(lease).values()) == expected[affinity]
    assert sum(slots.slots(lease).values()) == 2
    assert slots.nova.groups == {True: ["affinity"], False: ["anti-affinity"], None: []}[affinity]


def test_instances_are_started_like_servers_of_a_flavor(slots: SlotReservations) -> None:
    slots.add_gpu_hosts("gpu-1")
    spots = slots.spots("gpu-1", 3)
    lease = slots.instance_lease(HOUR, 3, vcpus=2)
    slots.reach(lease)
    assert slots.now(lease).status == "ACTIVE"
    assert len(slots.living(spots)) == 2
    assert [slots.boot(lease) for _ in range(4)] == ["ACTIVE"] * 3 + ["ERROR"]


def test_instances_take_no_more_than_there_really_is(slots: SlotReservations) -> None:
    slots.add_gpu_hosts("gpu-1")
    with pytest.raises(ExternalServiceFilterException, match="code=not_enough_hosts"):
        slots.instance_lease(HOUR, 5)


def test_a_reservation_of_instances_may_change_while_nothing_was_done_for_it(slots: SlotReservations) -> None:
    slots.add_gpu_hosts("gpu-1")
    lease = slots.instance_lease(5 * HOUR, 1)
    slots.poll()
    slots.update(lease, amount=2, vcpus=3)
    slots.poll()
    (claim,) = slots.claims(Standing.FIRM)
    assert claim.room == {"VCPU": 6, "MEMORY_MB": 4096}
    with pytest.raises(ExternalServiceFilterException, match="code=not_enough_hosts"):
        slots.update(lease, amount=3)
    assert slots.now(lease).status == "PENDING"
    slots.world.pass_time(slots.start_of(lease) - 10 * MINUTE - slots.world.clock.now())
    with pytest.raises(ExternalServiceFilterException, match="code=too_late"):
        slots.update(lease, amount=1)


def test_a_running_reservation_of_instances_is_given_more_slots(slots: SlotReservations) -> None:
    slots.add_gpu_hosts("gpu-1", "gpu-2")
    lease = slots.instance_lease(MINUTE, 1)
    slots.reach(lease)
    slots.update(lease, amount=2)
    assert slots.slots(lease) == {"gpu-1": 1, "gpu-2": 1}
    slots.poll()
    now = slots.now(lease)
    assert (now.status, now.is_degraded, now.is_missing) == ("ACTIVE", False, False)
    assert sorted(slots.served(lease)) == ["gpu-1", "gpu-2"]
    assert [slots.boot(lease) for _ in range(3)] == ["ACTIVE", "ACTIVE", "ERROR"]


@pytest.mark.parametrize("is_known", [True, False])
@pytest.mark.parametrize("filters", [["SpotGuaranteeFilter"], []])
def test_a_running_reservation_that_cannot_be_given_more_at_once_stays_as_it_was(
    slots: SlotReservations, filters: list[str], is_known: bool
) -> None:
    slots.add_gpu_hosts("gpu-1", "gpu-2")
    lease = slots.instance_lease(MINUTE, 1, vcpus=8)
    slots.reach(lease)
    before = slots.slots(lease)
    (spot,) = (slots.world.cloud.boot("spot-gpu") for _ in range(1))
    if is_known:
        slots.world.pass_time(10)
        slots.world.whole.engine.tick()
    slots.enable_filters(filters)
    with pytest.raises(ExternalServiceFilterException, match="code=spot_not_evictable"):
        slots.update(lease, amount=2)
    assert slots.now(lease).status == "ACTIVE"
    assert slots.slots(lease) == before
    assert db_api.reservation_get(lease["reservations"][0]["id"])["amount"] == 1
    slots.poll()
    assert len(slots.claims(Standing.HELD, Standing.FIRM)) == 1
    assert slots.living([spot]) == [spot]


@pytest.mark.parametrize("filters", [["SpotGuaranteeFilter"], []])
def test_a_running_reservation_is_told_that_its_own_hosts_give_no_more(
    slots: SlotReservations, filters: list[str]
) -> None:
    slots.add_gpu_hosts("gpu-1")
    lease = slots.instance_lease(MINUTE, 1)
    slots.reach(lease)
    slots.enable_filters(filters)
    with pytest.raises(ExternalServiceFilterException, match="do not serve it yet: .* code=not_enough_hosts"):
        slots.update(lease, amount=2)
    assert slots.now(lease).status == "ACTIVE"
    assert slots.slots(lease) == {"gpu-1": 1}


@pytest.mark.parametrize("wanted", [{"vcpus": 1}, {"amount": 1}, {"amount": 3, "vcpus": 1}])
def test_nothing_else_of_a_running_reservation_of_instances_changes(
    slots: SlotReservations, wanted: dict[str, int]
) -> None:
    slots.add_gpu_hosts("gpu-1", "gpu-2")
    lease = slots.instance_lease(MINUTE, 2)
    slots.reach(lease)
    with pytest.raises(ExternalServiceFilterException, match="code=too_late"):
        slots.update(lease, **wanted)
    slots.enable_filters([])
    with pytest.raises(exceptions.CantUpdateParameter):
        slots.update(lease, **wanted)
    assert slots.now(lease).status == "ACTIVE"
    assert sum(slots.slots(lease).values()) == 2


def test_a_reservation_in_error_is_not_extended_but_shortened(slots: SlotReservations) -> None:
    slots.add_gpu_hosts("gpu-1")
    lease = slots.instance_lease(5 * HOUR, 1)
    reservation, start = lease["reservations"][0]["id"], slots.start_of(lease)
    db_api.reservation_update(reservation, {"status": "error"})
    db_api.lease_update(lease["id"], {"status": "UPDATING"})
    dates = [
        {"start_date": slots.world.naive(start), "end_date": slots.world.naive(start + minutes * MINUTE)}
        for minutes in (30, 120)
    ]
    slots.instances.update_reservation(reservation, dates[0])
    with pytest.raises(exceptions.CantUpdateParameter):
        slots.instances.update_reservation(reservation, dates[1])


@pytest.mark.parametrize("filters", [["SpotGuaranteeFilter"], []])
def test_a_reservation_of_instances_goes_elsewhere_when_it_moves_to_where_its_host_is_taken(
    slots: SlotReservations, filters: list[str]
) -> None:
    slots.add_gpu_hosts("gpu-1", "gpu-2")
    lease, later = slots.instance_lease(5 * HOUR, 4), slots.instance_lease(9 * HOUR, 4)
    (host,) = slots.slots(lease)
    if host not in slots.slots(later):
        slots.instance_lease(9 * HOUR, 4)
        slots.delete(later)
    (other,) = {"gpu-1", "gpu-2"} - {host}
    slots.enable_filters(filters)
    start = slots.start_of(later)
    slots.update(lease, start_date=start, end_date=start + HOUR)
    assert slots.slots(lease) == {other: 4}


@pytest.mark.parametrize("affinity", ["True", "False"])
def test_servers_of_a_flavor_are_not_yet_kept_together_nor_apart(slots: SlotReservations, affinity: str) -> None:
    slots.add_gpu_hosts("gpu-1")
    wanted = {"resource_type": "flavor:instance", "flavor_id": "gpu", "amount": 1, "affinity": affinity}
    with pytest.raises(exceptions.NotImplemented, match="Affinity"):
        slots._create(slots.world.minute_from_now(HOUR), 60, wanted)
