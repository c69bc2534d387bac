# SPDX-License-Identifier: Apache-2.0
"""So many units over all hosts at the least total cost, exactly, looking closely at few hosts.

The cost of k units on one host never falls as k grows but bends both ways: one large instance may pay for eight
slots. A curve starts from cheap lower bounds and sharpens a point on demand until it is exact. Every unit is given a
price; hosts give what is worth it at that price, and the little that remains is ``merge``'s.

The price is found from below. The stretches of all lower hulls, the cheapest per unit first, are taken until there is
enough; a host that rests on a mere bound is sharpened, which may bend its hull, and the stretches are taken anew,
until every host rests on an exact point. Hosts that are too dear never rest on anything but 0, which is exact.
"""

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol


class Curve(Protocol):
    """What units cost on one host: ``points[step]`` is the cost of ``units[step]`` units, exact or a lower bound.

    Both ascend from 0; from one step to the next nothing is cheaper than the whole step. ``points[0]`` is exact.
    """

    units: Sequence[int]
    points: list[int]
    exact: list[bool]

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


@dataclass(frozen=True, slots=True)
class Settled:
    """At the price, ``steps`` are the best points of the curves, all exact; ``left`` units are still to be found."""

    price: Price
    steps: list[int]
    left: int


# The slope of a stretch of a hull, as a whole number that orders slopes exactly; the host; the step where it ends.
Stretch = tuple[int, int, int]


def settle(curves: Sequence[Curve], need: int) -> Settled:
    """The price at which the best points of the curves come as near to the need from below as hulls can."""
    most = max((curve.units[-1] for curve in curves), default=0)
    # Two slopes differ by at least 1 / most^2, so this many bits order them exactly.
    bits = 2 * most.bit_length()
    # What the others cannot give at their most a host has to give.
    others = sum([curve.units[-1] for curve in curves]) - need
    least = [bisect_left(curve.units, curve.units[-1] - others) for curve in curves]
    stretches = sorted([way for host, curve in enumerate(curves) for way in hull(curve, host, least[host], bits)])
    while True:
        found, last = _take(curves, stretches, least, need)
        rests = [(host, step) for host, step in enumerate(found.steps) if not curves[host].exact[step]]
        if last is not None and not curves[last[1]].exact[last[2]]:
            rests.append((last[1], last[2]))
        if not rests:
            return found
        for host, step in rests:
            curves[host].sharpen(step)
        vague = {host for host, _ in rests}
        stretches = [stretch for stretch in stretches if stretch[1] not in vague]
        for host in vague:
            stretches += _sharpened(curves[host], host, least[host], bits, found.price)
        stretches.sort()


def _take(
    curves: Sequence[Curve], stretches: list[Stretch], least: list[int], need: int
) -> tuple[Settled, Stretch | None]:
    """The cheapest stretches until the next one would be too long, which sets the price."""
    steps = list(least)
    price = Price(0, 1)
    left = need - sum([curve.units[step] for curve, step in zip(curves, least, strict=True)])
    for stretch in stretches:
        if left <= 0:
            break
        _, host, step = stretch
        curve, before = curves[host], steps[host]
        width = curve.units[step] - curve.units[before]
        price = Price(curve.points[step] - curve.points[before], width)
        if width > left:
            return Settled(price, steps, left), stretch
        steps[host] = step
        left -= width
    return Settled(price, steps, left), None


def _sharpened(curve: Curve, host: int, least: int, bits: int, price: Price) -> list[Stretch]:
    """The hull of a curve whose best point at the price is exact."""
    limit = (price.cost << bits) // price.units
    while True:
        stretches = hull(curve, host, least, bits)
        step = max((step for slope, _, step in stretches if slope <= limit), default=least)
        if curve.exact[step]:
            return stretches
        curve.sharpen(step)


def hull(curve: Curve, host: int, least: int, bits: int) -> list[Stretch]:
    """The lower hull of the points from the least step on, in its shortest stretches."""
    units, points = curve.units, curve.points
    found: list[Stretch] = []
    starts: list[int] = []
    for step in range(least + 1, len(points)):
        start = step - 1
        slope = ((points[step] - points[start]) << bits) // (units[step] - units[start])
        while found and found[-1][0] > slope:
            found.pop()
            start = starts.pop()
            slope = ((points[step] - points[start]) << bits) // (units[step] - units[start])
        found.append((slope, host, step))
        starts.append(start)
    return found
