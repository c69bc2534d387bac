# SPDX-License-Identifier: Apache-2.0
"""A price per unit of each resource, for the lower bounds of ``victims``.

Prices only decide how good a bound is, never whether it holds; so they may be found by trial and in floating point,
and are rounded to whole numbers in the end.
"""

Vector = tuple[int, ...]

# Prices are whole numbers on about this scale.
SCALE = 1 << 24
ROUNDS = 32


def plain(need: Vector) -> Vector:
    """All that is needed of one resource is worth as much as all that is needed of another."""
    return tuple([SCALE // amount + 1 for amount in need])


def better(costs: list[int], gains: list[Vector], need: Vector) -> Vector:
    """Prices that raise the bound: what falls short in the divisible cover gets dearer, what is plentiful cheaper."""
    best = prices = plain(need)
    best_bound = 0.0
    for step in range(ROUNDS if len(need) > 1 else 0):
        bound, freed = divisible(costs, gains, need, prices)
        if bound > best_bound:
            best_bound, best = bound, prices
        power = 1.0 / (1 + step / 4)
        prices = tuple(
            [
                int(price * (amount / max(got, amount / 8)) ** power) + 1
                for price, amount, got in zip(prices, need, freed, strict=True)
            ]
        )
    return best


def divisible(costs: list[int], gains: list[Vector], need: Vector, prices: Vector) -> tuple[float, list[float]]:
    """The cheapest cover at these prices if items were divisible: its cost, and what it frees of each resource."""
    worth = [sum(map(int.__mul__, prices, gain)) for gain in gains]
    rates = [cost / value for cost, value in zip(costs, worth, strict=True)]
    left = sum(map(int.__mul__, prices, need))
    spent = 0.0
    freed = [0.0] * len(need)
    for item in sorted(range(len(costs)), key=rates.__getitem__):
        part = min(1.0, left / worth[item])
        spent += part * costs[item]
        freed = [got + part * more for got, more in zip(freed, gains[item], strict=True)]
        left -= worth[item]
        if left <= 0:
            break
    return spent, freed
