# SPDX-License-Identifier: Apache-2.0
"""A start or an end that a dead blazar-manager, or one without Keystone, has left: it is done again."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NoReturn

import pytest
from blazar import status
from blazar.db import api as db_api
from blazar.db.sqlalchemy import models
from blazar.exceptions import BlazarException
from sqlalchemy import event
from sqlalchemy.orm import ORMExecuteState, Session

from blazar_spot.plugins import interrupted
from tests.functional.plugins.failing import LONGEST, Dead, dying_in, pass_and_retry, without_keystone
from tests.functional.plugins.reservations import HOUR, Reservations


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
    assert reservations.now(lease).status == "STARTING"
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
    look = interrupted._marked
    before = look(["physical:host"])

    def overtaken(types: Any) -> Any:
        monkeypatch.setattr(interrupted, "_marked", look)
        one.poll()
        one.start(lease)
        return before

    monkeypatch.setattr(interrupted, "_marked", overtaken)
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


def test_a_start_that_this_very_process_has_lost_is_done_again_too(
    reservations: Reservations, lease: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    die_while_starting(reservations, lease, monkeypatch)
    reservations.world.pass_time(LONGEST - 10)
    reservations.poll()
    assert reservations.now(lease).status == "STARTING"
    pass_and_retry(reservations, 1)
    assert reservations.now(lease).status == "ACTIVE"


@pytest.mark.parametrize(("can_write", "left_in"), [(True, "ERROR"), (False, "STARTING")])
def test_a_start_for_which_keystone_gave_no_token_is_done_again_at_once(
    reservations: Reservations, lease: dict[str, Any], monkeypatch: pytest.MonkeyPatch, can_write: bool, left_in: str
) -> None:
    with without_keystone(monkeypatch) as broken:
        if not can_write:
            change = db_api.lease_update
            broken.setattr(db_api, "lease_update", lambda one, to: None if to["status"] == "ERROR" else change(one, to))
        reservations.run_events()
    assert reservations.now(lease).status == left_in
    reservations.poll()
    assert reservations.now(lease).status == "PENDING"
    reservations.run_events()
    after = reservations.now(lease)
    assert (after.status, after.is_degraded) == ("ACTIVE", False)
    assert reservations.served(lease) == ["gpu-1"]


def test_an_end_for_which_keystone_gave_no_token_is_done_again_and_its_host_comes_back(
    reservations: Reservations, lease: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    reservations.run_events()
    assert reservations.served(lease) == ["gpu-1"]
    reservations.world.pass_time(HOUR)
    with without_keystone(monkeypatch):
        reservations.run_events()
    assert reservations.now(lease).status == "ERROR"
    assert reservations.free() == []
    reservations.poll()
    reservations.run_events()
    assert reservations.now(lease).status == "TERMINATED"
    assert reservations.free() == ["gpu-1"]


@pytest.mark.parametrize("call", ["host_reservation_update", "reservation_update", "event_update"])
def test_an_end_that_was_cut_off_is_done_again_too(
    reservations: Reservations, lease: dict[str, Any], monkeypatch: pytest.MonkeyPatch, call: str
) -> None:
    reservations.run_events()
    reservations.world.pass_time(HOUR)
    with dying_in(call, monkeypatch):
        reservations.end(lease)
    assert reservations.now(lease).status == "TERMINATING"
    reservations.world.pass_time(LONGEST)
    reservations.poll()
    assert reservations.now(lease).status == "TERMINATING"
    pass_and_retry(reservations, 1)
    assert reservations.now(lease).status == "TERMINATED"
    assert reservations.free() == ["gpu-1"]


def test_a_start_is_not_done_again_when_the_lease_is_over(
    reservations: Reservations, lease: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    with without_keystone(monkeypatch):
        reservations.run_events()
    reservations.world.pass_time(HOUR)
    reservations.poll()
    assert reservations.now(lease).status == "ERROR"


def test_nor_when_it_failed_at_a_reservation(
    reservations: Reservations, lease: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> NoReturn:
        raise BlazarException

    with monkeypatch.context() as broken:
        broken.setitem(reservations._manager.resource_actions["physical:host"], "on_start", fail)
        reservations.run_events()
    reservations.poll()
    assert reservations.now(lease).status == "ERROR"


def test_a_lease_with_something_else_in_it_is_left_alone(reservations: Reservations, lease: dict[str, Any]) -> None:
    db_api.reservation_create({"lease_id": lease["id"], "resource_type": "other", "status": "pending"})
    db_api.lease_update(lease["id"], {"status": status.lease.STARTING})
    reservations.world.pass_time(10)
    another = Reservations(reservations.world)
    reservations.world.pass_time(3 * LONGEST)
    another.poll()
    assert reservations.now(lease).status == "STARTING"
