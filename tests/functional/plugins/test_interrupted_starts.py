# SPDX-License-Identifier: Apache-2.0
"""A blazar-manager that dies while it starts a lease: the next one starts it again, whatever was done by then."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from blazar import status
from blazar.db import api as db_api

from tests.functional.plugins.reservations import Reservations


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
def test_the_next_process_starts_it_again(
    reservations: Reservations, lease: dict[str, Any], monkeypatch: pytest.MonkeyPatch, call: str
) -> None:
    with dying_in(call, monkeypatch):
        reservations.start(lease)
    reservations.world.pass_time(10)
    again = Reservations(reservations.world)
    assert again.poll() == {}
    again.run_events()
    after = again.now(lease)
    assert (after.status, after.is_degraded) == ("ACTIVE", False)
    assert again.served(lease) == ["gpu-1"]


@pytest.mark.parametrize("call", ["reservation_update", "event_update", "lease_update"])
def test_a_process_that_dies_while_it_begins_again_leaves_it_to_the_next(
    reservations: Reservations, lease: dict[str, Any], monkeypatch: pytest.MonkeyPatch, call: str
) -> None:
    die_while_starting(reservations, lease, monkeypatch)
    again = Reservations(reservations.world)
    with dying_in(call, monkeypatch):
        again.poll()
    reservations.world.pass_time(10)
    last = Reservations(reservations.world)
    last.poll()
    last.run_events()
    assert last.now(lease).status == "ACTIVE"


def test_a_start_that_this_very_process_is_doing_is_left_to_it(
    reservations: Reservations, lease: dict[str, Any]
) -> None:
    db_api.lease_update(lease["id"], {"status": status.lease.STARTING})
    reservations.poll()
    assert reservations.now(lease).status == "STARTING"


def test_a_lease_with_something_else_in_it_is_left_alone(reservations: Reservations, lease: dict[str, Any]) -> None:
    db_api.reservation_create({"lease_id": lease["id"], "resource_type": "other", "status": "pending"})
    db_api.lease_update(lease["id"], {"status": status.lease.STARTING})
    reservations.world.pass_time(10)
    Reservations(reservations.world).poll()
    assert reservations.now(lease).status == "STARTING"
