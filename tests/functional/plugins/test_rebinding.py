# SPDX-License-Identifier: Apache-2.0
"""Shortly before its fence closes a lease gets the hosts whose spot instances are cheapest to lose."""

from collections.abc import Callable
from typing import Any

import pytest
from blazar import status
from blazar.db import api as db_api

from blazar_spot.core.promises import Standing
from blazar_spot.enforcement.rebinding import Rebinding
from blazar_spot.plugins import calendar, rebinding
from blazar_spot.plugins.windows import keeping
from tests.functional.plugins.reservations import HOUR, MINUTE, POLL, Reservations, World, fail, recover

MARGIN = POLL + 1
AHEAD = 40 * MINUTE


@pytest.fixture
def late(ready: World) -> Reservations:
    """Late binding is on, and there are two hosts."""
    late = Reservations(ready, MARGIN)
    late.add_hosts("gpu-1", "gpu-2")
    return late


def booked(late: Reservations, **properties: str) -> dict[str, Any]:
    """A lease whose host gets a spot instance afterwards, while the other host stays free."""
    lease = late.lease_with(AHEAD, 1, **properties)
    late.poll()
    late.spot(*late.hosts(lease))
    return lease


def fence_of(late: Reservations, lease: dict[str, Any]) -> int:
    [fence_at] = {reclaim.fence_at for reclaim in late.world.store.reclaims if late.start_of(lease) == reclaim.start_at}
    return fence_at


def other(late: Reservations, lease: dict[str, Any]) -> str:
    return ({"gpu-1", "gpu-2"} - set(late.hosts(lease))).pop()


def test_it_gets_the_free_host_and_nobody_is_told_or_evicted(late: Reservations) -> None:
    lease = booked(late)
    before, after = late.hosts(lease)[0], other(late, lease)
    fence_at = fence_of(late, lease)
    late.run_until(fence_at - MARGIN - 70)
    assert late.hosts(lease) == [before]
    late.run_until(fence_at - 1)
    assert late.hosts(lease) == [after]
    assert [claim.host for claim in late.claims(Standing.FIRM)] == [after]
    assert late.world.cloud.closed() == {before: False, after: False}
    late.run_until(fence_at)
    assert late.world.cloud.closed() == {before: False, after: True}
    late.run_until(late.start_of(lease))
    late.start(lease)
    assert late.now(lease).status == "ACTIVE"
    assert late.served(lease) == [after]
    assert [server.status for server in late.world.cloud.alive.values()] == ["ACTIVE"]
    assert late.world.store.notices == []


def test_it_is_off_unless_it_is_asked_for(reservations: Reservations) -> None:
    reservations.add_hosts("gpu-1", "gpu-2")
    lease = booked(reservations)
    before = reservations.hosts(lease)
    reservations.run_until(fence_of(reservations, lease) + 1)
    assert reservations.hosts(lease) == before


@pytest.mark.parametrize("name", ["hypervisor_hostname", "id", "service_name"])
def test_who_asked_for_a_host_by_its_name_keeps_it(late: Reservations, name: str) -> None:
    wanted = {"hypervisor_hostname": "gpu-1", "id": "1", "service_name": "compute-of-gpu-1"}[name]
    lease = booked(late, hypervisor_properties=f'["==", "${name}", "{wanted}"]')
    late.run_until(fence_of(late, lease) + 1)
    assert late.hosts(lease) == ["gpu-1"]


def test_a_host_that_does_not_have_what_was_asked_for_is_not_taken(late: Reservations) -> None:
    db_api.host_update("2", {"vcpus": 4})
    db_api.host_update("1", {"vcpus": 16})
    lease = booked(late, hypervisor_properties='[">=", "$vcpus", "8"]')
    late.run_until(fence_of(late, lease) + 1)
    assert late.hosts(lease) == ["gpu-1"]


def test_a_host_that_failed_is_not_taken(late: Reservations) -> None:
    lease = booked(late)
    before = late.hosts(lease)
    db_api.host_update({"gpu-1": "1", "gpu-2": "2"}[other(late, lease)], {"reservable": False})
    late.run_until(fence_of(late, lease) + 1)
    assert late.hosts(lease) == before


def test_a_host_with_servers_of_a_running_lease_is_not_taken(late: Reservations) -> None:
    running = late.lease(0, minutes=180)
    late.start(running)
    late.poll()
    [failed] = late.hosts(running)
    late.world.cloud.boot("plain", host=failed)
    late.world.pass_time(10)
    fail(late, failed)
    late.add_hosts("gpu-3")
    lease = booked(late)
    recover(failed)
    late.run_until(fence_of(late, lease) + 1)
    assert late.served(running) == ["gpu-1", "gpu-2"]
    assert late.hosts(lease) == ["gpu-3"]


@pytest.mark.parametrize("is_last", [False, True])
def test_a_host_that_is_kept_while_it_is_swapped_is_not_taken(late: Reservations, is_last: bool) -> None:
    late.add_hosts("gpu-3")
    lease = booked(late)
    kept, free = sorted({"gpu-1", "gpu-2", "gpu-3"} - set(late.hosts(lease)), reverse=is_last)
    with keeping("that of another lease", kept.removeprefix("gpu-"), db_api.lease_get(lease["id"])):
        late.run_until(fence_of(late, lease) - 1)
    assert late.hosts(lease) == [free]


