# SPDX-License-Identifier: Apache-2.0
"""What one host can give at one start, and who has to go for it.

A room counts in dimensions: one resource at one instant. Of dimensions that say the same only one is looked at. Which
rooms there are is ``capacity``'s; the cheapest victims are found by ``victims``.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from blazar_spot.core.model import Spot
from blazar_spot.core.planner.sites import Site
from blazar_spot.core.planner.victims import Covering


@dataclass(slots=True, eq=False)
class Dimension:
    """One resource at one instant, of which each slot takes ``step``.

    There is room for ``available`` once everything has gone that may be evicted. ``loose`` of it is still held by
    movable instances that cost something; those that are gone by ``gone_by`` hold nothing any more.
    """

    resource: str
    gone_by: int
    step: int
    available: int
    loose: int

    def missing(self, slots: int) -> int:
        """What has to be freed before so many slots fit."""
        return slots * self.step + self.loose - self.available

    def gains(self, spots: Sequence[Spot]) -> list[int]:
        """What evicting each of the instances frees."""
        resource, gone_by = self.resource, self.gone_by
        return [spot.size.get(resource, 0) if spot.evict_at is None or spot.evict_at > gone_by else 0 for spot in spots]


@dataclass(slots=True, eq=False)
class Room:
    """What a host can give: ``free`` slots at no cost, up to ``most`` with victims among ``paid``.

    The movable instances that cost nothing count as evicted until ``evictions`` spares them.
    """

    site: Site
    free: int
    most: int
    paid: list[Spot]
    gratis: list[Spot]
    dimensions: list[Dimension]
    coverings: dict[int, Covering] = field(default_factory=dict)
    sides: "Sides | None" = None

    def rate(self, free: int, unit: int) -> int:
        """What each unit of so many slots beyond the free ones costs at least, looking at one resource at a time.

        The first unit misses no more than any later one, which finds nothing free any more.
        """
        best = 0
        for dimension in self.dimensions:
            missing = min(dimension.missing(free + unit), dimension.step * unit)
            if missing > 0:
                gains = dimension.gains(self.paid)
                rates = [spot.cost * missing // gain for spot, gain in zip(self.paid, gains, strict=True) if gain]
                best = max(best, min(rates))
        return best

    def binding(self) -> "Sides":
        """The dimensions that decide, and what each of ``paid`` frees of them."""
        if self.sides is None:
            self.paid.sort(key=lambda spot: spot.id)
            missing = [dimension for dimension in self.dimensions if dimension.missing(self.most) > 0]
            self.sides = Sides([spot.cost for spot in self.paid], *decisive(missing, self.paid))
        return self.sides

    def covering(self, slots: int) -> Covering:
        """Which of ``paid`` have to go for so many slots, to be sharpened as far as it matters."""
        known = self.coverings.get(slots)
        if known is None:
            sides = self.binding()
            known = Covering(sides.costs, sides.gains, sides.missing(slots), sides.prices)
            self.coverings[slots] = known
        return known

    def cost(self, slots: int) -> int:
        """The least cost of so many slots."""
        covering = self.covering(slots)
        while not covering.exact:
            covering.sharpen()
        return covering.bound

    def evictions(self, slots: int) -> list[Spot]:
        """The victims for so many slots at the least cost; nobody goes who could stay."""
        self.cost(slots)
        victims = [self.paid[item] for item in self.covering(slots).items]
        if not self.gratis:
            return victims
        slack = [sum(dimension.gains(victims)) - dimension.missing(slots) for dimension in self.dimensions]
        needed = []
        for spot in sorted(self.gratis, key=lambda spot: spot.id):
            gains = [dimension.gains([spot])[0] for dimension in self.dimensions]
            if all(map(int.__le__, gains, slack)):
                slack = list(map(int.__sub__, slack, gains))
            else:
                needed.append(spot)
        return victims + needed


@dataclass(slots=True, eq=False)
class Sides:
    """The costs of some instances, the dimensions that decide, and what each instance frees, dimension by dimension."""

    costs: list[int]
    dimensions: list[Dimension]
    gains: list[list[int]]
    prices: list[int] | None = None

    def missing(self, slots: int) -> list[int]:
        """What has to be freed of each dimension, if anything."""
        return [max(dimension.missing(slots), 0) for dimension in self.dimensions]

    def targets(self, prices: Sequence[int], slots: Sequence[int]) -> list[int]:
        """What is missing is worth at these prices, for each number of slots."""
        found = [0] * len(slots)
        for price, dimension in zip(prices, self.dimensions, strict=True):
            step, base = price * dimension.step, price * dimension.missing(0)
            missing = [amount * step + base for amount in slots]
            found = [known + amount if amount > 0 else known for known, amount in zip(found, missing, strict=True)]
        return found


def decisive(dimensions: list[Dimension], spots: Sequence[Spot]) -> tuple[list[Dimension], list[list[int]]]:
    """The dimensions without those that are covered whenever another one is, and the gains in each."""
    kept = [(dimension, dimension.gains(spots)) for dimension in dimensions]
    place = 0
    while place < len(kept):
        one = kept[place]
        if any(_follows(*one, *other) for other in kept if other is not one):
            del kept[place]
        else:
            place += 1
    return [dimension for dimension, _ in kept], [gains for _, gains in kept]


def _follows(one: Dimension, gains: list[int], other: Dimension, others: list[int]) -> bool:
    """Whether for any number of slots what covers the other dimension covers the one.

    It does if for each slot's worth that an instance frees of the other it frees as much of the one, and as much is
    free already.
    """
    if not one.step or not other.step:
        return False
    if (one.available - one.loose) * other.step < (other.available - other.loose) * one.step:
        return False
    return all(map(int.__ge__, [gain * other.step for gain in gains], [gain * one.step for gain in others]))
