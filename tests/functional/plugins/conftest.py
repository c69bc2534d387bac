# SPDX-License-Identifier: Apache-2.0
"""Blazar's configuration, database and neighbours, made for one test and gone after it."""

import pathlib
import shutil
from collections.abc import Callable, Iterator

import pytest
from blazar.db import api as db_api
from blazar.db.sqlalchemy import facade_wrapper
from blazar.notification import api as notification_api
from blazar.plugins.oshosts.host_plugin import PhysicalHostMonitorPlugin
from blazar.utils import trusts
from blazar.utils.openstack import nova, placement
from oslo_config import cfg
from oslo_utils import timeutils

from blazar_spot.plugins import asks, furnishing, once, updates
from blazar_spot.plugins import filter as filters
from tests.functional.plugins.reservations import Aggregates, Reservations, World, a_context
from tests.functional.plugins.slot_reservations import KINDS, Nova, Placement, SharedAggregates, SlotReservations


@pytest.fixture(scope="session")
def empty_database(tmp_path_factory: pytest.TempPathFactory) -> pathlib.Path:
    """Blazar's tables without a row, made once and copied for each test."""
    path = tmp_path_factory.mktemp("blazar") / "empty.sqlite"
    cfg.CONF([], project="blazar", default_config_files=[])
    connect(path)
    db_api.setup_db()
    return path


def connect(path: pathlib.Path) -> None:
    cfg.CONF.set_override("connection", f"sqlite:///{path}", group="database")
    facade_wrapper._clear_engine()


@pytest.fixture
def database(empty_database: pathlib.Path, tmp_path: pathlib.Path) -> Iterator[None]:
    connect(shutil.copy(empty_database, tmp_path / "blazar.sqlite"))
    yield
    updates.UPDATES.clear()
    facade_wrapper._clear_engine()
    for group, name in (("database", "connection"), ("enforcement", "enabled_filters"), (None, "cleaning_time")):
        cfg.CONF.clear_override(name, group=group)


@pytest.fixture
def world() -> Iterator[World]:
    world = World()
    world.set_blazars_time()
    yield world
    timeutils.clear_time_override()


@pytest.fixture
def neighbours(world: World, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(nova, "ReservationPool", lambda: Aggregates(world))
    monkeypatch.setattr(trusts, "create_ctx_from_trust", lambda trust_id: a_context())
    monkeypatch.setattr(notification_api, "send_lease_notification", lambda *about: None)
    monkeypatch.setattr(PhysicalHostMonitorPlugin, "_instance", None)
    with a_context():
        yield


@pytest.fixture
def ready(database: None, neighbours: None, world: World, monkeypatch: pytest.MonkeyPatch) -> World:
    """The world, where plugins can be built."""
    monkeypatch.setattr(once, "settings", lambda: world.settings)
    monkeypatch.setattr(filters, "settings", lambda: world.settings)
    return world


@pytest.fixture
def reservations(ready: World) -> Reservations:
    return Reservations(ready)


@pytest.fixture
def named(ready: World, monkeypatch: pytest.MonkeyPatch) -> Callable[..., SlotReservations]:
    """Builds the plugins that are named, and no others."""
    stands_in, placed = Nova(ready), Placement(ready)
    monkeypatch.setattr(nova.NovaClientWrapper, "nova", stands_in)
    monkeypatch.setattr(nova, "ReservationPool", lambda: SharedAggregates(ready))
    monkeypatch.setattr(placement, "BlazarPlacementClient", lambda: placed)
    monkeypatch.setattr(asks, "Placement", lambda: placed)
    monkeypatch.setattr(furnishing, "Placement", lambda: placed)
    return lambda *kinds: SlotReservations(ready, stands_in, placed, kinds)


@pytest.fixture
def slots(named: Callable[..., SlotReservations]) -> SlotReservations:
    return named(*KINDS)
