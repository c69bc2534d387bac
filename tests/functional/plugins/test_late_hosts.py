# SPDX-License-Identifier: Apache-2.0
"""A host that is not clean at the start: its lease starts all the same, and is whole as soon as it can be."""

import threading
from collections.abc import Sequence
from dataclasses import replace

import pytest
from blazar.db import api as db_api

from blazar_spot.core.errors import Unreachable
from blazar_spot.core.promises import Standing
from blazar_spot.ports.compute import Aggregate
from tests.functional.plugins.reservations import HOUR, Reservations

LONG = 30.0


@pytest.fixture
def lease(reservations: Reservations) -> dict:
    """One of two hosts was late at its start: somebody's server, which is not ours to delete, stands on it."""
    reservations.add_hosts("gpu-1", "gpu-2")
    lease = reservations.lease(start_in=0, count=2)
    reservations.stranger = reservations.world.cloud.boot("plain", host="gpu-2")
    reservations.world.pass_time(10)
    reservations.start(lease)
    return lease


def test_a_late_host_degrades_the_lease_and_does_not_end_it_in_error(reservations: Reservations, lease: dict) -> None:
    after = reservations.now(lease)
    assert (after.status, after.is_degraded, after.is_missing) == ("ACTIVE", True, True)
    assert reservations.served(lease) == ["gpu-1"]
    assert reservations.stranger in reservations.world.cloud.alive


def test_a_late_host_joins_when_it_is_clean_and_the_flags_are_cleared(reservations: Reservations, lease: dict) -> None:
    assert reservations.poll() == {}
    assert reservations.now(lease).is_degraded
    cloud = reservations.world.cloud
    cloud.begin_delete(cloud.alive[reservations.stranger], force=True)
    reservations.world.pass_time(10)
    assert reservations.poll() == {}
    after = reservations.now(lease)
    assert (after.is_degraded, after.is_missing) == (False, False)
    assert reservations.served(lease) == ["gpu-1", "gpu-2"]


def test_a_host_whose_claim_is_not_published_yet_is_still_missing(reservations: Reservations, lease: dict) -> None:
    with reservations.world.store.begin() as work:
        (claim,) = (one for one in work.open_claims() if one.host == "gpu-2")
        work.put_claim(replace(claim, standing=Standing.WITHDRAWN))
    reservations.join_late()
    assert reservations.now(lease).is_degraded
    assert reservations.served(lease) == ["gpu-1"]


def test_a_lease_stays_degraded_for_another_reason(reservations: Reservations, lease: dict) -> None:
    db_api.reservation_update(lease["reservations"][0]["id"], {"resources_changed": True})
    cloud = reservations.world.cloud
    cloud.begin_delete(cloud.alive[reservations.stranger], force=True)
    reservations.world.pass_time(10)
    reservations.poll()
    after = reservations.now(lease)
    assert (after.is_degraded, after.is_missing) == (True, False)


def test_no_late_host_joins_a_lease_that_has_ended(reservations: Reservations, lease: dict) -> None:
    cloud = reservations.world.cloud
    cloud.begin_delete(cloud.alive[reservations.stranger], force=True)
    reservations.world.pass_time(10)
    reservations.end(lease)
    reservations.poll()
    assert sorted(cloud.freepool.hosts) == ["compute-of-gpu-1", "compute-of-gpu-2"]


def test_a_lease_that_ends_waits_for_its_own_late_host_only(
    reservations: Reservations, lease: dict, monkeypatch: pytest.MonkeyPatch
) -> None:
    reservations.add_hosts("gpu-3")
    other = reservations.lease(start_in=0)
    reservations.start(other)
    cloud, is_asked, answers = reservations.world.cloud, threading.Event(), threading.Event()
    all_aggregates = cloud.all_aggregates
    polling = threading.Thread(target=reservations.join_late)

    def silent_for_the_poll() -> Sequence[Aggregate]:
        if threading.current_thread() is polling:
            is_asked.set()
            answers.wait(LONG)
        return all_aggregates()

    monkeypatch.setattr(cloud, "all_aggregates", silent_for_the_poll)
    polling.start()
    assert is_asked.wait(LONG)
    reservations.end(other)
    assert polling.is_alive()
    assert reservations.free() == ["gpu-2", "gpu-3"]
    ending = threading.Thread(target=reservations.end, args=(lease,))
    ending.start()
    ending.join(0.5)
    assert reservations.served(lease) == ["gpu-1"]
    answers.set()
    polling.join(LONG)
    ending.join(LONG)
    assert reservations.now(lease).status == "TERMINATED"
    assert reservations.served(lease) == []


OPERATIONS = ["all_aggregates", "servers_on", "consumers", "leave_aggregate", "join_aggregate"]


@pytest.mark.parametrize("operation", OPERATIONS)
def test_a_lease_starts_degraded_while_the_cloud_does_not_answer(reservations: Reservations, operation: str) -> None:
    reservations.add_hosts("gpu-1")
    lease = reservations.lease(start_in=0)
    reservations.world.cloud.fails(operation, Unreachable("no answer"))
    reservations.start(lease)
    after = reservations.now(lease)
    assert (after.status, after.is_degraded, after.is_missing) == ("ACTIVE", True, True)
    reservations.poll()
    assert reservations.served(lease) == ["gpu-1"]
    assert not reservations.now(lease).is_degraded


def test_a_lease_starts_while_our_database_is_down(reservations: Reservations) -> None:
    reservations.add_hosts("gpu-1")
    lease = reservations.lease(start_in=HOUR)
    reservations.world.pass_time(HOUR)
    reservations.world.store.is_down = True
    reservations.start(lease)
    assert reservations.now(lease).status == "ACTIVE"
    reservations.world.store.is_down = False
    reservations.poll()
    assert reservations.served(lease) == ["gpu-1"]
    assert not reservations.now(lease).is_degraded
