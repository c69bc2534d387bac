# SPDX-License-Identifier: Apache-2.0
"""Whose pools are closed follows from the claims, each time anew."""

from dataclasses import replace

import pytest

from blazar_spot.core.fences import CLOSED, OPEN, Fence, claimed, fences
from blazar_spot.core.promises import Reclaim, Standing
from blazar_spot.core.reclaim import State
from tests.unit.core.claims import CLAIM, START

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
    assert claimed([CLAIM], [RECLAIM], RECLAIM.fence_at) == {"host01": CLOSED}
    assert claimed([CLAIM], [RECLAIM], RECLAIM.fence_at - 1) == {}


def test_a_pool_stays_closed_while_its_reservation_runs() -> None:
    assert claimed([CLAIM], [replace(RECLAIM, state=State.READY)], START + 1800) == {"host01": CLOSED}


@pytest.mark.parametrize(
    ("standing", "closes"),
    [(Standing.HELD, True), (Standing.FIRM, True), (Standing.ENDED, False), (Standing.WITHDRAWN, False)],
)
def test_only_an_open_claim_closes_a_pool(standing: Standing, closes: bool) -> None:
    assert bool(claimed([replace(CLAIM, standing=standing)], [RECLAIM], START)) is closes


def test_a_claim_that_is_not_planned_yet_closes_nothing() -> None:
    assert claimed([CLAIM], [], START) == {}
    assert claimed([replace(CLAIM, id="c2", host="host02"), CLAIM], [RECLAIM], START) == {"host01": CLOSED}


def test_each_claim_has_a_fence_of_its_own() -> None:
    other = replace(CLAIM, id="c2", host="host02")
    later = replace(RECLAIM, id="c2", host="host02", fence_at=START)
    assert claimed([CLAIM, other], [RECLAIM, later], START - 1).keys() == {"host01"}
    assert claimed([CLAIM, other], [RECLAIM, later], START).keys() == {"host01", "host02"}


def test_sizes_that_are_withheld_on_one_host_are_added_up() -> None:
    sizes = [("host01", {"VCPU": 4, "CUSTOM_GPU": 1}), ("host01", {"VCPU": 2}), ("host02", {"VCPU": 1})]
    assert fences({}, frozenset(), sizes) == {
        "host01": Fence(amounts={"VCPU": 6, "CUSTOM_GPU": 1}),
        "host02": Fence(amounts={"VCPU": 1}),
    }


def test_a_closed_pool_is_closed_whatever_else_is_withheld() -> None:
    found = fences({"host01": CLOSED}, {"host02", "host03"}, [("host01", {"VCPU": 4}), ("host02", {"VCPU": 4})])
    assert found == {"host01": CLOSED, "host02": CLOSED, "host03": CLOSED}


def test_no_fence_withholds_more_than_there_is() -> None:
    assert [CLOSED.of("VCPU", 8), OPEN.of("VCPU", 8)] == [8, 0]
    partly = Fence(amounts={"VCPU": 10, "DISK_GB": 3})
    assert [partly.of(name, 8) for name in ("VCPU", "DISK_GB", "MEMORY_MB")] == [8, 3, 0]


PART = replace(CLAIM, room={"VCPU": 4, "CUSTOM_GPU": 2})


def test_a_part_withholds_its_room_from_its_fence_on_and_everything_while_it_runs() -> None:
    assert claimed([PART], [RECLAIM], RECLAIM.fence_at - 1) == {}
    for at in (RECLAIM.fence_at, START - 1):
        assert claimed([PART], [RECLAIM], at) == {"host01": Fence(room={"VCPU": 4, "CUSTOM_GPU": 2})}
    assert claimed([PART], [RECLAIM], START) == {"host01": CLOSED}


def test_parts_of_one_host_are_added_up_and_a_whole_one_is_more_than_all_of_them() -> None:
    other, whole = replace(PART, id="c2", room={"CUSTOM_GPU": 1}), replace(CLAIM, id="c3")
    reclaims = [RECLAIM, replace(RECLAIM, id="c2"), replace(RECLAIM, id="c3")]
    assert claimed([PART, other], reclaims, START - 1) == {"host01": Fence(room={"VCPU": 4, "CUSTOM_GPU": 3})}
    for claims in ([PART, whole, other], [whole, PART, other], [PART, other, whole]):
        assert claimed(claims, reclaims, START - 1) == {"host01": CLOSED}


def test_unpooled_instances_are_withheld_beside_the_room_of_a_part() -> None:
    wanted = claimed([PART], [RECLAIM], START - 1)
    (fence,) = fences(wanted, frozenset(), [("host01", {"VCPU": 2})]).values()
    assert fence == Fence(amounts={"VCPU": 2}, room={"VCPU": 4, "CUSTOM_GPU": 2})
    assert fences(wanted, frozenset(), [("host02", {"VCPU": 2})])["host01"] == Fence(room=fence.room)
    totals = {"VCPU": 16, "CUSTOM_GPU": 8}
    here = fence.at(totals, totals)
    assert [here.of(name, total) for name, total in totals.items()] == [6, 2]


@pytest.mark.parametrize(
    ("capacity", "withheld"),
    [({"VCPU": 16}, 4), ({"VCPU": 14}, 6), ({"VCPU": 18}, 2), ({"VCPU": 64}, 0), ({"VCPU": 2}, 16), ({}, 16)],
)
def test_what_has_to_stay_free_is_counted_in_what_the_host_can_give(capacity: dict[str, int], withheld: int) -> None:
    """What an operator keeps back is kept back beside it, and what is overcommitted is not spot instances' to lose."""
    here = Fence(room={"VCPU": 4, "DISK_GB": 9}).at({"VCPU": 16}, capacity)
    assert here.of("VCPU", 16) == withheld
    assert here.of("DISK_GB", 0) == 0
    assert here.room == {}


def test_a_fence_that_keeps_no_room_free_is_the_same_on_any_host() -> None:
    assert CLOSED.at({"VCPU": 16}, {"VCPU": 14}) is CLOSED
