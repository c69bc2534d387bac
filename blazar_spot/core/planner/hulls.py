# SPDX-License-Identifier: Apache-2.0
"""What units cost on one host, as far as it is known, and the lower hull of that.

The cost of k units on one host never falls as k grows but bends both ways: one large instance may pay for eight
slots. A curve is closed at first, and all that is known is what a unit costs at least. It opens with lower bounds, and
a point is sharpened on demand until it is exact. Who opens and sharpens what is ``front``'s.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol


class Curve(Protocol):
    """What units cost on one host: ``points[step]`` is the cost of ``units[step]`` units, exact or a lower bound.

    Both ascend from 0 and are there once the curve is open; from one step to the next nothing is cheaper than the whole
    step. ``points[0]`` is exact. No point is below ``rate`` times its units, and the last has ``most`` units.
    """

    most: int
    rate: int
    is_open: bool
    units: Sequence[int]
    points: list[int]
    exact: list[bool]

    def open(self) -> None:
        """Find the units and the first bounds."""

    def sharpen(self, step: int) -> None:
        """Raise the bound of that point, or make it exact; other points may rise with it. A few calls are enough."""


@dataclass(frozen=True, slots=True)
class Price:
    """``units`` units are worth ``cost``."""

    cost: int
    units: int

    def regret(self, curve: Curve, step: int) -> int:
        """What that point costs more than it is worth; only differences on one curve mean something."""
        return self.units * curve.points[step] - self.cost * curve.units[step]


def hull(curve: Curve, least: int, bits: int) -> tuple[list[int], list[int]]:
    """The lower hull of the points from the least step on, in its shortest stretches: slopes, and where they end."""
    units, points = curve.units, curve.points
    slopes: list[int] = []
    ends: list[int] = []
    starts: list[int] = []
    for step in range(least + 1, len(points)):
        start = step - 1
        slope = ((points[step] - points[start]) << bits) // (units[step] - units[start])
        while slopes and slopes[-1] > slope:
            slopes.pop()
            ends.pop()
            start = starts.pop()
            slope = ((points[step] - points[start]) << bits) // (units[step] - units[start])
        slopes.append(slope)
        ends.append(step)
        starts.append(start)
    return slopes, ends
