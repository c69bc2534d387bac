# SPDX-License-Identifier: Apache-2.0
"""What blazar-manager's log says while somebody is away: one line each poll, and the work is done when he is back."""

import logging
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, NoReturn

import pytest
from blazar import context
from blazar.manager.exceptions import NoFreePool
from blazar.plugins.instances.instance_plugin import nova_exceptions
from blazar.plugins.oshosts.host_plugin import PhysicalHostMonitorPlugin
from blazar.utils.openstack import nova
from blazar.utils.openstack.exceptions import ResourceProviderListFailed
from keystoneauth1.exceptions import ClientException
from keystoneauth1.exceptions.http import InternalServerError
from oslo_config import cfg
from oslo_db.exception import DBConnectionError
from sqlalchemy import event
from sqlalchemy.orm import Session

from blazar_spot.plugins import bounded
from blazar_spot.plugins.asks import Asks
from blazar_spot.plugins.furnishing import Furnishing
from tests.functional.plugins.reservations import MINUTE, Reservations
from tests.functional.plugins.slot_reservations import Nova, SlotReservations

REAL_NOVA = nova.NovaClientWrapper.nova
SILENT_SECONDS = 10
AWAY = [
    nova_exceptions.ClientException(503, "Unexpected API Error.\n<class 'keystoneauth1...ConnectFailure'>"),
    InternalServerError(),
    DBConnectionError(RuntimeError("Lost connection\nto the database")),
    ResourceProviderListFailed(),
    NoFreePool(),
]


@pytest.fixture
def nobody_listens() -> Iterator[str]:
    """Keystone's port, which refuses connections."""
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        port = str(held.getsockname()[1])
        cfg.CONF.set_override("os_auth_host", "127.0.0.1")
        cfg.CONF.set_override("os_auth_port", port)
        yield port
    for name in ("os_auth_host", "os_auth_port"):
        cfg.CONF.clear_override(name)


