# SPDX-License-Identifier: Apache-2.0
"""The calendar is changed under one lock, from the reading to the writing, and Nova is not waited for meanwhile."""

import threading
from collections.abc import Callable
from typing import Any

import pytest
from blazar import status
from blazar.db import api as db_api

from blazar_spot.core.promises import Standing
from blazar_spot.plugins import calendar, published, updates
from blazar_spot.testing.cloud import FakeCloud
from tests.functional.plugins.reservations import HOUR, MINUTE, Aggregates, Reservations, fail


def is_locked() -> bool:
    """Whether another thread would have to wait for the calendar."""
    taken = []

    def look() -> None:
        taken.append(calendar.CHANGES.acquire(blocking=False))
        if taken[0]:
            calendar.CHANGES.release()

    thread = threading.Thread(target=look)
    thread.start()
    thread.join()
    return not taken[0]


@pytest.fixture
def seen(monkeypatch: pytest.MonkeyPatch) -> dict[str, set[bool]]:
    """Whether the calendar was locked, for each thing that was done."""
    seen: dict[str, set[bool]] = {}

    def watch(place: Any, name: str) -> None:
        done: Callable[..., Any] = getattr(place, name)

        def watched(*values: Any, **more: Any) -> Any:
            seen.setdefault(name, set()).add(is_locked())
            return done(*values, **more)

        monkeypatch.setattr(place, name, watched)

    watch(db_api, "host_allocation_update")
    watch(calendar, "allocate")
    watch(calendar, "deallocate")
    watch(updates, "remove")
    watch(Aggregates, "create")
    watch(published, "entries")
    watch(FakeCloud, "close")
    return seen


def test_a_booking_writes_its_rows_under_the_lock_and_asks_nova_without_it(
    reservations: Reservations, seen: dict[str, set[bool]]
) -> None:
    reservations.add_hosts("gpu-1")
    reservations.lease(start_in=10 * MINUTE)
    assert seen == {"allocate": {True}, "close": {False}, "create": {False}}


def test_an_update_writes_its_rows_under_the_lock(reservations: Reservations, seen: dict[str, set[bool]]) -> None:
    reservations.add_hosts("gpu-1", "gpu-2")
    lease = reservations.lease(start_in=HOUR)
    reservations.update(lease, min=2, max=2)
    reservations.update(lease, min=1, max=1)
    assert seen["allocate"] == seen["remove"] == {True}


def test_an_update_closes_pools_without_the_lock(reservations: Reservations, seen: dict[str, set[bool]]) -> None:
    reservations.add_hosts("gpu-1", "gpu-2")
    lease = reservations.lease(start_in=5 * HOUR)
    reservations.poll()
    start_at = reservations.world.minute_from_now(22 * MINUTE)
    reservations.update(lease, start_date=start_at, min=2, max=2)
    assert seen["close"] == {False}


def test_healing_writes_its_row_under_the_lock(reservations: Reservations, seen: dict[str, set[bool]]) -> None:
    reservations.add_hosts("gpu-1", "gpu-2")
    lease = reservations.lease(start_in=0, minutes=120)
    reservations.start(lease)
    fail(reservations, *reservations.served(lease))
    assert seen["host_allocation_update"] == {True}


def test_what_is_published_is_read_under_the_lock(reservations: Reservations, seen: dict[str, set[bool]]) -> None:
    reservations.add_hosts("gpu-1")
    reservations.lease(start_in=10 * MINUTE)
    reservations.poll()
    assert seen["entries"] == {True}


def test_while_an_update_is_under_way_its_new_window_counts_too(reservations: Reservations) -> None:
    """Blazar commits the dates after the plugin has chosen the hosts for them."""
    reservations.add_hosts("gpu-1")
    lease = reservations.lease(start_in=2 * HOUR)
    reservation = lease["reservations"][0]
    db_api.lease_update(lease["id"], {"status": status.lease.UPDATING})
    start_at = reservations.world.minute_from_now(5 * HOUR)
    dates = {"start_date": reservations.world.naive(start_at), "end_date": reservations.world.naive(start_at + HOUR)}
    reservations.plugin.update_reservation(reservation["id"], {**reservation, **dates})
    for start_in in (2 * HOUR, 5 * HOUR):
        assert reservations.plugin.allocation_candidates(reservations.values(start_in)) == []
    db_api.lease_update(lease["id"], {"status": status.lease.PENDING})
    assert reservations.plugin.allocation_candidates(reservations.values(5 * HOUR)) == ["1"]
    assert reservations.plugin.allocation_candidates(reservations.values(2 * HOUR)) == []


def test_a_lease_that_was_deleted_while_its_host_was_found_failed_needs_no_other(reservations: Reservations) -> None:
    reservations.add_hosts("gpu-1", "gpu-2")
    lease = reservations.lease(start_in=HOUR)
    [row] = db_api.host_allocation_get_all_by_values(reservation_id=lease["reservations"][0]["id"])
    reservations.delete(lease)
    assert reservations.plugin._reallocate(row)
    assert not reservations.claims(Standing.HELD)


def test_a_failed_host_is_not_replaced_by_one_that_another_reservation_has(reservations: Reservations) -> None:
    reservations.add_hosts("gpu-1", "gpu-2")
    lease = reservations.lease(start_in=0, minutes=240)
    another = reservations.lease(start_in=HOUR)
    reservations.start(lease)
    [taken] = reservations.hosts(another)
    fail(reservations, *reservations.served(lease))
    assert reservations.hosts(lease) == []
    assert reservations.hosts(another) == [taken]
