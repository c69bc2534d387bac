# SPDX-License-Identifier: Apache-2.0
"""What is read from Blazar's tables, and how often they are asked for it."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest
import sqlalchemy
from blazar import status
from blazar.db import api as db_api
from blazar.db.sqlalchemy import facade_wrapper

from blazar_spot.core.promises import Standing
from blazar_spot.plugins import calendar, updates
from blazar_spot.plugins.published import entries
from blazar_spot.plugins.servings import HOSTS, running
from tests.functional.plugins.reservations import HOUR, MINUTE, Reservations


@contextmanager
def counted_queries() -> Iterator[list[str]]:
    with facade_wrapper.session_for_read() as session:
        engine = session.get_bind()
    queries: list[str] = []

    def count(connection: object, cursor: object, statement: str, *more: object) -> None:
        if statement != "BEGIN":
            queries.append(statement)

    sqlalchemy.event.listen(engine, "before_cursor_execute", count)
    yield queries
    sqlalchemy.event.remove(engine, "before_cursor_execute", count)


def test_the_calendar_is_read_in_as_many_queries_for_one_host_as_for_many(reservations: Reservations) -> None:
    counts = []
    for names in (["a-1"], [f"b-{number}" for number in range(20)]):
        reservations.add_hosts(*names)
        for _ in names:
            reservations.lease(start_in=5 * HOUR)
        with counted_queries() as queries:
            calendar.hosts([], from_at=0)
            entries()
            running(HOSTS, 0)
        counts.append(len(queries))
    assert counts == [4, 4]


@pytest.mark.parametrize("unsettled", status.lease.TRANSITIONAL)
def test_a_lease_that_is_being_changed_is_neither_published_nor_withdrawn(
    reservations: Reservations, unsettled: str
) -> None:
    reservations.add_hosts("gpu-1")
    lease = reservations.lease(start_in=5 * HOUR)
    reservations.poll()
    before = reservations.world.store.claims
    db_api.lease_update(lease["id"], {"status": unsettled, "end_date": reservations.world.naive(2_000_000_000)})
    for row in db_api.host_allocation_get_all_by_values(reservation_id=lease["reservations"][0]["id"]):
        db_api.host_allocation_destroy(row["id"])
    reservations.poll()
    assert reservations.world.store.claims == before


def test_a_reservation_in_error_claims_nothing(reservations: Reservations) -> None:
    reservations.add_hosts("gpu-1")
    lease = reservations.lease(start_in=5 * HOUR)
    reservations.poll()
    db_api.reservation_update(lease["reservations"][0]["id"], {"status": status.reservation.ERROR})
    reservations.poll()
    assert reservations.claims(Standing.HELD, Standing.FIRM) == []


def test_a_reservation_can_be_left_out_of_what_holds_a_host(reservations: Reservations) -> None:
    reservations.set_cleaning_time(10)
    reservations.add_hosts("gpu-1")
    lease = reservations.lease(start_in=5 * HOUR)
    start_at = reservations.start_of(lease)
    (host,) = calendar.hosts([], from_at=start_at)
    assert host.candidate.busy == ((start_at - 10 * MINUTE, start_at + HOUR + 10 * MINUTE),)
    (host,) = calendar.hosts([], from_at=start_at, without=lease["reservations"][0]["id"])
    assert host.candidate.busy == ()


def test_a_failed_host_is_offered_to_nobody(reservations: Reservations) -> None:
    reservations.add_hosts("gpu-1", "gpu-2")
    db_api.host_update("1", {"reservable": False})
    offered = {host.candidate.host: host.is_offered for host in calendar.hosts([], from_at=0)}
    assert offered == {"gpu-1": False, "gpu-2": True}
    assert reservations.plugin.allocation_candidates(reservations.values(start_in=HOUR)) == ["2"]


def test_candidates_are_what_would_be_given_and_nothing_is_held_for_them(reservations: Reservations) -> None:
    reservations.add_hosts("gpu-1", "gpu-2")
    reservations.spot("gpu-1")
    assert reservations.plugin.allocation_candidates(reservations.values(start_in=0)) == ["2"]
    assert reservations.plugin.allocation_candidates(reservations.values(start_in=0, count=2)) == []
    assert reservations.world.store.claims == []


def test_a_host_that_replaces_another_one_during_an_update_is_free_before_it_and_after(
    reservations: Reservations,
) -> None:
    reservations.add_hosts("gpu-1")
    lease = reservations.lease(start_in=5 * HOUR)
    name, begins, ends = lease["reservations"][0]["id"], lease["start_date"], lease["end_date"]
    db_api.lease_update(lease["id"], {"status": status.lease.UPDATING})
    lease = db_api.lease_get(lease["id"])
    assert updates.as_moved(name, lease) == lease
    for hours in (-3, 5):
        start, end = begins + timedelta(hours=hours), ends + timedelta(hours=hours)
        updates.begin(name, {"start_date": start, "end_date": end})
        wide = updates.as_moved(name, lease)
        assert (wide["start_date"], wide["end_date"]) == (min(start, begins), max(end, ends))
    db_api.lease_update(lease["id"], {"status": status.lease.PENDING})
    updates.settle()
    assert updates.as_moved(name, lease) == lease
