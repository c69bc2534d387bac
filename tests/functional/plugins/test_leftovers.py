# SPDX-License-Identifier: Apache-2.0
"""Every way in which Blazar can leave a lease, and what becomes of it then."""

from dataclasses import replace
from typing import Any, NoReturn

import pytest
from blazar import status
from blazar.db import api as db_api
from blazar.db.exceptions import BlazarDBException
from blazar.utils import trusts
from keystoneauth1.exceptions.http import InternalServerError, NotFound
from oslo_db.exception import DBConnectionError, DBDeadlock

from blazar_spot.core.promises import Standing
from blazar_spot.plugins import attempts, interrupted, leftovers
from blazar_spot.plugins.duties import duties
from blazar_spot.plugins.interrupted import ENDING_FOR
from blazar_spot.plugins.leftovers import DEAD, ENDED, ENDING, GRACE, STARTED, TO_START, Found, State
from tests.functional.plugins.failing import LONGEST, dying_in, pass_and_retry, without_keystone
from tests.functional.plugins.reservations import HOUR, Reservations
from tests.functional.plugins.slot_reservations import SlotReservations

START, OVER = 1000, 5000
WAITING = Found(
    lease="PENDING",
    start="UNDONE",
    end="UNDONE",
    reservations=frozenset({"pending"}),
    changed_at=START + 5,
    start_at=START,
    tried_at=START + 5,
    end_at=OVER,
    under_way_until=START + 130,
)
EARLY, LATE = START + 130, START + 131


@pytest.mark.parametrize(
    ("now", "to", "changes"),
    [
        (EARLY, None, {"start": "IN_PROGRESS"}),
        (LATE, TO_START, {"start": "IN_PROGRESS"}),
        (OVER, DEAD, {"start": "IN_PROGRESS"}),
        (LATE, DEAD, {"lease": "ERROR", "start": "IN_PROGRESS", "changed_at": START - 1}),
        (EARLY, None, {"lease": "STARTING", "start": "IN_PROGRESS"}),
        (LATE, TO_START, {"lease": "STARTING", "start": "IN_PROGRESS"}),
        (LATE, TO_START, {"lease": "STARTING", "start": "IN_PROGRESS", "reservations": {"pending", "active"}}),
        (LATE, STARTED, {"lease": "STARTING", "start": "IN_PROGRESS", "reservations": {"active"}}),
        (LATE, STARTED, {"lease": "STARTING", "start": "DONE", "reservations": {"active"}}),
        (LATE, None, {"lease": "STARTING", "start": "IN_PROGRESS", "reservations": {"active", "error"}}),
        (OVER, STARTED, {"lease": "STARTING", "start": "IN_PROGRESS"}),
        (EARLY, TO_START, {"start": "ERROR"}),
        (EARLY, TO_START, {"lease": "STARTING", "start": "ERROR"}),
        (EARLY, TO_START, {"lease": "ERROR", "start": "ERROR"}),
        (EARLY, TO_START, {"lease": "ERROR", "start": "ERROR", "reservations": {"pending", "active"}}),
        (EARLY, None, {"lease": "ERROR", "start": "ERROR", "changed_at": START - 1}),
        (EARLY, None, {"lease": "ERROR", "start": "ERROR", "reservations": {"pending", "error"}}),
        (EARLY, None, {"lease": "ERROR", "start": "ERROR", "tried_at": EARLY - GRACE + 1}),
        (EARLY, TO_START, {"lease": "ERROR", "start": "ERROR", "tried_at": EARLY - GRACE}),
        (OVER, None, {"lease": "ERROR", "start": "ERROR"}),
        (OVER, STARTED, {"lease": "ERROR", "start": "ERROR", "reservations": {"pending", "active"}}),
        (EARLY, STARTED, {"lease": "ACTIVE", "start": "ERROR", "reservations": {"active"}}),
        (EARLY, STARTED, {"lease": "ERROR", "start": "ERROR", "reservations": {"active"}}),
    ],
)
def test_a_start_is_done_again_while_it_can_be(now: int, to: State | None, changes: dict[str, Any]) -> None:
    assert leftovers.put_back(_with(WAITING, changes), now) == to


RUNNING = replace(
    WAITING, lease="ACTIVE", start="DONE", reservations=frozenset({"active"}), under_way_until=OVER + GRACE - 1
)


