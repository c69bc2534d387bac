# SPDX-License-Identifier: Apache-2.0
"""Creations and updates of leases that the death of blazar-manager has cut off: undone, or as if never begun."""

from collections.abc import Callable
from typing import Any, NoReturn

import pytest
from blazar import status
from blazar.db import api as db_api
from blazar.db.exceptions import BlazarDBException
from blazar.enforcement.exceptions import ExternalServiceFilterException
from blazar.utils import trusts

from blazar_spot.core.promises import Standing
from blazar_spot.plugins import calendar, interrupted, leftovers, updates
from blazar_spot.plugins.interrupted import MAKING
from blazar_spot.plugins.leftovers import DEAD, ENDED, STARTED, TO_START, Found, State
from tests.functional.plugins.failing import LONGEST, dying_in, pass_and_retry
from tests.functional.plugins.reservations import HOUR, Reservations
from tests.functional.plugins.slot_reservations import SlotReservations

Lease = dict[str, Any]

START, OVER = 1000, 5000
UPDATING = {"lease": "UPDATING", "changed_at": 0, "start_at": START, "tried_at": 0, "end_at": OVER}


@pytest.mark.parametrize(
    ("now", "to", "changes"),
    [
        (START, None, {"under_way_until": START}),
        (START, TO_START, {}),
        (OVER - 1, None, {"is_unsure": True}),
        (OVER, DEAD, {"is_unsure": True}),
        (OVER, STARTED, {"is_unsure": True, "start": "DONE", "reservations": {"active"}}),
        (START, TO_START, {"start": "ERROR"}),
        (START, TO_START, {"start": "IN_PROGRESS"}),
        (START, TO_START, {"end": "IN_PROGRESS"}),
        (START, TO_START, {"reservations": {"pending", "active"}}),
        (START, None, {"reservations": {"pending", "error"}}),
        (OVER, DEAD, {}),
        (OVER, DEAD, {"start": "ERROR"}),
        (START, STARTED, {"start": "DONE", "reservations": {"active"}}),
        (OVER, STARTED, {"start": "DONE", "end": "ERROR", "reservations": {"active"}}),
        (OVER, ENDED, {"start": "DONE", "end": "DONE", "reservations": {"deleted"}}),
    ],
)
def test_after_an_update_a_lease_is_what_its_reservations_say(
    now: int, to: State | None, changes: dict[str, Any]
) -> None:
    found: dict[str, Any] = {"start": "UNDONE", "end": "UNDONE", "reservations": {"pending"}, "under_way_until": 999}
    found |= UPDATING | changes
    assert leftovers.put_back(Found(**{**found, "reservations": frozenset(found["reservations"])}), now) == to


@pytest.mark.parametrize(("lease", "to"), [("TERMINATING", None), ("ACTIVE", ENDED)])
def test_whose_end_is_done_has_ended_unless_blazar_is_still_at_it(lease: str, to: State | None) -> None:
    """It marks the end as done before the lease."""
    seen = {**UPDATING, "lease": lease, "start": "DONE", "end": "DONE", "under_way_until": OVER}
    assert leftovers.put_back(Found(**seen, reservations=frozenset({"deleted"})), OVER) == to


def left(lease_id: str) -> Any:
    return db_api.lease_get(lease_id)


def die_in_creation(create: Callable[[], object], call: str, monkeypatch: pytest.MonkeyPatch, after: int = 0) -> str:
    """A lease that stays in CREATING; its id."""
    before = {lease["id"] for lease in db_api.lease_list()}
    with dying_in(call, monkeypatch, after):
        create()
    (lease_id,) = {lease["id"] for lease in db_api.lease_list()} - before
    assert left(lease_id)["status"] == "CREATING"
    return str(lease_id)


