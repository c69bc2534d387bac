# SPDX-License-Identifier: Apache-2.0
"""A price per unit of each resource makes one number of many, and a lower bound of every cover.

What has to be covered is worth something at the prices, and so is what each instance frees; instances that could be
cut in pieces would cover the worth at the least cost by the best rate first. Prices only decide how good that bound
is, never whether it holds; so they may be found by trial and in floating point, and are rounded to whole numbers.
"""

from bisect import bisect_left
from collections.abc import Sequence
from itertools import accumulate
from math import inf
from operator import add, mul

# Prices are whole numbers on about this scale.
SCALE = 1 << 24
# How often prices are adjusted for a first look, and where a search has turned out to be long.
ROUNDS, MANY_ROUNDS = 12, 60


class Divisible:
    """Items that can be cut in pieces, in the order of cost per worth. A place is an item's rank."""

    __slots__ = ("cost_before", "order", "worth_before")

    def __init__(self, costs: Sequence[int], worth: Sequence[int]) -> None:
        # Different fractions differ by more than 1 / worth^2, so this many bits order them exactly.
        bits = 2 * max(worth, default=0).bit_length()
        rates = [(cost << bits) // value if value else -1 for cost, value in zip(costs, worth, strict=True)]
        self.order = sorted([item for item, value in enumerate(worth) if value], key=rates.__getitem__)
        self.cost_before = list(accumulate([costs[item] for item in self.order], initial=0))
        self.worth_before = list(accumulate([worth[item] for item in self.order], initial=0))

    def last(self, target: int) -> int:
        """The place of the item that is cut when so much worth is covered."""
        return bisect_left(self.worth_before, target) - 1

    def bounds(self, targets: Sequence[int]) -> list[int]:
        """What covering so much worth costs at least, for targets that ascend."""
        costs, worths = self.cost_before, self.worth_before
        place, last = 0, len(costs) - 1
        found = []
        for target in targets:
            while place < last and worths[place + 1] < target:
                place += 1
            if target <= 0:
                found.append(0)
                continue
            rise, run = costs[place + 1] - costs[place], worths[place + 1] - worths[place]
            found.append(costs[place] - (worths[place] - target) * rise // run)
        return found


def value(prices: Sequence[int], amounts: Sequence[int]) -> int:
    """What the amounts are worth together."""
    return sum(map(mul, prices, amounts))


def weigh(prices: Sequence[int], columns: Sequence[Sequence[int]]) -> list[int]:
    """What each item is worth; a column says what the items free of one resource."""
    worth: list[int] = []
    for price, column in zip(prices, columns, strict=True):
        part = [price * amount for amount in column]
        worth = list(map(add, worth, part)) if worth else part
    return worth


def plain(need: Sequence[int]) -> list[int]:
    """All that is needed of one resource is worth as much as all that is needed of another."""
    return [1] if len(need) == 1 else [SCALE // amount + 1 if amount else 1 for amount in need]


def better(
    costs: Sequence[int], columns: Sequence[Sequence[int]], need: Sequence[int], rounds: int = ROUNDS
) -> list[int]:
    """Prices that raise the bound: what falls short in the divisible cover gets dearer, what is plentiful cheaper."""
    best = prices = plain(need)
    best_bound = 0.0
    for step in range(rounds if len(need) > 1 else 0):
        bound, freed = _divided(costs, columns, need, prices)
        if bound > best_bound:
            best_bound, best = bound, prices
        power = 1.0 / (1 + step / 4)
        prices = [
            int(price * (amount / (max(got, amount / 8) or 1)) ** power) + 1
            for price, amount, got in zip(prices, need, freed, strict=True)
        ]
    return best


def _divided(
    costs: Sequence[int], columns: Sequence[Sequence[int]], need: Sequence[int], prices: Sequence[int]
) -> tuple[float, list[float]]:
    """The cheapest cover at these prices if items were divisible: its cost, and what it frees of each resource."""
    worth = weigh(prices, columns)
    rates = [cost / amount if amount else inf for cost, amount in zip(costs, worth, strict=True)]
    left = value(prices, need)
    whole = []
    for cut in sorted(range(len(costs)), key=rates.__getitem__):
        if worth[cut] >= left:
            break
        left -= worth[cut]
        whole.append(cut)
    part = left / worth[cut]
    freed = [sum([column[item] for item in whole]) + part * column[cut] for column in columns]
    return sum([costs[item] for item in whole]) + part * costs[cut], freed