@pytest.mark.parametrize(("minutes", "is_moved"), [(10, True), (11, False)])
def test_the_cleaning_between_two_leases_counts(late: Reservations, minutes: int, is_moved: bool) -> None:
    lease = booked(late)
    before, free = late.hosts(lease), other(late, lease)
    ten_minutes_later = AHEAD + HOUR + 10 * MINUTE
    late.lease_with(ten_minutes_later, 1, hypervisor_properties=f'["==", "$hypervisor_hostname", "{free}"]')
    late.set_cleaning_time(minutes)
    late.run_until(fence_of(late, lease) + 1)
    assert (late.hosts(lease) != before) == is_moved


@pytest.mark.parametrize(
    "is_changed",
    [
        lambda lease: db_api.lease_update(lease["id"], {"status": status.lease.UPDATING}),
        lambda lease: db_api.reservation_update(lease["reservations"][0]["id"], {"status": status.reservation.ERROR}),
    ],
)
def test_a_lease_that_is_being_changed_or_has_failed_is_left_alone(
    late: Reservations, is_changed: Callable[[Any], Any]
) -> None:
    lease = booked(late)
    before = late.hosts(lease)
    late.run_until(fence_of(late, lease) - MARGIN - 70)
    is_changed(lease)
    late.run_until(fence_of(late, lease) + 1)
    assert late.hosts(lease) == before


def test_nothing_is_written_if_somebody_else_took_the_host_meanwhile(
    late: Reservations, monkeypatch: pytest.MonkeyPatch
) -> None:
    lease = booked(late)
    before, free = late.hosts(lease), other(late, lease)
    rival = db_api.lease_get(late.lease_with(5 * HOUR, 1)["id"])
    choose = Rebinding.choose

    def overtaken(self: Rebinding, *values: Any) -> Any:
        moves = choose(self, *values)
        if moves:
            dates = db_api.lease_get(lease["id"])
            db_api.lease_update(rival["id"], {name: dates[name] for name in ("start_date", "end_date")})
            row = db_api.host_allocation_get_all_by_values(reservation_id=rival["reservations"][0]["id"])[0]
            db_api.host_allocation_update(row["id"], {"compute_host_id": {"gpu-1": "1", "gpu-2": "2"}[free]})
        return moves

    monkeypatch.setattr(Rebinding, "choose", overtaken)
    late.run_until(fence_of(late, lease) - MARGIN)
    assert late.hosts(lease) == before


def test_two_leases_that_come_due_together_share_the_free_hosts(late: Reservations) -> None:
    late.add_hosts("gpu-3", "gpu-4")
    lease = late.lease(AHEAD, count=2)
    another = late.lease(AHEAD + MINUTE)
    late.poll()
    for host in [*late.hosts(lease), *late.hosts(another)]:
        late.spot(host)
    [free] = {"gpu-1", "gpu-2", "gpu-3", "gpu-4"} - {*late.hosts(lease), *late.hosts(another)}
    oldest = late.hosts(lease)[0]
    late.run_until(fence_of(late, lease) + 1)
    taken = [*late.hosts(lease), *late.hosts(another)]
    assert len(set(taken)) == 3
    assert free in taken
    assert oldest not in taken


def test_with_nothing_due_blazars_tables_are_not_asked(late: Reservations, monkeypatch: pytest.MonkeyPatch) -> None:
    booked(late)

    def asked(*_: Any, **__: Any) -> Any:
        raise AssertionError("it was asked")

    for name in ("rows", "windows", "matching"):
        monkeypatch.setattr(rebinding, name, asked)
    late.poll()


def test_what_is_due_is_read_once_a_round(late: Reservations, monkeypatch: pytest.MonkeyPatch) -> None:
    lease = booked(late)
    reads: list[int] = []
    due = Rebinding.due

    def counted(self: Rebinding, margin: int) -> Any:
        reads.append(margin)
        return due(self, margin)

    late.run_until(fence_of(late, lease) - MARGIN - 70)
    before = late.hosts(lease)
    late.world.pass_time(30)
    monkeypatch.setattr(Rebinding, "due", counted)
    late.poll()
    assert late.hosts(lease) != before
    assert reads == [MARGIN]


def test_nothing_is_moved_when_it_became_too_late_while_it_was_decided(
    late: Reservations, monkeypatch: pytest.MonkeyPatch
) -> None:
    lease = booked(late)
    before = late.hosts(lease)
    late.run_until(fence_of(late, lease) - MARGIN - 70)
    found = rebinding.matching

    def slow(requirements: Any) -> Any:
        late.world.pass_time(120)
        return found(requirements)

    late.world.pass_time(30)
    monkeypatch.setattr(rebinding, "matching", slow)
    late.poll()
    assert late.hosts(lease) == before


def test_it_decides_and_writes_under_the_lock(late: Reservations, monkeypatch: pytest.MonkeyPatch) -> None:
    lease = booked(late)
    held = []
    rows = rebinding.rows

    def watched(*values: Any, **more: Any) -> Any:
        held.append(calendar.CHANGES._is_owned())
        return rows(*values, **more)

    monkeypatch.setattr(rebinding, "rows", watched)
    late.run_until(fence_of(late, lease))
    assert held
    assert all(held)
