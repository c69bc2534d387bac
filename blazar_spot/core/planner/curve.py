# SPDX-License-Identifier: Apache-2.0
"""What units beyond the free ones cost on one host, as a curve for ``merge``.

A closed curve knows what each unit costs at least if only one resource is looked at. It opens as one lower bound: what
is missing at the prices of the last step, bought in pieces by the best rate. Steps that matter are then sharpened by
covering exactly what they need.
"""

from collections.abc import Sequence

from blazar_spot.core.planner.prices import Divisible, better, plain, weigh
from blazar_spot.core.planner.room import Dimension, Room

# Of so few units every one is a step.
FEW = 8


class SlotCurve:
    """A curve of units of ``unit`` slots, no more than are wanted."""

    __slots__ = ("exact", "free", "is_open", "most", "points", "rate", "room", "unit", "units")

    def __init__(self, room: Room, unit: int, wanted: int) -> None:
        self.room = room
        self.unit = unit
        self.free = room.free // unit
        self.most = min(room.most // unit - self.free, wanted)
        self.rate = room.rate(self.free * unit, unit)
        self.is_open = False
        self.units: Sequence[int] = ()
        self.points: list[int] = []
        self.exact: list[bool] = []

    def open(self) -> None:
        self.is_open = True
        self.units = steps(self.room, self.unit, self.most)
        self.points = [self.rate * units for units in self.units]
        self.exact = [True] + [False] * (len(self.units) - 1)
        self._raise_floor(plain(self.room.binding().missing(self._slots(-1))))

    def sharpen(self, step: int) -> None:
        sides, slots = self.room.binding(), self._slots(step)
        if sides.prices is None and len(sides.dimensions) > 1:
            sides.prices = better(sides.costs, sides.gains, sides.missing(slots))
            self._raise_floor(sides.prices)
            return
        covering = self.room.covering(slots)
        covering.sharpen()
        self.exact[step] = covering.exact
        points, bound = self.points, covering.bound
        for later in range(step, len(points)):
            if points[later] >= bound:
                break
            points[later] = bound

    def _slots(self, step: int) -> int:
        return (self.free + self.units[step]) * self.unit

    def _raise_floor(self, prices: Sequence[int]) -> None:
        """A lower bound of all steps at these prices."""
        sides = self.room.binding()
        divisible = Divisible(sides.costs, weigh(prices, sides.gains))
        bounds = divisible.bounds(sides.targets(prices, [self._slots(step) for step in range(1, len(self.units))]))
        # Where more is held than there is, something may be missing for no slots too, but those cost nothing.
        self.points[1:] = map(max, self.points[1:], bounds)


def steps(room: Room, unit: int, most: int) -> Sequence[int]:
    """The numbers of units beyond the free ones at which the cost can rise, and perhaps more.

    From one step to the next, whatever covers one unit more covers the whole step: how many slots fit once some
    instances have gone is what one of the dimensions allows. Where these are many, each unit is a step.
    """
    if most <= FEW:
        return range(most + 1)
    free = room.free // unit
    ends = {most}
    sides = room.binding()
    for dimension, gains in zip(sides.dimensions, sides.gains, strict=True):
        sums = _sums(dimension, gains, most)
        if sums is None:
            return range(most + 1)
        left = dimension.available - dimension.loose
        ends.update([(left + amount) // dimension.step // unit - free for amount in sums])
    return [0, *sorted(end for end in ends if 0 < end <= most)]


def _sums(dimension: Dimension, gains: list[int], most: int) -> set[int] | None:
    """All that any instances together free; None when that is too many amounts."""
    if not dimension.step:
        return None
    sums = {0}
    for gain in gains:
        sums |= {amount + gain for amount in sums}
        if len(sums) > most:
            return None
    return sums