@contextmanager
def nobody_answers(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Blazar's real client with little patience, and Keystone's port, where connections are taken and nothing is said.
    Who waits without a bound is cut off after a while."""
    with monkeypatch.context() as away, socket.create_server(("127.0.0.1", 0)) as silent:
        away.setattr(bounded, "PATIENCE_SECONDS", 0.2)
        away.setattr(nova.NovaClientWrapper, "nova", REAL_NOVA)
        away.setattr(context, "current", fail(RuntimeError("nobody has asked")))
        cfg.CONF.set_override("os_auth_host", "127.0.0.1")
        cfg.CONF.set_override("os_auth_port", str(silent.getsockname()[1]))
        cut_off = threading.Timer(SILENT_SECONDS, silent.close)
        cut_off.start()
        try:
            yield
        finally:
            cut_off.cancel()
            for name in ("os_auth_host", "os_auth_port"):
                cfg.CONF.clear_override(name)


@pytest.fixture
def over(slots: SlotReservations) -> dict[str, Any]:
    """A lease that is over, and whose server and slots are still there."""
    slots.add_gpu_hosts("gpu-1")
    lease = slots.flavor_lease(MINUTE, 1)
    slots.reach(lease)
    slots.boot(lease)
    slots.world.cloud.delete_takes = 120
    slots.end(lease)
    slots.world.pass_time(300)
    return lease


def said(caplog: pytest.LogCaptureFixture) -> list[logging.LogRecord]:
    """What our part of the log has of the last poll that is not merely information."""
    return [one for one in caplog.records if one.name.startswith("blazar_spot") and one.levelno >= logging.WARNING]


def only_line(caplog: pytest.LogCaptureFixture) -> str:
    """The one line; it has no traceback."""
    (record,) = said(caplog)
    assert (record.levelname, record.exc_info) == ("WARNING", None)
    line = record.getMessage()
    assert "\n" not in line
    return line


def fail(error: Exception) -> Any:
    def failing(*_: object, **__: object) -> NoReturn:
        raise error

    return failing


def is_cleared(slots: SlotReservations, lease: dict[str, Any]) -> bool:
    return lease["reservations"][0]["id"] not in [*slots.aggregates(), *slots.world.cloud.flavors]


def is_cleared_by_a_silent_poll(
    slots: SlotReservations, lease: dict[str, Any], caplog: pytest.LogCaptureFixture
) -> bool:
    assert not is_cleared(slots, lease)
    caplog.clear()
    slots.poll()
    return is_cleared(slots, lease) and not said(caplog)


def test_blazars_real_client_without_keystone_costs_one_line_a_poll(
    slots: SlotReservations,
    over: dict[str, Any],
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
    nobody_listens: str,
) -> None:
    with monkeypatch.context() as away:
        away.setattr(nova.NovaClientWrapper, "nova", REAL_NOVA)
        away.setattr(context, "current", fail(RuntimeError("nobody has asked")))
        for _ in range(2):
            caplog.clear()
            slots.poll()
            line = only_line(caplog)
            assert f"Reservation {over['reservations'][0]['id']} is not cleared away yet, trying again: " in line
            assert f"127.0.0.1:{nobody_listens}" in line
    assert is_cleared_by_a_silent_poll(slots, over, caplog)


@pytest.mark.parametrize(
    "ask",
    [
        lambda: Furnishing().servers("r"),
        lambda: Furnishing().strip("r", ["gpu-1"]),
        lambda: Asks({})._with_traits({"trait:CUSTOM_FAST": "required"}),
    ],
    ids=["Nova", "Placement", "traits"],
)
def test_whoever_never_answers_does_not_keep_a_poll_for_ever(
    neighbours: None, monkeypatch: pytest.MonkeyPatch, ask: Callable[[], object]
) -> None:
    with nobody_answers(monkeypatch), pytest.raises(ClientException, match="timed out"):
        ask()


def test_nor_does_upstreams_look_for_failed_hosts(
    slots: SlotReservations, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(PhysicalHostMonitorPlugin, "is_polling_enabled", lambda monitor: True)
    with nobody_answers(monkeypatch):
        slots.poll()
    (record,) = (one for one in caplog.records if "Skipping health check" in one.getMessage())
    assert "timed out" in record.getMessage()


def test_nor_does_the_end_of_a_lease_with_a_server_group(
    slots: SlotReservations, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    slots.add_gpu_hosts("gpu-1")
    lease = slots.instance_lease(MINUTE, 1, affinity=True)
    slots.reach(lease)
    caplog.clear()
    with nobody_answers(monkeypatch):
        slots.end(lease)
    assert slots.now(lease).status == "TERMINATED"
    group, rest = (one.getMessage() for one in said(caplog))
    assert group.startswith("Server group group-1 is not deleted: ")
    assert rest.startswith(f"Reservation {lease['reservations'][0]['id']} is not cleared away yet")
    assert "timed out" in group
    assert "timed out" in rest


@pytest.mark.parametrize("error", AWAY, ids=lambda error: type(error).__name__)
def test_each_way_of_being_away_is_one_line_for_the_reservation(
    slots: SlotReservations,
    over: dict[str, Any],
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
    error: Exception,
) -> None:
    caplog.clear()
    with monkeypatch.context() as away:
        away.setattr(Nova, "list", fail(error))
        slots.poll()
    line = only_line(caplog)
    assert f"Reservation {over['reservations'][0]['id']} is not cleared away yet, trying again: " in line
    assert str(error).splitlines()[0] in line
    assert is_cleared_by_a_silent_poll(slots, over, caplog)


@pytest.mark.parametrize(
    "error", [nova_exceptions.BadRequest(400, "no such filter"), RuntimeError("a bug")], ids=["400", "bug"]
)
def test_what_nobody_expects_keeps_its_traceback(
    slots: SlotReservations,
    over: dict[str, Any],
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
    error: Exception,
) -> None:
    caplog.clear()
    with monkeypatch.context() as broken:
        broken.setattr(Nova, "list", fail(error))
        slots.poll()
    (record,) = said(caplog)
    assert record.levelname == "ERROR"
    assert record.exc_info
    assert is_cleared_by_a_silent_poll(slots, over, caplog)


def test_without_blazars_database_each_duty_says_one_line(
    slots: SlotReservations, over: dict[str, Any], caplog: pytest.LogCaptureFixture
) -> None:
    gone = fail(DBConnectionError(RuntimeError("Can't connect")))
    caplog.clear()
    event.listen(Session, "do_orm_execute", gone)
    try:
        slots.poll()
    finally:
        event.remove(Session, "do_orm_execute", gone)
    assert not [one for one in said(caplog) if one.exc_info]
    why = " could not be done, it is done again at the next poll: The database cannot be reached: Can't connect"
    assert [one.getMessage() for one in said(caplog)] == [
        duty + why
        for duty in (
            "Interrupted.begin_again",
            "Inventory.publish",
            "SpotMonitor._publish",
            "Returns.tidy",
            "SlotReturns.tidy",
            "Doors.join_late",
            "Doors.join_late",
        )
    ]
    assert is_cleared_by_a_silent_poll(slots, over, caplog)


def test_a_missing_freepool_is_said_once_and_again_when_it_is_lost_again(
    reservations: Reservations, caplog: pytest.LogCaptureFixture
) -> None:
    reservations.add_hosts("gpu-1")
    lease = reservations.lease(start_in=0)
    reservations.start(lease)
    reservations.world.cloud.boot("plain", host="gpu-1")
    reservations.world.pass_time(10)
    reservations.world.cloud.delete_takes = 60
    reservations.end(lease)
    cloud = reservations.world.cloud
    for _ in range(2):
        home = cloud.aggregates.pop(cloud.freepool.id)
        caplog.clear()
        for _ in range(3):
            reservations.poll()
        (record,) = said(caplog)
        assert (record.levelname, record.exc_info) == ("ERROR", None)
        assert "freepool_name in [nova]" in record.getMessage()
        assert "names freepool" in record.getMessage()
        cloud.aggregates[home.id] = home
        caplog.clear()
        reservations.poll()
        assert said(caplog) == []
    reservations.world.pass_time(120)
    reservations.poll()
    assert reservations.free() == ["gpu-1"]


def test_the_other_duties_go_on_without_a_freepool(reservations: Reservations) -> None:
    reservations.add_hosts("gpu-1")
    del reservations.world.cloud.aggregates[reservations.world.cloud.freepool.id]
    lease = reservations.lease(start_in=3600)
    reservations.world.store.claims.clear()
    reservations.poll()
    assert [one.reservation_id for one in reservations.world.store.claims] == [lease["reservations"][0]["id"]]
