# SPDX-License-Identifier: Apache-2.0
"""The merge over hosts, against the plain dynamic program over all of them."""

from hypothesis import given
from hypothesis import strategies as st

from blazar_spot.core.planner.merge import merge


class LazyCurve:
    """A curve that begins with bounds that are too low and is sharpened in two steps."""

    def __init__(self, costs: list[int], percent: int, *, only_rises: bool) -> None:
        # A step ends where the cost rises; the other points are sometimes left out.
        rises = [k for k, cost in enumerate(costs) if k + 1 == len(costs) or costs[k + 1] > cost]
        self.units = sorted({0, *rises}) if only_rises else list(range(len(costs)))
        self.costs = costs = [costs[k] for k in self.units]
        self.points = [cost * percent // 100 for cost in costs]
        self.most = self.units[-1]
        self.rate = min(
            (point // units for units, point in zip(self.units, self.points, strict=True) if units), default=0
        )
        self.is_open = False
        self.exact = [True] + [False] * (len(costs) - 1)
        self.halves: set[int] = set()

    def open(self) -> None:
        assert not self.is_open
        self.is_open = True

    def sharpen(self, units: int) -> None:
        assert self.is_open
        if units in self.halves:
            self.raise_to(units, self.costs[units])
            self.exact[units] = True
        else:
            self.halves.add(units)
            self.raise_to(units, (self.points[units] + self.costs[units]) // 2)

    def raise_to(self, units: int, cost: int) -> None:
        for number in range(units, len(self.points)):
            self.points[number] = max(self.points[number], cost)


@st.composite
def curves(draw: st.DrawFn) -> list[tuple[list[int], LazyCurve]]:
    found = []
    step = st.sampled_from([0, 0, 1, 2, 10]) | st.integers(0, 30)
    for _ in range(draw(st.integers(1, 8))):
        costs = [0]
        for rise in draw(st.lists(step, min_size=1, max_size=6)):
            costs.append(costs[-1] + rise)
        found.append((costs, LazyCurve(costs, draw(st.integers(0, 100)), only_rises=draw(st.booleans()))))
    return found


def least(tables: list[list[int]], need: int) -> int:
    best: dict[int, int] = {0: 0}
    for costs in tables:
        following: dict[int, int] = {}
        for total, paid in best.items():
            for units, cost in enumerate(costs):
                following[total + units] = min(following.get(total + units, paid + cost), paid + cost)
        best = following
    return best[need]


@given(curves(), st.data())
def test_the_merge_costs_the_least(given_curves: list[tuple[list[int], LazyCurve]], data: st.DataObject) -> None:
    tables = [costs for costs, _ in given_curves]
    need = data.draw(st.integers(0, sum(len(costs) - 1 for costs in tables)))
    taken = merge([curve for _, curve in given_curves], need)
    assert sum(taken) == need
    assert sum(costs[units] for costs, units in zip(tables, taken, strict=True)) == least(tables, need)


def test_a_large_instance_that_pays_for_eight_goes_only_when_that_is_cheaper_than_single_ones() -> None:
    large, single = [0, *[70] * 8], [0, 10, 20, 30, 40, 50, 60, 70, 80]
    for need, cost in [(6, 60), (7, 70), (8, 70), (9, 80)]:
        taken = merge([LazyCurve(costs, 50, only_rises=True) for costs in (large, single)], need)
        assert (sum(taken), large[taken[0]] + single[taken[1]]) == (need, cost)
