# SPDX-License-Identifier: Apache-2.0
"""What the built-in cost functions count."""

from blazar_spot.core.costs import lost_work, partial_hour, with_costs, youngest_first
from blazar_spot.core.model import Host, Rules, Snapshot, Spot

SPOT = Spot("s", "h", {"vcpus": 4, "CUSTOM_GPU_A100": 2, "ram_mb": 4096}, launched_at=1000)
NOW = 1000 + 2 * 3600 + 60


def test_lost_work_is_size_times_uptime() -> None:
    assert lost_work(SPOT, NOW) == (4 + 2 * 16) * 7260


def test_all_kinds_of_processors_count() -> None:
    pinned = Spot("s", "h", {"PCPU": 3, "VGPU": 1, "VCPU": 5}, launched_at=0)
    assert lost_work(pinned, 10) == (3 + 16 + 5) * 10


def test_an_instance_without_processors_still_loses_its_time() -> None:
    assert lost_work(Spot("s", "h", {"ram_mb": 1}, launched_at=0), 50) == 50


def test_youngest_first_looks_at_uptime_only() -> None:
    assert youngest_first(SPOT, NOW) == 7260


def test_partial_hour_is_what_cannot_be_billed() -> None:
    assert partial_hour(SPOT, NOW) == 60
    assert partial_hour(SPOT, NOW - 60) == 0


def test_costs_are_never_below_nothing() -> None:
    assert youngest_first(SPOT, 999) == 0


def test_all_costs_of_a_snapshot_are_computed_anew() -> None:
    snapshot = Snapshot(NOW, Rules(0, 0, 0), (Host("h", {}),), (SPOT,))
    assert [spot.cost for spot in with_costs(snapshot, partial_hour).spots] == [60]
