# SPDX-License-Identifier: Apache-2.0
"""What the reservations of one host hold together."""

from blazar_spot.core.model import Reservation
from blazar_spot.core.planner.calendar import load


def part(name: str, start: int, end: int, gpus: int) -> Reservation:
    return Reservation(name, "h", start, end, {"gpus": gpus})


def test_reservations_that_overlap_add_up_and_the_peak_is_kept() -> None:
    found = load([part("a", 0, 10, 1), part("b", 5, 15, 2), part("c", 12, 20, 1)], 0, 20)
    assert found.peak == {"gpus": 3}
    assert found.at == ((0, {"gpus": 1}), (5, {"gpus": 3}), (12, {"gpus": 3}))


def test_a_reservation_that_ends_makes_room_for_the_next_at_the_same_instant() -> None:
    found = load([part("b", 10, 20, 2), part("a", 0, 10, 3)], 0, 20)
    assert found.peak == {"gpus": 3}
    assert dict(found.at) == {0: {"gpus": 3}, 10: {"gpus": 2}}


def test_a_reservation_that_runs_already_counts_from_the_start_of_the_window() -> None:
    assert load([part("a", -100, 10, 2)], 5, 5).at == ((5, {"gpus": 2}),)


def test_starts_count_up_to_the_horizon_and_not_a_second_further() -> None:
    claims = [part("a", 7, 20, 1), part("b", 8, 20, 1)]
    assert [instant for instant, _ in load(claims, 0, 7).at] == [0, 7]
    assert load(claims, 0, 7).peak == {"gpus": 2}


def test_the_start_of_the_window_counts_even_behind_the_horizon() -> None:
    assert load([part("a", 0, 20, 1)], 9, 3).at == ((9, {"gpus": 1}),)


def test_without_reservations_the_start_of_the_window_is_empty() -> None:
    found = load([], 9, 20)
    assert (found.peak, found.at) == ({}, ((9, {}),))


def test_a_resource_of_which_nothing_is_reserved_has_no_peak() -> None:
    assert load([part("a", 0, 20, 0)], 0, 0).peak == {"gpus": 0}