@pytest.mark.parametrize(
    ("now", "to", "changes"),
    [
        (OVER, None, {"end": "IN_PROGRESS"}),
        (OVER + GRACE, STARTED, {"end": "IN_PROGRESS"}),
        (OVER + GRACE, STARTED, {"lease": "ERROR", "end": "IN_PROGRESS"}),
        (START, STARTED, {"lease": "ERROR", "end": "IN_PROGRESS", "under_way_until": START - 1}),
        (OVER, None, {"lease": "TERMINATING", "end": "IN_PROGRESS"}),
        (OVER + GRACE, STARTED, {"lease": "TERMINATING", "end": "IN_PROGRESS", "reservations": {"active", "deleted"}}),
        (OVER + GRACE, ENDED, {"lease": "TERMINATING", "end": "IN_PROGRESS", "reservations": {"deleted"}}),
        (START, ENDING, {"lease": "TERMINATING", "end": "IN_PROGRESS", "under_way_until": START - 1}),
        (OVER, STARTED, {"lease": "ERROR", "end": "ERROR"}),
        (OVER, STARTED, {"lease": "ERROR", "end": "ERROR", "reservations": {"deleted", "error"}}),
        (OVER + GRACE, ENDING, {"lease": "ERROR", "end": "ERROR"}),
        (OVER, ENDED, {"lease": "ERROR", "end": "ERROR", "reservations": {"deleted"}}),
        (OVER, ENDED, {"lease": "TERMINATED", "end": "ERROR", "reservations": {"deleted"}}),
        (OVER, None, {"lease": "ERROR", "start": "ERROR", "end": "ERROR", "reservations": {"pending"}}),
        (OVER, None, {"lease": "ERROR", "start": "ERROR", "end": "IN_PROGRESS", "reservations": {"pending"}}),
        (
            OVER + GRACE,
            ENDING,
            {"lease": "ERROR", "start": "ERROR", "end": "IN_PROGRESS", "reservations": {"pending"}},
        ),
        (START, None, {"lease": "DELETING"}),
        (OVER + GRACE, ENDING, {"lease": "DELETING"}),
        (START, ENDING, {"lease": "DELETING", "under_way_until": START - 1}),
    ],
)
def test_an_end_is_done_again_or_done_here(now: int, to: State | None, changes: dict[str, Any]) -> None:
    assert leftovers.put_back(_with(RUNNING, changes), now) == to


def _with(found: Found, changes: dict[str, Any]) -> Found:
    sets = {"reservations": frozenset(changes["reservations"])} if "reservations" in changes else {}
    return replace(found, **{**changes, **sets})


def mark(lease: dict[str, Any], event_type: str, value: str = status.event.IN_PROGRESS) -> None:
    about = {"lease_id": lease["id"], "event_type": event_type}
    db_api.event_update(db_api.event_get_first_sorted_by_filters("lease_id", "asc", about)["id"], {"status": value})


def started(reservations: Reservations, *hosts: str) -> dict[str, Any]:
    """A lease of one host that has been active for a while."""
    reservations.add_hosts(*hosts)
    lease = reservations.lease(0)
    pass_and_retry(reservations, 100)
    assert reservations.now(lease).status == "ACTIVE"
    return lease


def two_due(reservations: Reservations) -> list[dict[str, Any]]:
    """Two leases that are to start now."""
    reservations.add_hosts("gpu-1", "gpu-2")
    leases = [reservations.lease(0), reservations.lease(0)]
    reservations.world.pass_time(10)
    return leases


def test_leases_that_waited_for_one_at_which_the_process_died_are_started_too(
    reservations: Reservations, monkeypatch: pytest.MonkeyPatch
) -> None:
    leases = two_due(reservations)
    mark(leases[1], "start_lease")
    with dying_in("reservation_update", monkeypatch):
        reservations.start(leases[0])
    assert [reservations.now(one).status for one in leases] == ["STARTING", "PENDING"]
    pass_and_retry(reservations)
    assert [reservations.now(one).status for one in leases] == ["ACTIVE", "ACTIVE"]


