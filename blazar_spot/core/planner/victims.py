# SPDX-License-Identifier: Apache-2.0
"""The cheapest instances whose eviction frees enough of several resources at once, exactly.

This is the multi-dimensional covering problem. It is searched depth first, the best value per unit first. A price per
unit of each resource turns all resources into one; the cheapest way to cover that one with divisible instances is a
lower bound that cuts the search. Any prices give a valid bound, so whole numbers are enough; when a search grows,
better prices are looked for and it begins again with the best cover known. Nothing is ever approximated.
"""

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate

Vector = tuple[int, ...]
Cover = tuple[int, list[int]]

# Prices are whole numbers on about this scale.
SCALE = 1 << 24
# How many nodes a search may visit before better prices are looked for, and for how many rounds.
PATIENCE = 200
ROUNDS = 60


def cheapest_cover(costs: Sequence[int], gains: Sequence[Vector], need: Vector) -> Cover | None:
    """The least total cost and the items whose gains add up to the need in every dimension; None if all fall short."""
    dims = [dim for dim, amount in enumerate(need) if amount > 0]
    if not dims:
        return 0, []
    need = tuple(need[dim] for dim in dims)
    clipped = [tuple(min(gain[dim], amount) for dim, amount in zip(dims, need, strict=True)) for gain in gains]
    useful = [item for item, gain in enumerate(clipped) if any(gain)]
    clipped = [clipped[item] for item in useful]
    if any(sum(gain[dim] for gain in clipped) < amount for dim, amount in enumerate(need)):
        return None
    cost, items = _solve([costs[item] for item in useful], clipped, need)
    return cost, sorted(useful[item] for item in items)


def _solve(costs: list[int], gains: list[Vector], need: Vector) -> Cover:
    view = _Priced.at(costs, gains, need, tuple(SCALE // amount + 1 for amount in need))
    best = view.greedy()
    best, finished = view.search(best, PATIENCE)
    if not finished:
        best, _ = _Priced.at(costs, gains, need, _better_prices(view)).search(best, None)
    return best


@dataclass(slots=True, eq=False)
class _Priced:
    """The items in the order of cost per value at some prices, with running sums."""

    need: Vector
    prices: Vector
    order: list[int]
    costs: list[int]
    values: list[int]
    gains: list[Vector]
    cost_before: list[int]
    value_before: list[int]
    gain_from: list[Vector]

    @classmethod
    def at(cls, costs: list[int], gains: list[Vector], need: Vector, prices: Vector) -> "_Priced":
        values = [sum(map(int.__mul__, prices, gain)) for gain in gains]
        # Different fractions differ by more than 1 / value^2, so this many bits order them exactly.
        bits = 2 * max(values).bit_length()
        order = sorted(range(len(costs)), key=lambda item: ((costs[item] << bits) // values[item], item))
        ordered = [gains[item] for item in order]
        gain_from = [(0,) * len(need)]
        for gain in reversed(ordered):
            gain_from.append(tuple(map(int.__add__, gain_from[-1], gain)))
        return cls(
            need=need,
            prices=prices,
            order=order,
            costs=[costs[item] for item in order],
            values=[values[item] for item in order],
            gains=ordered,
            cost_before=list(accumulate((costs[item] for item in order), initial=0)),
            value_before=list(accumulate((values[item] for item in order), initial=0)),
            gain_from=gain_from[::-1],
        )

    def greedy(self) -> Cover:
        """A cover by taking the best value first, without the items that turn out not to be needed."""
        left = self.need
        taken: list[int] = []
        for place, gain in enumerate(self.gains):
            if not any(left):
                break
            if any(map(min, left, gain)):
                taken.append(place)
                left = tuple(amount - got if amount > got else 0 for amount, got in zip(left, gain, strict=True))
        room = [sum(self.gains[place][dim] for place in taken) - amount for dim, amount in enumerate(self.need)]
        for place in sorted(taken, key=lambda place: -self.costs[place]):
            if all(map(int.__le__, self.gains[place], room)):
                room = list(map(int.__sub__, room, self.gains[place]))
                taken.remove(place)
        return sum(self.costs[place] for place in taken), [self.order[place] for place in taken]

    def search(self, best: Cover, patience: int | None) -> tuple[Cover, bool]:
        """The best cover, and whether it is proven: False when the patience ran out before."""
        limit, found = best
        costs, values, gains, gain_from = self.costs, self.values, self.gains, self.gain_from
        cost_before, value_before, prices = self.cost_before, self.value_before, self.prices
        last = len(costs)
        seen: dict[tuple[int, Vector], int] = {}
        stack: list[tuple[int, Vector, int, object]] = [(0, self.need, 0, None)]
        visited = 0
        while stack:
            place, left, spent, taken = stack.pop()
            if place == last:
                continue
            target = value_before[place] + sum(map(int.__mul__, prices, left))
            stop = bisect_left(value_before, target, place)
            if stop > last:
                continue
            part = (target - value_before[stop - 1]) * costs[stop - 1]
            bound = spent + cost_before[stop - 1] - cost_before[place] - (-part // values[stop - 1])
            if bound >= limit or any(map(int.__gt__, left, gain_from[place])):
                continue
            key = (place, left)
            if seen.get(key, limit) <= spent:
                continue
            seen[key] = spent
            visited += 1
            if visited == patience:
                return (limit, found), False
            stack.append((place + 1, left, spent, taken))
            gain = gains[place]
            after = tuple([amount - got if amount > got else 0 for amount, got in zip(left, gain, strict=True)])
            if after == left:
                continue
            spent += costs[place]
            if any(after):
                stack.append((place + 1, after, spent, (place, taken)))
            elif spent < limit:
                limit, found = spent, self._unwind((place, taken))
        return (limit, found), True

    def _unwind(self, taken: object) -> list[int]:
        items = []
        while isinstance(taken, tuple):
            place, taken = taken
            items.append(self.order[place])
        return items

    def root(self) -> tuple[float, list[float]]:
        """The lower bound at these prices, and what its divisible cover frees in each dimension."""
        target = sum(map(int.__mul__, self.prices, self.need))
        stop = bisect_left(self.value_before, target)
        part = (target - self.value_before[stop - 1]) / self.values[stop - 1]
        freed = [
            sum(gain[dim] for gain in self.gains[: stop - 1]) + part * self.gains[stop - 1][dim]
            for dim in range(len(self.need))
        ]
        return self.cost_before[stop - 1] + part * self.costs[stop - 1], freed


def _better_prices(view: _Priced) -> Vector:
    """Prices that raise the bound: dearer what falls short in the divisible cover, cheaper what is plentiful."""
    costs = [cost for _, cost in sorted(zip(view.order, view.costs, strict=True))]
    gains = [gain for _, gain in sorted(zip(view.order, view.gains, strict=True))]
    best_bound, freed = view.root()
    best = view.prices
    prices = [float(price) for price in best]
    for step in range(ROUNDS):
        power = 1.0 / (1 + step / 8)
        prices = [
            price * (amount / max(got, amount / 8)) ** power
            for price, amount, got in zip(prices, view.need, freed, strict=True)
        ]
        whole = tuple(int(price) + 1 for price in prices)
        bound, freed = _Priced.at(costs, gains, view.need, whole).root()
        if bound > best_bound:
            best_bound, best = bound, whole
    return best
