# SPDX-License-Identifier: Apache-2.0
"""What a cover costs at least if instances could be cut in pieces."""

from collections.abc import Sequence
from fractions import Fraction
from math import ceil

from hypothesis import given
from hypothesis import strategies as st

from blazar_spot.core.planner.prices import Divisible

ITEMS = st.lists(st.tuples(st.integers(0, 30), st.integers(1, 12)), min_size=1, max_size=6)


def cut_in_pieces(items: Sequence[tuple[int, int]], target: int) -> Fraction:
    """The best rate first, and of the last one as much as it takes."""
    cost, left = Fraction(0), max(target, 0)
    for price, worth in sorted(items, key=lambda item: Fraction(*item)):
        part = min(worth, left)
        cost += Fraction(price * part, worth)
        left -= part
    return cost


@given(ITEMS, st.lists(st.integers(-2, 72), max_size=8))
def test_the_bounds_of_ascending_targets_are_those_of_divisible_items(
    items: list[tuple[int, int]], targets: list[int]
) -> None:
    most = sum(worth for _, worth in items)
    asked = sorted(target for target in targets if target <= most)
    divisible = Divisible([cost for cost, _ in items], [worth for _, worth in items])
    assert divisible.bounds(asked) == [ceil(cut_in_pieces(items, target)) for target in asked]


def test_nothing_to_cover_costs_nothing_and_the_last_piece_is_rounded_up() -> None:
    divisible = Divisible([7, 1], [2, 3])
    assert divisible.bounds([-1, 0, 1, 2, 3, 4, 5]) == [0, 0, 1, 1, 1, 5, 8]
