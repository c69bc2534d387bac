# SPDX-License-Identifier: Apache-2.0
"""A blazar-manager that dies while it starts a lease: the next one starts it again, whatever was done by then."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from blazar import status
from blazar.db import api as db_api
from blazar.db.sqlalchemy import models
from sqlalchemy import event
from sqlalchemy.orm import ORMExecuteState, Session

from blazar_spot.plugins import interrupted
from tests.functional.plugins.reservations import Reservations

LONGEST = 125
"""How long a start of one reservation can last, in seconds, with a hand-over budget of 5."""


class Dead(BaseException):
    """The process ended here; no handler of errors runs any more."""


@contextmanager
def dying_in(call: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The process dies before this call of Blazar's database."""

    def die(*_: object) -> None:
        raise Dead

    with monkeypatch.context() as fatal, pytest.raises(Dead):
        fatal.setattr(db_api, call, die)
        yield


@contextmanager
def listening(target: Any, name: str, hear: Any) -> Iterator[None]:
    event.listen(target, name, hear)
    try:
        yield
    finally:
        event.remove(target, name, hear)


@pytest.fixture
def lease(reservations: Reservations) -> dict[str, Any]:
    """It is to start now, and its host is clean."""
    reservations.add_hosts("gpu-1")
    lease = reservations.lease(start_in=0)
    reservations.world.pass_time(10)
    return lease


def die_while_starting(reservations: Reservations, lease: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    """The host was brought, and nothing of it is in Blazar's tables."""
    with dying_in("reservation_update", monkeypatch):
        reservations.start(lease)
    assert reservations.now(lease).status == "STARTING"
    reservations.world.pass_time(10)


def test_blazar_leaves_it_as_it_is_for_ever(
    reservations: Reservations, lease: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    die_while_starting(reservations, lease, monkeypatch)
    reservations.run_events()
    assert reservations.now(lease).status == "STARTING"


@pytest.mark.parametrize("call", ["reservation_update", "event_update"])
def test_the_next_process_starts_it_again_when_no_start_can_last_so_long(
    reservations: Reservations, lease: dict[str, Any], monkeypatch: pytest.MonkeyPatch, call: str
) -> None:
    with dying_in(call, monkeypatch):
        reservations.start(lease)
    reservations.world.pass_time(10)
    again = Reservations(reservations.world)
    reservations.world.pass_time(LONGEST)
    assert again.poll() == {}
    again.run_events()
    after = again.now(lease)
    assert (after.status, after.is_degraded) == ("ACTIVE", False)
    assert again.served(lease) == ["gpu-1"]


@pytest.mark.parametrize("counts", [(1,), (1, 1)])
def test_a_start_that_another_process_may_be_doing_is_left_to_it(
    reservations: Reservations, counts: tuple[int, ...]
) -> None:
    reservations.add_hosts("gpu-1", "gpu-2")
    lease = reservations.lease_of(0, *counts)
    db_api.lease_update(lease["id"], {"status": status.lease.STARTING})
    reservations.world.pass_time(1)
    another = Reservations(reservations.world)
    reservations.world.pass_time(len(counts) * LONGEST - 1)
    another.poll()
    assert another.now(lease).status == "STARTING"
    reservations.world.pass_time(1)
    another.poll()
    assert another.now(lease).status == "PENDING"


def test_of_two_processes_that_would_start_it_again_one_does(
    reservations: Reservations, lease: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    die_while_starting(reservations, lease, monkeypatch)
    one, another = Reservations(reservations.world), Reservations(reservations.world)
    reservations.world.pass_time(LONGEST)
    before = interrupted._starting()

    def overtaken() -> Any:
        monkeypatch.setattr(interrupted, "_starting", lambda: before)
        one.poll()
        one.start(lease)
        return before

    monkeypatch.setattr(interrupted, "_starting", overtaken)
    another.poll()
    assert another.now(lease).status == "ACTIVE"


def test_a_process_that_dies_while_it_begins_again_leaves_it_to_the_next(
    reservations: Reservations, lease: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    die_while_starting(reservations, lease, monkeypatch)
    again = Reservations(reservations.world)
    reservations.world.pass_time(LONGEST)
    reached = []

    def die(update: ORMExecuteState) -> None:
        if update.is_update and update.bind_mapper is not None and update.bind_mapper.class_ is models.Event:
            reached.append(update)
            raise Dead

    with pytest.raises(Dead), listening(Session, "do_orm_execute", die):
        again.poll()
    assert reached
    last = Reservations(reservations.world)
    last.poll()
    last.run_events()
    assert last.now(lease).status == "ACTIVE"


def test_a_start_that_this_very_process_is_doing_is_left_to_it(
    reservations: Reservations, lease: dict[str, Any]
) -> None:
    db_api.lease_update(lease["id"], {"status": status.lease.STARTING})
    reservations.world.pass_time(10 * LONGEST)
    reservations.poll()
    assert reservations.now(lease).status == "STARTING"


def test_a_lease_with_something_else_in_it_is_left_alone(reservations: Reservations, lease: dict[str, Any]) -> None:
    db_api.reservation_create({"lease_id": lease["id"], "resource_type": "other", "status": "pending"})
    db_api.lease_update(lease["id"], {"status": status.lease.STARTING})
    reservations.world.pass_time(10)
    another = Reservations(reservations.world)
    reservations.world.pass_time(3 * LONGEST)
    another.poll()
    assert reservations.now(lease).status == "STARTING"
