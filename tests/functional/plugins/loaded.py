# SPDX-License-Identifier: Apache-2.0
"""What has to be true whichever plugins an operator names; ``test_loaded`` runs it in a process of its own for each
choice, since whatever was built once heals reservations for as long as the process lives."""

import os
from collections.abc import Callable
from typing import Any

import pytest
from blazar import monitor
from blazar.plugins.flavor import RESOURCE_TYPE as FLAVORS
from blazar.plugins.instances import RESOURCE_TYPE as INSTANCES
from blazar.plugins.oshosts import RESOURCE_TYPE as HOSTS
from blazar.plugins.oshosts.host_plugin import PhysicalHostMonitorPlugin

from blazar_spot.plugins import published
from blazar_spot.plugins.hosts import SpotHostPlugin
from blazar_spot.plugins.instances import SpotInstancePlugin
from tests.functional.plugins.reservations import MINUTE
from tests.functional.plugins.slot_reservations import KINDS, SlotReservations

LOADED = "BLAZAR_SPOT_LOADED"


@pytest.fixture
def loaded(named: Callable[..., SlotReservations]) -> SlotReservations:
    by_type = {kind.resource_type: kind for kind in KINDS}
    return named(*(by_type[one] for one in os.environ[LOADED].split()))


def test_a_lease_of_each_kind_is_made_started_and_ended(loaded: SlotReservations) -> None:
    make: dict[str, Callable[[], dict[str, Any]]] = {
        HOSTS: lambda: loaded.lease(MINUTE, 20),
        INSTANCES: lambda: loaded.instance_lease(MINUTE, 1, 20),
        FLAVORS: lambda: loaded.flavor_lease(MINUTE, 1, 20),
    }
    loaded.add_gpu_hosts("gpu-1", "gpu-2", "gpu-3")
    leases = [make[one]() for one in loaded.plugins]
    loaded.run_until(loaded.start_of(leases[0]) + 1)
    loaded.run_events()
    for lease in leases:
        now = loaded.now(lease)
        assert (now.status, now.is_degraded, now.is_missing) == ("ACTIVE", False, False)
        assert loaded.served(lease) == loaded.hosts(lease)
    loaded.run_until(loaded.start_of(leases[0]) + 20 * MINUTE + 1)
    loaded.run_events()
    loaded.poll()
    assert {loaded.now(lease).status for lease in leases} == {"TERMINATED"}
    assert loaded.aggregates() == []
    assert len(loaded.free()) == 3


def test_every_healing_handler_is_ours_and_there_once(loaded: SlotReservations) -> None:
    healers = [handler.__self__ for handler in PhysicalHostMonitorPlugin().healing_handlers]
    assert all(type(one).__module__.startswith("blazar_spot.") for one in healers)
    assert len(healers) == len({id(one) for one in healers}) == len({type(one) for one in healers})
    assert SpotInstancePlugin in map(type, healers) or set(loaded.plugins) == {HOSTS}
    assert SpotHostPlugin in map(type, healers) or set(loaded.plugins) == {INSTANCES}


def test_the_calendar_is_published_once_a_round_though_upstream_polls_nothing(
    loaded: SlotReservations, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert not PhysicalHostMonitorPlugin().is_polling_enabled()
    (polling,) = monitor.load_monitors(loaded.plugins)
    rounds: list[object] = []
    entries = published.entries

    def counted() -> Any:
        rounds.append(None)
        return entries()

    monkeypatch.setattr(published, "entries", counted)
    for one in polling.monitor_plugins:
        one.poll()
    assert len(rounds) == 1
