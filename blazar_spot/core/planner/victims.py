# SPDX-License-Identifier: Apache-2.0
"""The cheapest instances whose eviction frees enough of several resources at once, exactly.

This is the multi-dimensional covering problem. The answer is approached in steps, each dearer than the one before,
because most hosts are out of the question long before their exact cost is known. Nothing is ever approximated:
``prices`` gives the lower bounds, and ``search`` what lies between the bound and the best known cover.
"""

from collections.abc import Sequence
from math import gcd

from blazar_spot.core.planner.prices import MANY_ROUNDS, better, plain
from blazar_spot.core.planner.search import Search

# How many nodes a search may visit before better prices are looked for.
PATIENCE = 3000


class Covering:
    """One need to cover: ``bound`` rises with each ``sharpen`` until it is ``exact``; then ``items`` are the cover.

    All items together must cover the need.
    """

    __slots__ = ("bound", "columns", "costs", "exact", "is_hard", "items", "need", "prices", "search", "useful")

    def __init__(
        self,
        costs: Sequence[int],
        columns: Sequence[Sequence[int]],
        need: Sequence[int],
        prices: Sequence[int] | None = None,
    ) -> None:
        """A column says what the items free of one resource; prices, if there are any, are those to begin with."""
        dims = [dim for dim, amount in enumerate(need) if amount > 0]
        # Whatever goes frees a multiple of the grain.
        grains = [gcd(*columns[dim]) for dim in dims]
        self.need = [-(-need[dim] // grain) * grain for dim, grain in zip(dims, grains, strict=True)]
        clipped = [
            [gain if gain < most else most for gain in columns[dim]] for dim, most in zip(dims, self.need, strict=True)
        ]
        self.useful = [item for item, gain in enumerate(map(max, *clipped, clipped[0])) if gain] if dims else []
        self.costs = [costs[item] for item in self.useful]
        self.columns = [[column[item] for item in self.useful] for column in clipped]
        self.prices = plain(self.need) if prices is None else [prices[dim] for dim in dims]
        self.bound = 0
        self.items: list[int] = []
        self.exact = not dims
        self.search: Search | None = None
        self.is_hard = False

    def sharpen(self) -> None:
        """Raise the bound: first by the given prices, then by a short search, else by better prices, then for good."""
        if self.search is None:
            self._price(self.prices)
        elif self.is_hard or len(self.need) == 1:
            self._finish(self.search.run(None))
        else:
            self._finish(self.search.run(PATIENCE))
            if not self.exact:
                self.is_hard = True
                self._price(better(self.costs, self.columns, self.need, MANY_ROUNDS))

    def _price(self, prices: Sequence[int]) -> None:
        """Look from these prices if that bounds better than before; the best cover known so far is kept."""
        search, before = Search(self.costs, self.columns, self.need, prices), self.search
        if before is not None:
            covers = [(search.cost, search.cover), (before.cost, before.cover)]
            if search.bound <= self.bound:
                search = before
            search.cost, search.cover = min(covers)
        self.search, self.bound = search, search.bound
        self._finish(search.cost == search.bound)

    def _finish(self, is_proven: bool) -> None:
        if is_proven and self.search is not None:
            self.bound = self.search.cost
            self.items = sorted([self.useful[item] for item in self.search.cover])
            self.exact = True
            # There are many of these at a time, and only the answer is still of use.
            self.search = None
            self.columns = []