def test_they_are_ended_too(reservations: Reservations, monkeypatch: pytest.MonkeyPatch) -> None:
    leases = two_due(reservations)
    reservations.run_events()
    reservations.world.pass_time(HOUR)
    mark(leases[1], "end_lease")
    with dying_in("reservation_update", monkeypatch):
        reservations.end(leases[0])
    assert [reservations.now(one).status for one in leases] == ["TERMINATING", "ACTIVE"]
    pass_and_retry(reservations)
    assert [reservations.now(one).status for one in leases] == ["TERMINATED", "TERMINATED"]
    assert reservations.free() == ["gpu-1", "gpu-2"]


def test_who_waits_for_its_turn_is_left_alone_while_the_others_get_theirs(reservations: Reservations) -> None:
    first, second = two_due(reservations)
    mark(second, "start_lease")
    reservations.world.pass_time(100)
    reservations.start(first)
    pass_and_retry(reservations, LONGEST)
    assert reservations.now(second).status == "PENDING"
    pass_and_retry(reservations, 1)
    assert reservations.now(second).status == "ACTIVE"


def due_a_minute_apart(reservations: Reservations, event_type: str) -> list[dict[str, Any]]:
    """Two leases of which something is due, of the one a minute before the other's."""
    reservations.add_hosts("gpu-1", "gpu-2")
    if event_type == "start_lease":
        leases = [reservations.lease(0), reservations.lease(60)]
    else:
        leases = [reservations.lease(0), reservations.lease(0, minutes=61)]
        reservations.run_events()
        reservations.world.pass_time(HOUR)
    reservations.world.pass_time(61)
    return leases


def status_of(lease: dict[str, Any], event_type: str) -> str:
    about = {"lease_id": lease["id"], "event_type": event_type}
    return str(db_api.event_get_first_sorted_by_filters("lease_id", "asc", about)["status"])


def begin(reservations: Reservations, lease: dict[str, Any], event_type: str) -> None:
    {"start_lease": reservations.start, "end_lease": reservations.end}[event_type](lease)


@pytest.mark.parametrize("event_type", ["start_lease", "end_lease"])
def test_nor_is_it_put_back_if_the_others_were_due_at_another_minute(
    reservations: Reservations, event_type: str
) -> None:
    first, second = due_a_minute_apart(reservations, event_type)
    mark(second, event_type)
    reservations.world.pass_time(100)
    begin(reservations, first, event_type)
    pass_and_retry(reservations, LONGEST)
    assert status_of(second, event_type) == "IN_PROGRESS"
    pass_and_retry(reservations, 1)
    assert status_of(second, event_type) == "DONE"


def test_what_is_due_later_does_not_make_it_wait_longer(reservations: Reservations) -> None:
    reservations.add_hosts("gpu-1", "gpu-2")
    lease, later = reservations.lease(0), reservations.lease(60)
    mark(lease, "start_lease")
    reservations.world.pass_time(100)
    reservations.start(later)
    reservations.world.pass_time(LONGEST - 100)
    reservations.poll()
    assert status_of(lease, "start_lease") == "IN_PROGRESS"
    pass_and_retry(reservations, 1)
    assert status_of(lease, "start_lease") == "DONE"


