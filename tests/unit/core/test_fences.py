# SPDX-License-Identifier: Apache-2.0
"""Whose pools are closed follows from the claims, each time anew."""

from dataclasses import replace

import pytest

from blazar_spot.core.fences import CLOSED, OPEN, Fence, fences, hosts_to_close
from blazar_spot.core.promises import Claim, Reclaim, Standing
from blazar_spot.core.reclaim import State

START = 1_800_000_000
CLAIM = Claim(
    id="c1",
    reservation_id="r1",
    lease_id="l1",
    host="host01",
    service_host="host01",
    start_at=START,
    end_at=START + 3600,
    standing=Standing.FIRM,
    held_until=0,
)
RECLAIM = Reclaim(
    id="c1",
    host="host01",
    state=State.PLANNED,
    fence_at=START - 1980,
    notice_at=START - 1020,
    evict_at=START - 60,
    start_at=START,
)


def test_a_pool_is_closed_from_its_fence_on_and_not_a_second_earlier() -> None:
    assert hosts_to_close([CLAIM], [RECLAIM], RECLAIM.fence_at) == {"host01"}
    assert hosts_to_close([CLAIM], [RECLAIM], RECLAIM.fence_at - 1) == frozenset()


def test_a_pool_stays_closed_while_its_reservation_runs() -> None:
    assert hosts_to_close([CLAIM], [replace(RECLAIM, state=State.READY)], START + 1800) == {"host01"}


@pytest.mark.parametrize(
    ("standing", "closes"),
    [(Standing.HELD, True), (Standing.FIRM, True), (Standing.ENDED, False), (Standing.WITHDRAWN, False)],
)
def test_only_an_open_claim_closes_a_pool(standing: Standing, closes: bool) -> None:
    assert bool(hosts_to_close([replace(CLAIM, standing=standing)], [RECLAIM], START)) is closes


def test_a_claim_that_is_not_planned_yet_closes_nothing() -> None:
    assert hosts_to_close([CLAIM], [], START) == frozenset()


def test_each_claim_has_a_fence_of_its_own() -> None:
    other = replace(CLAIM, id="c2", host="host02")
    later = replace(RECLAIM, id="c2", host="host02", fence_at=START)
    assert hosts_to_close([CLAIM, other], [RECLAIM, later], START - 1) == {"host01"}
    assert hosts_to_close([CLAIM, other], [RECLAIM, later], START) == {"host01", "host02"}


def test_sizes_that_are_withheld_on_one_host_are_added_up() -> None:
    sizes = [("host01", {"VCPU": 4, "CUSTOM_GPU": 1}), ("host01", {"VCPU": 2}), ("host02", {"VCPU": 1})]
    assert fences(frozenset(), sizes) == {
        "host01": Fence(amounts={"VCPU": 6, "CUSTOM_GPU": 1}),
        "host02": Fence(amounts={"VCPU": 1}),
    }


def test_a_closed_pool_is_closed_whatever_else_is_withheld() -> None:
    assert fences({"host01", "host03"}, [("host01", {"VCPU": 4})]) == {"host01": CLOSED, "host03": CLOSED}


def test_no_fence_withholds_more_than_there_is() -> None:
    assert [CLOSED.of("VCPU", 8), OPEN.of("VCPU", 8)] == [8, 0]
    partly = Fence(amounts={"VCPU": 10, "DISK_GB": 3})
    assert [partly.of(name, 8) for name in ("VCPU", "DISK_GB", "MEMORY_MB")] == [8, 3, 0]
