# SPDX-License-Identifier: Apache-2.0
"""The cheapest instances whose eviction frees enough of several resources at once, exactly.

This is the multi-dimensional covering problem. It is searched depth first, the best value per unit first. A price per
unit of each resource turns all resources into one; the cheapest way to cover that one with divisible instances is a
lower bound that cuts the search. Any prices give a valid bound, so whole numbers are enough (see ``prices``). The
answer is approached in steps, each dearer than the one before, because most hosts are out of the question long
before their exact cost is known. Nothing is ever approximated.
"""

from bisect import bisect_left
from collections.abc import Sequence
from itertools import accumulate
from typing import NamedTuple

from blazar_spot.core.planner.prices import Vector, better, plain

# How many nodes a search may visit before better prices are looked for.
PATIENCE = 200


class Covering:
    """One need to cover: ``bound`` rises with each ``sharpen`` until it is ``exact``; then ``items`` are the cover.

    All items together must cover the need.
    """

    __slots__ = ("bound", "costs", "exact", "gains", "is_hard", "items", "need", "useful", "view")

    def __init__(self, costs: Sequence[int], gains: Sequence[Vector], need: Vector) -> None:
        dims = [dim for dim, amount in enumerate(need) if amount > 0]
        self.need = tuple(need[dim] for dim in dims)
        self.useful: list[int] = []
        self.gains: list[Vector] = []
        for item, gain in enumerate(gains):
            clipped = tuple([gain[dim] if gain[dim] < need[dim] else need[dim] for dim in dims])
            if any(clipped):
                self.useful.append(item)
                self.gains.append(clipped)
        self.costs = [costs[item] for item in self.useful]
        self.bound = 0
        self.items: list[int] = []
        self.exact = not dims
        self.view: _Priced | None = None
        self.is_hard = False

    def sharpen(self) -> None:
        """Raise the bound: first by plain prices, then by a short search, else by better prices, then for good."""
        if self.view is None:
            self._price(plain(self.need))
        elif not self.is_hard:
            self._search(self.view, PATIENCE)
            if not self.exact:
                self.is_hard = True
                self._price(better(self.costs, self.gains, self.need))
        else:
            self._search(self.view, None)

    def _price(self, prices: Vector) -> None:
        view = _Priced(self.costs, self.gains, self.need, prices)
        bound = view.bound_from(0, self.need)
        if self.view is None or bound > self.bound:
            self.view = view
        self.bound = max(self.bound, bound)

    def _search(self, view: "_Priced", patience: int | None) -> None:
        first = view.greedy()
        cover = view.search(first, patience) if first[0] > self.bound else first
        if cover is not None:
            self.bound, places = cover
            self.items = sorted(self.useful[view.order[place]] for place in places)
            self.exact = True
            # There are many of these at a time, and only the answer is still of use.
            self.view = None


class Taken(NamedTuple):
    """The places taken on the way to a node, the latest first."""

    place: int
    before: "Taken | None"


Cover = tuple[int, list[int]]


class _Priced:
    """The items in the order of cost per value at some prices, with running sums. A place is an item's rank."""

    __slots__ = ("cost_before", "costs", "gains", "need", "order", "prices", "worth", "worth_before")

    def __init__(self, costs: list[int], gains: list[Vector], need: Vector, prices: Vector) -> None:
        worth = [sum(map(int.__mul__, prices, gain)) for gain in gains]
        # Different fractions differ by more than 1 / worth^2, so this many bits order them exactly.
        bits = 2 * max(worth).bit_length()
        self.order = sorted(range(len(costs)), key=lambda item: ((costs[item] << bits) // worth[item], item))
        self.need = need
        self.prices = prices
        self.costs = [costs[item] for item in self.order]
        self.worth = [worth[item] for item in self.order]
        self.gains = [gains[item] for item in self.order]
        self.cost_before = list(accumulate(self.costs, initial=0))
        self.worth_before = list(accumulate(self.worth, initial=0))

    def bound_from(self, place: int, left: Vector) -> int:
        """What covering the rest costs at least, with the items from that place on, if they were divisible."""
        target = self.worth_before[place] + sum(map(int.__mul__, self.prices, left))
        stop = bisect_left(self.worth_before, target, place)
        part = (target - self.worth_before[stop - 1]) * self.costs[stop - 1]
        return self.cost_before[stop - 1] - self.cost_before[place] - (-part // self.worth[stop - 1])

    def greedy(self) -> Cover:
        """A cover by taking the best value first, without the items that turn out not to be needed."""
        left = self.need
        taken: list[int] = []
        for place, gain in enumerate(self.gains):
            if not any(left):
                break
            if any(map(min, left, gain)):
                taken.append(place)
                left = _less(left, gain)
        room = [sum(self.gains[place][dim] for place in taken) - amount for dim, amount in enumerate(self.need)]
        for place in sorted(taken, key=lambda place: -self.costs[place]):
            if all(map(int.__le__, self.gains[place], room)):
                room = list(map(int.__sub__, room, self.gains[place]))
                taken.remove(place)
        return sum(self.costs[place] for place in taken), taken

    def search(self, best: Cover, patience: int | None) -> Cover | None:
        """The best cover, given one; None when the patience ran out before it was proven."""
        limit, found = best
        last = len(self.costs)
        gain_from = self._gain_from()
        seen: dict[tuple[int, Vector], int] = {}
        stack: list[tuple[int, Vector, int, Taken | None]] = [(0, self.need, 0, None)]
        while stack:
            place, left, spent, taken = stack.pop()
            if place == last or any(map(int.__gt__, left, gain_from[place])):
                continue
            if spent + self.bound_from(place, left) >= limit or seen.get((place, left), limit) <= spent:
                continue
            if len(seen) == patience:
                return None
            seen[place, left] = spent
            stack.append((place + 1, left, spent, taken))
            after = _less(left, self.gains[place])
            spent += self.costs[place]
            if any(after):
                if after != left:
                    stack.append((place + 1, after, spent, Taken(place, taken)))
            elif spent < limit:
                limit, found = spent, _unwound(Taken(place, taken))
        return limit, found

    def _gain_from(self) -> list[Vector]:
        """What all items from each place on free together."""
        sums: list[Vector] = [(0,) * len(self.need)]
        for gain in reversed(self.gains):
            sums.append(tuple(map(int.__add__, sums[-1], gain)))
        return sums[::-1]


def _less(left: Vector, gain: Vector) -> Vector:
    return tuple([amount - got if amount > got else 0 for amount, got in zip(left, gain, strict=True)])


def _unwound(taken: Taken | None) -> list[int]:
    places = []
    while taken is not None:
        places.append(taken.place)
        taken = taken.before
    return places
