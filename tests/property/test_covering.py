# SPDX-License-Identifier: Apache-2.0
"""The cheapest cover of several resources at once, against trying every subset."""

import itertools

from hypothesis import assume, given
from hypothesis import strategies as st

from blazar_spot.core.planner import victims
from blazar_spot.core.planner.victims import Covering

Item = tuple[int, tuple[int, ...]]


@st.composite
def problems(draw: st.DrawFn) -> tuple[list[Item], tuple[int, ...]]:
    dims = draw(st.integers(1, 4))
    gain = st.tuples(*[st.integers(0, 6)] * dims)
    items = draw(st.lists(st.tuples(st.integers(1, 12), gain), max_size=10))
    return items, draw(st.tuples(*[st.integers(-2, 16)] * dims))


def covers(chosen: tuple[Item, ...], need: tuple[int, ...]) -> bool:
    return all(sum(gain[dim] for _, gain in chosen) >= amount for dim, amount in enumerate(need))


def check(items: list[Item], need: tuple[int, ...], prices: list[int] | None = None) -> None:
    best = min(
        sum(cost for cost, _ in chosen)
        for size in range(len(items) + 1)
        for chosen in itertools.combinations(items, size)
        if covers(chosen, need)
    )
    columns = [[gain[dim] for _, gain in items] for dim in range(len(need))]
    covering = Covering([cost for cost, _ in items], columns, need, prices)
    bound = covering.bound
    while not covering.exact:
        covering.sharpen()
        assert bound <= covering.bound <= best
        bound = covering.bound
    chosen = tuple(items[item] for item in covering.items)
    assert covering.bound == best == sum(cost for cost, _ in chosen)
    assert covers(chosen, need)


@given(problems(), st.lists(st.integers(1, 1000), min_size=4, max_size=4))
def test_whatever_the_prices_are_the_cover_is_the_cheapest(
    problem: tuple[list[Item], tuple[int, ...]], prices: list[int]
) -> None:
    items, need = problem
    assume(covers(tuple(items), need))
    check(items, need, prices[: len(need)])


@given(problems())
def test_the_cover_is_the_cheapest_and_bounds_rise_to_it(problem: tuple[list[Item], tuple[int, ...]]) -> None:
    items, need = problem
    assume(covers(tuple(items), need))
    check(items, need)


@given(problems())
def test_a_search_that_gives_up_early_still_ends_in_the_cheapest_cover(
    problem: tuple[list[Item], tuple[int, ...]],
) -> None:
    items, need = problem
    assume(covers(tuple(items), need))
    patience = victims.PATIENCE
    victims.PATIENCE = 1
    try:
        check(items, need)
    finally:
        victims.PATIENCE = patience