@pytest.mark.parametrize(
    ("call", "after"),
    [
        ("reservation_create", 0),
        ("reservation_update", 0),
        ("reservation_create", 1),
        ("reservation_update", 1),
        ("event_create", 0),
        ("lease_update", 0),
    ],
)
def test_a_creation_that_was_cut_off_is_undone(
    reservations: Reservations,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    call: str,
    after: int,
) -> None:
    reservations.add_hosts("gpu-1", "gpu-2")
    spot = reservations.spot("gpu-1")
    lease_id = die_in_creation(lambda: reservations.lease_of(10 * HOUR, 1, 1), call, monkeypatch, after)
    again = Reservations(reservations.world)
    again.poll()
    again.world.pass_time(LONGEST + MAKING)
    again.poll()
    assert left(lease_id)["status"] == "CREATING"
    again.world.pass_time(1)
    again.poll()
    assert left(lease_id) is None
    assert again.claims(Standing.HELD, Standing.FIRM) == []
    assert again.aggregates() == []
    assert [record.name for record in caplog.records if lease_id in record.message] == [interrupted.__name__]
    again.world.whole.engine.tick()
    assert (spot in again.world.cloud.alive, any(again.world.cloud.closed().values())) == (True, False)
    assert again.hosts(again.lease(10 * HOUR, count=2)) == ["gpu-1", "gpu-2"]


def test_blazar_leaves_it_with_its_hosts_and_cannot_delete_it(
    reservations: Reservations, monkeypatch: pytest.MonkeyPatch
) -> None:
    reservations.add_hosts("gpu-1")
    lease_id = die_in_creation(lambda: reservations.lease(10 * HOUR), "event_create", monkeypatch)
    with pytest.raises(TypeError):
        reservations.delete({"id": lease_id})
    assert left(lease_id)["status"] == "CREATING"
    assert reservations.plugin.allocation_candidates(reservations.values(10 * HOUR)) == []


def test_a_creation_that_still_writes_is_left_to_whoever_does(
    reservations: Reservations, monkeypatch: pytest.MonkeyPatch
) -> None:
    reservations.add_hosts("gpu-1", "gpu-2")
    lease_id = die_in_creation(lambda: reservations.lease(10 * HOUR), "event_create", monkeypatch)
    reservations.world.pass_time(LONGEST + MAKING)
    second = db_api.reservation_create(
        {"lease_id": lease_id, "resource_type": "physical:host", "status": status.reservation.PENDING}
    )
    for write in (
        lambda: None,
        lambda: db_api.host_allocation_create({"compute_host_id": "2", "reservation_id": second["id"]}),
        lambda: db_api.host_reservation_create({"reservation_id": second["id"], "count_range": "1-1"}),
        lambda: db_api.reservation_update(second["id"], {"resource_id": "some"}),
        lambda: db_api.event_create({"lease_id": lease_id, "event_type": "start_lease"}),
    ):
        write()
        reservations.world.pass_time(LONGEST + MAKING)
        reservations.poll()
        assert left(lease_id)["status"] == "CREATING"
    reservations.world.pass_time(1)
    reservations.poll()
    assert left(lease_id) is None


