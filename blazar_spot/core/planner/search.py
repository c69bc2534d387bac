# SPDX-License-Identifier: Apache-2.0
"""What lies between a lower bound of a cover and the best cover that is known.

At the prices of the bound every item has a *reduced cost*: its cost less the worth of what it frees, at the rate of the
item that is cut. The *base* are the items with a negative one. A cover that leaves the base pays for it: each item
taken beyond the base or left out of it adds its reduced cost to the bound, and so does the worth of all that is freed
too much. These payments are never negative and they add up exactly to the cost. So only items whose payment is less
than what the best cover has to spare are in question, the cheapest payments first; that is a depth-first search over
few items. All amounts are whole numbers, multiplied by the worth of the cut item.

What is freed of each resource is kept in one number, a field of bits for each. A field starts so that its highest bit
is set exactly when enough is freed.
"""

from collections.abc import Sequence
from math import gcd
from typing import Any

from blazar_spot.core.planner.prices import Divisible, value, weigh

# A search begins with covers that pay a small part of what is to spare, and goes farther in large steps.
NEAR, FARTHER = 6, 4


# The items that leave the base on the way to a node, the latest first.
Trail = tuple[int, Any] | None


class Search:
    """``cover`` is the best known cover and ``cost`` its cost; no cover costs less than ``bound``."""

    def __init__(
        self, costs: Sequence[int], columns: Sequence[Sequence[int]], need: Sequence[int], prices: Sequence[int]
    ) -> None:
        self.costs = costs
        self.grain = gcd(*costs) or 1
        worth, target = weigh(prices, columns), value(prices, need)
        divisible = Divisible(costs, worth)
        cut = divisible.order[divisible.last(target)]
        self.rate, self.scale = costs[cut], worth[cut]
        self.worth = [self.rate * amount for amount in worth]
        self.reduced = [cost * self.scale - amount for cost, amount in zip(costs, self.worth, strict=True)]
        self.base = {item for item, reduced in enumerate(self.reduced) if reduced < 0}
        self.floor = self.rate * target + sum([self.reduced[item] for item in self.base])
        self.over = sum([self.worth[item] for item in self.base]) - self.rate * target
        self.bound = -(-self.floor // (self.scale * self.grain)) * self.grain
        self._pack(columns, need, prices)
        self.cover = self._greedy(divisible.order)
        self.cost = sum([costs[item] for item in self.cover])

    def _pack(self, columns: Sequence[Sequence[int]], need: Sequence[int], prices: Sequence[int]) -> None:
        bits = max(map(sum, columns)).bit_length()
        ones = [1 << (bits + 3) * dim for dim in range(len(need))]
        self.full = value([1 << bits] * len(need), ones)
        self.guards = self.full << 2
        self.start = self.full - value(ones, need)
        self.gains = weigh(ones, columns)
        rates = [price * self.rate for price in prices]
        self.totals = list(zip(ones, rates, map(sum, columns), strict=True))
        # The fields that each item adds to.
        self.frees = weigh(ones, [[amount and 1 << bits for amount in column] for column in columns])

    def excess(self, budget: int) -> int:
        """How much may be freed at most, of each resource, for the excess alone to be within the budget."""
        most = [(one, min(budget // price, total) if price else total) for one, price, total in self.totals]
        return self.guards + self.full + sum([one * amount for one, amount in most])

    def _greedy(self, order: Sequence[int]) -> list[int]:
        """A cover by taking the best rate first, without the items that turn out not to be needed."""
        have, full = self.start, self.full
        taken = []
        for item in order:
            if have & full == full:
                break
            if self.frees[item] & ~have:
                taken.append(item)
                have += self.gains[item]
        for item in sorted(taken, key=lambda item: -self.costs[item]):
            if (have - self.gains[item]) & full == full:
                have -= self.gains[item]
                taken.remove(item)
        return taken

    def run(self, patience: int | None) -> bool:
        """Find the best cover; False when so many nodes were not enough to prove it.

        First among those that pay little: if there is one, the best of them is the best of all.
        """
        spare = (self.cost - self.grain) * self.scale - self.floor
        near = spare >> NEAR
        while spare >= 0:
            near = min(near, spare)
            walk = Walk(self, near)
            is_done, visited = walk.run(patience)
            if walk.is_better:
                self._use(walk.found)
            if walk.is_better or near == spare or not is_done:
                return is_done
            if patience is not None:
                patience -= visited
            near = FARTHER * near + self.scale
        return True

    def _use(self, trail: Trail) -> None:
        cover = set(self.base)
        while trail is not None:
            item, trail = trail
            cover ^= {item}
        self.cover = sorted(cover)
        self.cost = sum([self.costs[item] for item in self.cover])


class Walk:
    """The covers that pay no more than a budget, cheapest payments first."""

    def __init__(self, search: Search, budget: int) -> None:
        reduced, base = search.reduced, search.base
        self.full, self.budget, self.step = search.full, budget, search.grain * search.scale
        core = sorted([(abs(paid), item) for item, paid in enumerate(reduced) if -budget <= paid <= budget])
        self.pays = [paid for paid, _ in core]
        self.items = [item for _, item in core]
        # What leaving the base frees, or less.
        self.gains = [-search.gains[item] if item in base else search.gains[item] for item in self.items]
        self.worth = [-search.worth[item] if item in base else search.worth[item] for item in self.items]
        # What all later items can free at most, and what they can give back of what is too much.
        self.reach = _suffixes(self.gains)
        self.shed = _suffixes([-amount for amount in self.worth])
        self.most = [search.excess(budget) + shed for shed in _suffixes([-amount for amount in self.gains])]
        self.guards = search.guards
        self.have = search.start + sum([search.gains[item] for item in base])
        self.over = search.over
        self.found: Trail = None
        self.is_better = False

    def run(self, patience: int | None) -> tuple[bool, int]:
        """Whether all were seen, and how many nodes that took."""
        items, pays, gains, worth, last = self.items, self.pays, self.gains, self.worth, len(self.items)
        reach, shed, most, full, guards = self.reach, self.shed, self.most, self.full, self.guards
        visited = 0
        self._judge(self.have, self.over, None)
        stack: list[tuple[int, int, int, int, Trail]] = [(0, self.have, self.over, 0, None)]
        while stack:
            place, have, over, paid, trail = stack.pop()
            if place == last or paid + pays[place] > self.budget:
                continue
            if paid + over - shed[place] > self.budget or (most[place] - have) & guards != guards:
                continue
            if (have + reach[place]) & full != full:
                continue
            if visited == patience:
                return False, visited
            visited += 1
            stack.append((place + 1, have, over, paid, trail))
            have += gains[place]
            over += worth[place]
            paid += pays[place]
            trail = (items[place], trail)
            if have & full == full:
                self._judge(have, paid + over, trail)
            stack.append((place + 1, have, over, paid, trail))
        return True, visited

    def _judge(self, have: int, paid: int, trail: Trail) -> None:
        if have & self.full == self.full and paid <= self.budget:
            self.budget, self.found, self.is_better = paid - self.step, trail, True


def _suffixes(amounts: Sequence[int]) -> list[int]:
    """For each place the sum of what is positive from there on."""
    sums = [0]
    for amount in reversed(amounts):
        sums.append(sums[-1] + max(amount, 0))
    return sums[::-1]