def test_nor_does_a_start_that_is_tried_again_and_again(reservations: Reservations) -> None:
    first, second = due_a_minute_apart(reservations, "start_lease")
    mark(second, "start_lease")
    for _ in range(2 * LONGEST // 50):
        reservations.world.pass_time(50)
        mark(first, "start_lease")
        mark(first, "start_lease", status.event.ERROR)
        reservations.poll()
    assert status_of(second, "start_lease") == "IN_PROGRESS"
    reservations.world.pass_time(1)
    reservations.poll()
    assert status_of(second, "start_lease") == "UNDONE"


def test_a_lease_of_many_reservations_has_its_turn_for_as_long_as_it_takes(reservations: Reservations) -> None:
    reservations.add_hosts(*(f"gpu-{number}" for number in range(4)))
    first, second = reservations.lease_of(0, 1, 1, 1), reservations.lease(0)
    reservations.world.pass_time(10)
    mark(second, "start_lease")
    reservations.world.pass_time(3 * LONGEST)
    reservations.start(first)
    pass_and_retry(reservations, LONGEST)
    assert status_of(second, "start_lease") == "IN_PROGRESS"
    pass_and_retry(reservations, 1)
    assert status_of(second, "start_lease") == "DONE"


def test_a_poll_ends_so_many_leases_itself_that_what_it_publishes_does_not_wait_for_long(
    reservations: Reservations, monkeypatch: pytest.MonkeyPatch
) -> None:
    reservations.add_hosts("gpu-1", "gpu-2", "gpu-3")
    leases = [reservations.lease(0) for _ in range(3)]
    reservations.run_events()
    reservations.world.pass_time(HOUR + GRACE)
    for lease in leases:
        mark(lease, "end_lease", status.event.ERROR)
    ends = duties(reservations.world.settings).interrupted._ends
    end = ends["physical:host"]

    def slowly(resource_id: str) -> None:
        reservations.world.pass_time(ENDING_FOR // 2)
        end(resource_id)

    monkeypatch.setitem(ends, "physical:host", slowly)
    reservations.poll()
    assert sorted(reservations.now(lease).status for lease in leases) == ["ACTIVE", "TERMINATED", "TERMINATED"]
    reservations.poll()
    assert [reservations.now(lease).status for lease in leases] == ["TERMINATED"] * 3


def test_a_lease_that_could_not_be_deleted_without_keystone_can_be_deleted_later(
    reservations: Reservations, monkeypatch: pytest.MonkeyPatch
) -> None:
    lease = started(reservations, "gpu-1")
    with without_keystone(monkeypatch), pytest.raises(InternalServerError):
        reservations.delete(lease)
    assert reservations.now(lease).status == "ERROR"
    reservations.world.pass_time(HOUR // 2)
    reservations.poll()
    assert reservations.now(lease).status == "ACTIVE"
    reservations.delete(lease)
    assert db_api.lease_get(lease["id"]) is None
    assert reservations.free() == ["gpu-1"]


@pytest.mark.parametrize("call", ["host_reservation_update", "lease_destroy"])
def test_a_deletion_that_was_cut_off_before_the_start_holds_nothing_any_more(
    reservations: Reservations, monkeypatch: pytest.MonkeyPatch, call: str
) -> None:
    reservations.add_hosts("gpu-1")
    lease = reservations.lease(10 * HOUR)
    reservations.poll()
    with dying_in(call, monkeypatch):
        reservations.delete(lease)
    reservations.world.pass_time(LONGEST + 1)
    reservations.poll()
    assert reservations.now(lease).status == "TERMINATED"
    assert reservations.claims(Standing.FIRM) == []
    assert reservations.hosts(lease) == []
    reservations.delete(lease)
    assert db_api.lease_get(lease["id"]) is None


def test_one_that_was_cut_off_twice_is_no_start(reservations: Reservations, monkeypatch: pytest.MonkeyPatch) -> None:
    reservations.add_hosts("gpu-1")
    lease = reservations.lease(10 * HOUR)
    with dying_in("host_reservation_update", monkeypatch):
        reservations.delete(lease)
    reservations.world.pass_time(LONGEST + 1)
    with dying_in("host_reservation_update", monkeypatch):
        reservations.poll()
    assert reservations.now(lease).status == "TERMINATING"
    reservations.world.pass_time(LONGEST + 1)
    reservations.poll()
    assert reservations.now(lease).status == "TERMINATED"


def test_a_lease_whose_trust_is_gone_is_ended_without_it(
    reservations: Reservations, monkeypatch: pytest.MonkeyPatch
) -> None:
    lease = started(reservations, "gpu-1")
    reservations.world.pass_time(HOUR - 100)
    tried = []

    def gone(trust_id: str) -> NoReturn:
        tried.append(trust_id)
        raise NotFound

    monkeypatch.setattr(trusts, "create_ctx_from_trust", gone)
    for _ in range(20):
        reservations.world.pass_time(10)
        reservations.poll()
        reservations.run_events()
    assert reservations.now(lease).status == "TERMINATED"
    assert reservations.free() == ["gpu-1"]
    assert 1 < len(tried) <= GRACE // 10 + 1


@pytest.mark.parametrize(("error", "is_expected"), [(DBConnectionError("away"), True), (TypeError("a mistake"), False)])
def test_what_cannot_be_ended_here_is_tried_again_later_with_a_traceback_only_if_nobody_expects_it(
    reservations: Reservations,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    error: Exception,
    is_expected: bool,
) -> None:
    lease = started(reservations, "gpu-1")
    reservations.world.pass_time(HOUR)
    with without_keystone(monkeypatch) as broken:
        reservations.run_events()
        reservations.world.pass_time(GRACE)
        caplog.clear()

        def fail(*_: object) -> NoReturn:
            raise error

        broken.setattr(db_api, "host_reservation_update", fail)
        for _ in range(10):
            reservations.poll()
            reservations.world.pass_time(10)
    assert reservations.now(lease).status == "TERMINATING"
    assert [not record.exc_info for record in caplog.records if record.name == attempts.__name__] == [is_expected]
    pass_and_retry(reservations, LONGEST)
    assert reservations.now(lease).status == "TERMINATED"


def test_one_lease_that_cannot_be_put_back_keeps_no_other_from_it(
    reservations: Reservations, monkeypatch: pytest.MonkeyPatch
) -> None:
    leases = two_due(reservations)
    with without_keystone(monkeypatch):
        reservations.run_events()
    put, tried = interrupted._put, list[str]()

    def once_too_late(lease: Any, to: State) -> bool:
        tried.append(lease.id)
        if len(tried) == 1:
            raise DBDeadlock
        return put(lease, to)

    monkeypatch.setattr(interrupted, "_put", once_too_late)
    reservations.poll()
    assert sorted(reservations.now(one).status for one in leases) == ["ERROR", "PENDING"]


def test_a_lease_that_could_neither_be_started_nor_deleted_without_its_trust_gives_its_host_back(
    reservations: Reservations, monkeypatch: pytest.MonkeyPatch
) -> None:
    reservations.add_hosts("gpu-1")
    lease = reservations.lease(0)
    reservations.world.pass_time(10)
    with without_keystone(monkeypatch):
        reservations.run_events()
        with pytest.raises(InternalServerError):
            reservations.delete(lease)
        reservations.world.pass_time(LONGEST + 1)
        reservations.poll()
    assert reservations.now(lease).status == "TERMINATED"
    assert (reservations.hosts(lease), reservations.claims(Standing.FIRM)) == ([], [])
    reservations.delete(lease)
    assert db_api.lease_get(lease["id"]) is None


def test_a_lease_that_is_over_gets_no_late_host(reservations: Reservations, monkeypatch: pytest.MonkeyPatch) -> None:
    lease = started(reservations, "gpu-1")
    cloud = reservations.world.cloud
    (aggregate,) = (one for one in cloud.aggregates.values() if one is not cloud.freepool)
    cloud.leave_aggregate(aggregate.id, "compute-of-gpu-1")
    cloud.join_aggregate(cloud.freepool.id, "compute-of-gpu-1")
    reservations.world.pass_time(HOUR - 100)
    with without_keystone(monkeypatch):
        reservations.run_events()
    reservations.poll()
    assert reservations.now(lease).status == "ACTIVE"
    assert reservations.served(lease) == []


def test_a_lease_that_a_failed_update_left_in_error_is_not_started(
    reservations: Reservations, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> NoReturn:
        raise RuntimeError

    reservations.add_hosts("gpu-1")
    lease = reservations.lease(10 * HOUR)
    with monkeypatch.context() as broken, pytest.raises(RuntimeError):
        broken.setattr(db_api, "event_update", fail)
        reservations.update(lease, end_date=reservations.start_of(lease) + 2 * HOUR)
    reservations.run_until(reservations.start_of(lease) - 60)
    for _ in range(12):
        reservations.world.pass_time(10)
        reservations.poll()
        reservations.run_events()
    assert reservations.now(lease).status == "ERROR"
    assert reservations.served(lease) == []


@pytest.mark.parametrize("call", ["host_reservation_update", "reservation_update"])
def test_an_end_that_failed_at_its_second_reservation_is_done_again(
    reservations: Reservations, monkeypatch: pytest.MonkeyPatch, call: str
) -> None:
    reservations.add_hosts("gpu-1", "gpu-2")
    lease = reservations.lease_of(0, 1, 1)
    reservations.world.pass_time(10)
    reservations.run_events()
    reservations.world.pass_time(HOUR)
    update, calls = getattr(db_api, call), []

    def fail(*about: Any) -> Any:
        calls.append(about)
        if len(calls) == 2:
            raise BlazarDBException
        return update(*about)

    with monkeypatch.context() as broken:
        broken.setattr(db_api, call, fail)
        reservations.run_events()
    assert reservations.now(lease).status == "ERROR"
    for _ in range(4):
        reservations.world.pass_time(10)
        reservations.poll()
        reservations.run_events()
    assert reservations.now(lease).status == "TERMINATED"
    assert reservations.free() == ["gpu-1", "gpu-2"]


def test_a_start_that_was_done_when_keystone_went_ends_as_any_other(
    reservations: Reservations, monkeypatch: pytest.MonkeyPatch
) -> None:
    leases = two_due(reservations)
    token, given = trusts.create_ctx_from_trust, []

    def going(trust_id: str) -> Any:
        given.append(trust_id)
        if len(given) > 2:
            raise InternalServerError
        return token(trust_id)

    with monkeypatch.context() as broken:
        broken.setattr(trusts, "create_ctx_from_trust", going)
        reservations.run_events()
    reservations.poll()
    reservations.world.pass_time(HOUR)
    reservations.run_events()
    assert [reservations.now(one).status for one in leases] == ["TERMINATED", "TERMINATED"]


def test_a_start_that_was_cut_off_and_is_over_is_ended(
    reservations: Reservations, monkeypatch: pytest.MonkeyPatch
) -> None:
    reservations.add_hosts("gpu-1")
    lease = reservations.lease(0)
    reservations.world.pass_time(10)
    with dying_in("reservation_update", monkeypatch):
        reservations.start(lease)
    reservations.world.pass_time(HOUR)
    reservations.poll()
    assert reservations.now(lease).status == "ACTIVE"
    reservations.run_events()
    assert reservations.now(lease).status == "TERMINATED"
    assert reservations.free() == ["gpu-1"]


@pytest.fixture(params=["flavor_lease", "instance_lease"])
def slot_lease(slots: SlotReservations, request: pytest.FixtureRequest) -> dict[str, Any]:
    """Two slots that are to be given now."""
    slots.add_gpu_hosts("gpu-1")
    lease: dict[str, Any] = getattr(slots, request.param)(0, 2)
    slots.world.pass_time(10)
    return lease


@pytest.mark.parametrize("call", ["reservation_update", "event_update"])
def test_slots_are_given_again_after_a_death(
    slots: SlotReservations, slot_lease: dict[str, Any], monkeypatch: pytest.MonkeyPatch, call: str
) -> None:
    with dying_in(call, monkeypatch):
        slots.start(slot_lease)
    pass_and_retry(slots)
    after = slots.now(slot_lease)
    assert (after.status, after.is_degraded) == ("ACTIVE", False)
    assert [slots.boot(slot_lease) for _ in range(2)] == ["ACTIVE", "ACTIVE"]


@pytest.mark.parametrize("call", ["host_allocation_get_all_by_values", "reservation_update", "event_update"])
def test_slots_are_taken_back_again_after_a_death(
    slots: SlotReservations, slot_lease: dict[str, Any], monkeypatch: pytest.MonkeyPatch, call: str
) -> None:
    slots.run_events()
    server = slots.boot(slot_lease)
    assert server == "ACTIVE"
    slots.world.pass_time(HOUR)
    with dying_in(call, monkeypatch):
        slots.end(slot_lease)
    pass_and_retry(slots)
    for _ in range(3):
        slots.world.pass_time(60)
        slots.poll()
    assert slots.now(slot_lease).status == "TERMINATED"
    assert (slots.aggregates(), slots.nova.opened, slots.hosts(slot_lease)) == ([], [], [])


def test_slots_are_given_and_taken_back_though_keystone_was_away(
    slots: SlotReservations, slot_lease: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    with without_keystone(monkeypatch):
        slots.run_events()
    slots.poll()
    slots.run_events()
    assert slots.now(slot_lease).status == "ACTIVE"
    slots.world.pass_time(HOUR)
    with without_keystone(monkeypatch):
        slots.run_events()
        slots.world.pass_time(GRACE)
        slots.poll()
    assert slots.now(slot_lease).status == "TERMINATED"
    assert (slots.aggregates(), slots.nova.opened, slots.hosts(slot_lease)) == ([], [], [])