def test_a_creation_that_ends_while_it_is_looked_at_is_left(
    reservations: Reservations, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    reservations.add_hosts("gpu-1")
    lease_id = die_in_creation(lambda: reservations.lease(10 * HOUR), "lease_update", monkeypatch)
    reservations.world.pass_time(LONGEST + MAKING + 1)
    look = interrupted._marked

    def overtaken(types: Any) -> Any:
        found = look(types)
        db_api.lease_update(lease_id, {"status": status.lease.PENDING})
        return found

    monkeypatch.setattr(interrupted, "_marked", overtaken)
    reservations.poll()
    assert left(lease_id)["status"] == "PENDING"
    assert caplog.records == []


def test_of_two_processes_that_would_undo_it_one_does(
    reservations: Reservations, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    reservations.add_hosts("gpu-1")
    lease_id = die_in_creation(lambda: reservations.lease(10 * HOUR), "event_create", monkeypatch)
    one, another = Reservations(reservations.world), Reservations(reservations.world)
    reservations.world.pass_time(LONGEST + MAKING + 1)
    look = interrupted._marked
    before = look(["physical:host"])

    def overtaken(types: Any) -> Any:
        monkeypatch.setattr(interrupted, "_marked", look)
        one.poll()
        return before

    monkeypatch.setattr(interrupted, "_marked", overtaken)
    another.poll()
    assert left(lease_id) is None
    assert [record.name for record in caplog.records] == [interrupted.__name__]


def test_a_creation_that_could_not_be_undone_without_the_database_is_undone_later(
    reservations: Reservations, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*_: object) -> NoReturn:
        raise BlazarDBException

    reservations.add_hosts("gpu-1")
    with monkeypatch.context() as broken, pytest.raises(BlazarDBException):
        broken.setattr(db_api, "reservation_update", away)
        broken.setattr(db_api, "lease_destroy", away)
        reservations.lease(10 * HOUR)
    assert [lease["status"] for lease in db_api.lease_list()] == ["CREATING"]
    reservations.world.pass_time(LONGEST + MAKING + 1)
    reservations.poll()
    assert db_api.lease_list() == []


def test_a_creation_with_something_else_in_it_is_left_alone(
    reservations: Reservations, monkeypatch: pytest.MonkeyPatch
) -> None:
    reservations.add_hosts("gpu-1")
    lease_id = die_in_creation(lambda: reservations.lease(10 * HOUR), "event_create", monkeypatch)
    db_api.reservation_create({"lease_id": lease_id, "resource_type": "other", "status": "pending"})
    reservations.world.pass_time(10 * MAKING)
    reservations.poll()
    assert left(lease_id)["status"] == "CREATING"


KINDS = ["flavor_lease", "instance_lease"]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("call", ["reservation_update", "event_create"])
def test_a_creation_of_slots_is_undone_too(
    slots: SlotReservations, monkeypatch: pytest.MonkeyPatch, kind: str, call: str
) -> None:
    slots.add_gpu_hosts("gpu-1")
    spots = slots.spots("gpu-1", 2)
    flavors = set(slots.world.cloud.flavors)
    lease_id = die_in_creation(lambda: getattr(slots, kind)(10 * HOUR, 4), call, monkeypatch)
    assert (len(slots.aggregates()), len(slots.claims(Standing.HELD))) == (1, 1)
    slots.world.pass_time(LONGEST + MAKING + 1)
    slots.poll()
    assert left(lease_id) is None
    assert (slots.aggregates(), slots.claims(Standing.HELD, Standing.FIRM)) == ([], [])
    assert (set(slots.world.cloud.flavors), slots.placement.classes) == (flavors, set())
    assert slots.living(spots) == spots
    assert len(slots.hosts(getattr(slots, kind)(10 * HOUR, 4))) == 4


def die_in_update(
    reservations: Reservations, lease: Lease, call: str, monkeypatch: pytest.MonkeyPatch, after: int = 0, **to: Any
) -> None:
    """The lease stays in UPDATING, and a new process knows nothing of it."""
    with dying_in(call, monkeypatch, after):
        reservations.update(lease, **to)
    assert reservations.now(lease).status == "UPDATING"
    updates.UPDATES.clear()


def lengthened(reservations: Reservations, monkeypatch: pytest.MonkeyPatch, start_in: int) -> Lease:
    """A lease of a host of which an update to another hour was cut off before its events moved."""
    reservations.add_hosts("gpu-1")
    lease = reservations.lease(start_in)
    reservations.world.pass_time(10)
    end_at = reservations.start_of(lease) + 2 * HOUR
    die_in_update(reservations, lease, "event_update", monkeypatch, end_date=end_at)
    return lease


def reach(reservations: Reservations, instant: int) -> None:
    pass_and_retry(reservations, instant - reservations.world.clock.now())


def times(lease: Lease) -> list[Any]:
    about = [{"lease_id": lease["id"], "event_type": name} for name in ("start_lease", "end_lease")]
    return [db_api.event_get_first_sorted_by_filters("lease_id", "asc", one)["time"] for one in about]


WHEN = pytest.mark.parametrize(
    ("call", "after"), [("event_update", 0), ("event_update", 1), ("event_update", 2), ("lease_update", 1)]
)
"""Before the events have moved, when one has, when both have, and before the lease's dates are committed."""


@WHEN
def test_an_update_that_was_cut_off_has_come_to_nothing_and_the_lease_starts_when_it_was_to(
    reservations: Reservations, monkeypatch: pytest.MonkeyPatch, call: str, after: int
) -> None:
    reservations.add_hosts("gpu-1", "gpu-2")
    lease = reservations.lease_of(HOUR, 1, 1)
    reservations.world.pass_time(10)
    start_at = reservations.start_of(lease)
    die_in_update(
        reservations, lease, call, monkeypatch, after, start_date=start_at + HOUR, end_date=start_at + HOUR * 2
    )
    again = Reservations(reservations.world)
    again.world.pass_time(2 * LONGEST)
    again.poll()
    assert again.now(lease).status == "UPDATING"
    again.world.pass_time(1)
    again.poll()
    assert again.now(lease).status == "PENDING"
    assert times(lease) == [lease["start_date"], lease["end_date"]]
    assert {claim.start_at for claim in again.claims(Standing.HELD, Standing.FIRM)} == {start_at}
    reach(again, start_at)
    assert again.now(lease).status == "ACTIVE"
    assert again.free() == []


@WHEN
def test_a_running_lease_runs_on_and_ends_when_it_was_to(
    reservations: Reservations, monkeypatch: pytest.MonkeyPatch, call: str, after: int
) -> None:
    reservations.add_hosts("gpu-1")
    lease = reservations.lease(0)
    pass_and_retry(reservations, 10)
    reservations.world.pass_time(10)
    end_at = reservations.start_of(lease) + HOUR
    die_in_update(reservations, lease, call, monkeypatch, after, end_date=end_at + HOUR)
    reservations.run_events()
    pass_and_retry(reservations)
    assert (reservations.now(lease).status, times(lease)[1]) == ("ACTIVE", lease["end_date"])
    assert reservations.served(lease) == ["gpu-1"]
    reach(reservations, end_at)
    assert reservations.now(lease).status == "TERMINATED"
    assert reservations.free() == ["gpu-1"]


@pytest.mark.parametrize("kind", KINDS)
@WHEN
def test_slots_are_given_when_they_were_to_be(
    slots: SlotReservations, monkeypatch: pytest.MonkeyPatch, kind: str, call: str, after: int
) -> None:
    slots.add_gpu_hosts("gpu-1")
    lease = getattr(slots, kind)(HOUR, 2)
    slots.world.pass_time(10)
    start_at = slots.start_of(lease)
    die_in_update(slots, lease, call, monkeypatch, after, start_date=start_at + HOUR, end_date=start_at + HOUR * 2)
    reach(slots, start_at)
    assert slots.now(lease).status == "ACTIVE"
    assert [slots.boot(lease) for _ in range(2)] == ["ACTIVE", "ACTIVE"]


def test_an_update_whose_dates_were_committed_stays(
    reservations: Reservations, monkeypatch: pytest.MonkeyPatch
) -> None:
    reservations.add_hosts("gpu-1")
    lease = reservations.lease(HOUR)
    reservations.world.pass_time(10)
    start_at = reservations.start_of(lease) + HOUR
    die_in_update(reservations, lease, "lease_update", monkeypatch, 2, start_date=start_at, end_date=start_at + HOUR)
    pass_and_retry(reservations)
    assert reservations.now(lease).status == "PENDING"
    reach(reservations, start_at - 1)
    assert reservations.now(lease).status == "PENDING"
    reach(reservations, start_at)
    assert reservations.now(lease).status == "ACTIVE"


def test_a_lease_whose_start_came_meanwhile_is_started_then(
    reservations: Reservations, monkeypatch: pytest.MonkeyPatch
) -> None:
    lease = lengthened(reservations, monkeypatch, 60)
    reservations.world.pass_time(60)
    reservations.run_events()
    assert reservations.now(lease).status == "UPDATING"
    pass_and_retry(reservations)
    assert reservations.now(lease).status == "ACTIVE"
    assert reservations.served(lease) == ["gpu-1"]


def test_a_lease_that_is_over_before_it_could_start_can_be_deleted(
    reservations: Reservations, monkeypatch: pytest.MonkeyPatch
) -> None:
    lease = lengthened(reservations, monkeypatch, 60)
    reservations.world.pass_time(2 * HOUR)
    pass_and_retry(reservations, 0)
    assert reservations.now(lease).status == "ERROR"
    reservations.delete(lease)
    assert left(lease["id"]) is None


def more_hosts(reservations: Reservations, monkeypatch: pytest.MonkeyPatch) -> Lease:
    """An update that was cut off when the lease had got the second host."""
    reservations.add_hosts("gpu-1", "gpu-2")
    lease = reservations.lease(HOUR)
    reservations.poll()
    reservations.world.pass_time(10)
    start_at = reservations.start_of(lease) + HOUR
    with dying_in("event_update", monkeypatch):
        reservations.update(lease, min=2, max=2, start_date=start_at, end_date=start_at + HOUR)
    assert reservations.hosts(lease) == ["gpu-1", "gpu-2"]
    return lease


def test_a_lease_with_a_new_host_is_left_alone_and_can_be_deleted(
    reservations: Reservations, monkeypatch: pytest.MonkeyPatch
) -> None:
    lease = more_hosts(reservations, monkeypatch)
    updates.UPDATES.clear()
    pass_and_retry(reservations, 10 * LONGEST)
    assert reservations.now(lease).status == "UPDATING"
    reservations.delete(lease)
    reservations.poll()
    assert left(lease["id"]) is None
    assert reservations.claims(Standing.HELD, Standing.FIRM) == []


def test_who_remembers_what_came_in_gives_it_back_before_the_lease_can_start(
    reservations: Reservations, monkeypatch: pytest.MonkeyPatch
) -> None:
    lease = more_hosts(reservations, monkeypatch)
    put, had = interrupted._put, list[list[str]]()

    def noting(seen: Any, to: State) -> bool:
        had.append(reservations.hosts(lease))
        return put(seen, to)

    monkeypatch.setattr(interrupted, "_put", noting)
    pass_and_retry(reservations)
    assert reservations.now(lease).status == "PENDING"
    assert had == [reservations.hosts(lease)] == [["gpu-1"]]
    assert db_api.reservation_get(lease["reservations"][0]["id"])["max"] == 1


def test_who_gave_it_back_and_died_before_the_lease_was_put_back_leaves_no_doubt(
    slots: SlotReservations, monkeypatch: pytest.MonkeyPatch
) -> None:
    slots.add_gpu_hosts("gpu-1", "gpu-2")
    lease = slots.instance_lease(10 * HOUR, 2)
    slots.world.pass_time(10)
    with dying_in("event_update", monkeypatch):
        slots.update(lease, amount=3, end_date=slots.start_of(lease) + 2 * HOUR)
    slots.world.pass_time(LONGEST + 1)
    updates.settle(cut_off=lease["id"])
    assert len(slots.hosts(lease)) == 2
    pass_and_retry(slots)
    assert slots.now(lease).status == "PENDING"


def test_one_that_was_flagged_meanwhile_may_have_new_hosts(
    reservations: Reservations, monkeypatch: pytest.MonkeyPatch
) -> None:
    lease = more_hosts(reservations, monkeypatch)
    updates.UPDATES.clear()
    reservations.world.pass_time(10)
    db_api.lease_update(lease["id"], {"degraded": True})
    pass_and_retry(reservations, 10 * LONGEST)
    assert reservations.now(lease).status == "UPDATING"


def test_an_update_with_something_else_in_the_lease_is_left_alone(
    reservations: Reservations, monkeypatch: pytest.MonkeyPatch
) -> None:
    lease = lengthened(reservations, monkeypatch, HOUR)
    db_api.reservation_create({"lease_id": lease["id"], "resource_type": "other", "status": "pending"})
    pass_and_retry(reservations, 10 * LONGEST)
    assert reservations.now(lease).status == "UPDATING"


class Elsewhere:
    """What happens while Blazar waits for an answer in the middle of what it does."""

    def __init__(self, reservations: Reservations, monkeypatch: pytest.MonkeyPatch, where: Any, call: str) -> None:
        self._reservations, self._do = reservations, getattr(where, call)
        self.seen: list[str] = []
        monkeypatch.setattr(where, call, self._wait)

    def _wait(self, *about: Any, **more: Any) -> Any:
        """For so long that whatever nobody is at any more would be put back."""
        self._reservations.world.pass_time(LONGEST + MAKING + 1)
        self._reservations.poll()
        self.seen += [lease["status"] for lease in db_api.lease_list()]
        return self._do(*about, **more)


def test_a_creation_that_takes_long_is_not_undone(
    reservations: Reservations, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    reservations.add_hosts("gpu-1")
    meanwhile = Elsewhere(reservations, monkeypatch, reservations.world.cloud, "close")
    lease = reservations.lease(HOUR // 2)
    assert meanwhile.seen == ["CREATING"]
    assert reservations.now(lease).status == "PENDING"
    assert reservations.hosts(lease) == ["gpu-1"]
    assert caplog.records == []


@pytest.mark.parametrize("kind", KINDS)
def test_nor_is_one_of_slots(slots: SlotReservations, monkeypatch: pytest.MonkeyPatch, kind: str) -> None:
    slots.add_gpu_hosts("gpu-1")
    meanwhile = Elsewhere(slots, monkeypatch, calendar, "amend_slots")
    lease = getattr(slots, kind)(10 * HOUR, 2)
    assert meanwhile.seen == ["CREATING"]
    assert (slots.now(lease).status, len(slots.hosts(lease))) == ("PENDING", 2)


def test_an_update_that_takes_long_is_not_put_back(
    reservations: Reservations, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Else its hosts would be another lease's when it gets them."""
    reservations.add_hosts("gpu-1")
    lease = reservations.lease(5 * HOUR)
    reservations.world.pass_time(10)
    start_at = reservations.world.minute_from_now(HOUR // 2)
    meanwhile = Elsewhere(reservations, monkeypatch, reservations.world.cloud, "close")
    reservations.update(lease, start_date=start_at, end_date=start_at + HOUR)
    assert meanwhile.seen == ["UPDATING"]
    assert reservations.now(lease).status == "PENDING"
    assert reservations.start_of(db_api.lease_get(lease["id"])) == start_at
    assert reservations.hosts(lease) == ["gpu-1"]
    assert caplog.records == []


@pytest.mark.parametrize("is_filtered", [True, False])
def test_an_update_that_comes_too_late_to_the_plugin_is_refused(
    reservations: Reservations, monkeypatch: pytest.MonkeyPatch, is_filtered: bool
) -> None:
    """Blazar asks Keystone and other filters first, and they may take any time."""
    reservations.add_hosts("gpu-1", "gpu-2")
    lease = reservations.lease(5 * HOUR)
    reservations.world.pass_time(10)
    start_at = reservations.start_of(lease)
    if not is_filtered:
        reservations.enable_filters([])
    meanwhile = Elsewhere(reservations, monkeypatch, trusts, "create_ctx_from_trust")
    with pytest.raises(ExternalServiceFilterException, match="took too long.*code=not_now"):
        reservations.update(lease, min=2, max=2, start_date=start_at + HOUR, end_date=start_at + 2 * HOUR)
    assert meanwhile.seen == ["PENDING"]
    assert reservations.now(lease).status == "PENDING"
    assert times(lease) == [lease["start_date"], lease["end_date"]]
    assert reservations.hosts(lease) == ["gpu-1"]
    pass_and_retry(reservations)
    assert (reservations.now(lease).status, reservations.hosts(lease)) == ("PENDING", ["gpu-1"])


@pytest.mark.parametrize(
    ("hours", "before", "after", "free"), [(1, "PENDING", "ACTIVE", []), (0, "ACTIVE", "TERMINATED", ["gpu-1"])]
)
def test_one_that_is_refused_after_its_lease_went_on_does_not_take_it_back(
    reservations: Reservations, monkeypatch: pytest.MonkeyPatch, hours: int, before: str, after: str, free: list[str]
) -> None:
    """Blazar gives the lease the status again that it had before the update."""
    reservations.add_hosts("gpu-1")
    lease = reservations.lease(hours * HOUR)
    pass_and_retry(reservations, 10)
    goes_on_at = reservations.start_of(lease) + (0 if hours else HOUR)
    give = trusts.create_ctx_from_trust

    def give_late(trust_id: str) -> Any:
        monkeypatch.setattr(trusts, "create_ctx_from_trust", give)
        pass_and_retry(reservations)
        reach(reservations, goes_on_at)
        assert reservations.now(lease).status == after
        return give(trust_id)

    monkeypatch.setattr(trusts, "create_ctx_from_trust", give_late)
    with pytest.raises(ExternalServiceFilterException):
        reservations.update(lease, end_date=goes_on_at + 3 * HOUR)
    assert reservations.now(lease).status == before
    pass_and_retry(reservations, 10)
    assert (reservations.now(lease).status, reservations.free()) == (after, free)
    pass_and_retry(reservations, 10)
    assert (reservations.now(lease).status, reservations.free()) == (after, free)


def test_one_that_was_left_alone_ends_when_it_is_over(slots: SlotReservations, monkeypatch: pytest.MonkeyPatch) -> None:
    slots.add_gpu_hosts("gpu-1", "gpu-2")
    lease = slots.instance_lease(0, 1)
    pass_and_retry(slots, 10)
    end_at = slots.start_of(lease) + HOUR
    slots.world.pass_time(10)
    die_in_update(slots, lease, "event_update", monkeypatch, amount=2)
    pass_and_retry(slots)
    assert slots.now(lease).status == "UPDATING"
    reach(slots, end_at)
    pass_and_retry(slots)
    assert slots.now(lease).status == "TERMINATED"
    assert slots.aggregates() == []
