# SPDX-License-Identifier: Apache-2.0
"""One price for the units of all hosts, looking closely at few of them.

At a price, hosts give what is worth it to them, and the little that remains is ``merge``'s. The price comes from the
stretches of all lower hulls, the cheapest per unit first, until there is enough. A closed curve stands for one stretch,
and opens when its turn comes. Hosts that then rest on a mere bound are sharpened, which may bend their hulls, and
stretches are taken or given back, until every host rests on an exact point. Hosts that are too dear never rest on
anything but 0, which is exact.
"""

import heapq
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass

from blazar_spot.core.planner.hulls import Curve, Price, hull


@dataclass(frozen=True, slots=True)
class Settled:
    """At the price, ``steps`` are the best points of the curves, all exact; ``left`` units are still to be found."""

    price: Price
    steps: list[int]
    left: int


def settle(curves: Sequence[Curve], need: int) -> Settled:
    """The price at which the best points of the curves come as near to the need from below as hulls can."""
    front = _Front(curves, need)
    while vague := front.advance():
        for host, step in vague:
            front.sharpen(host, step)
        front.retreat()
    return Settled(front.price, front.steps, front.left)


class _Front:
    """How far each host has come on its hull, at one price for all."""

    def __init__(self, curves: Sequence[Curve], need: int) -> None:
        self.curves = curves
        # Two slopes differ by at least 1 / most^2, so this many bits order them exactly.
        self.bits = 2 * max((curve.most for curve in curves), default=0).bit_length()
        self.price = Price(0, 1)
        self.steps = [0] * len(curves)
        self.places = [0] * len(curves)
        # The stretches of each hull: how steep they are, in whole numbers, and the steps where they end.
        self.slopes = [[curve.rate << self.bits] for curve in curves]
        self.ends: list[list[int]] = [[] for _ in curves]
        self.least = [0] * len(curves)
        self.moved: set[int] = set()
        self.left = need
        self._begin(sum([curve.most for curve in curves]) - need)

    def _begin(self, others: int) -> None:
        """What the others cannot give at their most a host has to give."""
        for host, curve in enumerate(self.curves):
            if curve.most > others:
                self._open(host)
                self.least[host] = bisect_left(curve.units, curve.most - others)
                self._move(host, self.least[host])
                self._bend(host)

    def advance(self) -> list[tuple[int, int]]:
        """Take the cheapest stretches until the next is too long; which hosts then rest on which mere bounds."""
        queue = [
            (slopes[place], host)
            for host, (slopes, place) in enumerate(zip(self.slopes, self.places, strict=True))
            if place < len(slopes)
        ]
        heapq.heapify(queue)
        rests = []
        while self.left > 0 and queue:
            host = queue[0][1]
            if not self.curves[host].is_open:
                self._open(host)
            elif not self._take(host):
                rests.append((host, self.ends[host][self.places[host]]))
                break
            if self.places[host] < len(self.slopes[host]):
                heapq.heapreplace(queue, (self.slopes[host][self.places[host]], host))
            else:
                heapq.heappop(queue)
        rests += [(host, self.steps[host]) for host in self.moved]
        self.moved.clear()
        return [(host, step) for host, step in rests if not self.curves[host].exact[step]]

    def retreat(self) -> None:
        """Give the dearest stretches back until there is no more than is needed, or nothing to give back."""
        if self.left >= 0:
            return
        queue = [(-self.slopes[host][place - 1], host) for host, place in enumerate(self.places) if place]
        heapq.heapify(queue)
        while self.left < 0 and queue:
            host = queue[0][1]
            self.places[host] -= 1
            self._use(host)
            self._move(host, self._start(host))
            if self.places[host]:
                heapq.heapreplace(queue, (-self.slopes[host][self.places[host] - 1], host))
            else:
                heapq.heappop(queue)

    def sharpen(self, host: int, step: int) -> None:
        """Sharpen the point, and what the host rests on at the price then."""
        curve = self.curves[host]
        limit = (self.price.cost << self.bits) // self.price.units
        while not curve.exact[step]:
            curve.sharpen(step)
            self._bend(host)
            self.places[host] = bisect_left(self.slopes[host], limit)
            step = self._start(host)
        self._move(host, self._start(host))

    def _take(self, host: int) -> bool:
        """Take the next stretch, which sets the price; False when it is too long."""
        self._use(host)
        step = self.ends[host][self.places[host]]
        units = self.curves[host].units
        if units[step] - units[self.steps[host]] > self.left:
            return False
        self._move(host, step)
        self.places[host] += 1
        return True

    def _use(self, host: int) -> None:
        """The price of the next stretch."""
        curve, first, last = self.curves[host], self._start(host), self.ends[host][self.places[host]]
        self.price = Price(curve.points[last] - curve.points[first], curve.units[last] - curve.units[first])

    def _start(self, host: int) -> int:
        place = self.places[host]
        return self.ends[host][place - 1] if place else self.least[host]

    def _move(self, host: int, step: int) -> None:
        units = self.curves[host].units
        self.left -= units[step] - units[self.steps[host]]
        self.steps[host] = step
        self.moved.add(host)

    def _open(self, host: int) -> None:
        self.curves[host].open()
        self._bend(host)

    def _bend(self, host: int) -> None:
        self.slopes[host], self.ends[host] = hull(self.curves[host], self.least[host], self.bits)
