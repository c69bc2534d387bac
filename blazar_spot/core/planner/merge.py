# SPDX-License-Identifier: Apache-2.0
"""So many units over all hosts at the least total cost, exactly, looking closely at few hosts.

The cost of k units on one host never falls as k grows but bends both ways: one large instance may pay for eight
slots. A curve starts from cheap lower bounds and sharpens a point on demand until it is exact. Every unit is given a
price; hosts give what is worth it at that price, and the little that remains is searched.

Why few points are enough. At the price, each host has a best choice; any other choice of it *regrets* something. The
cost of a solution is a constant plus its regrets, so a point that regrets as much as the best known solution has to
spare cannot improve it. Call the hosts that leave their best choice strayers, and K the most units a host can give.
A group of strayers whose strayings add up to nothing could go back together, for free; among 2K strayers there always
is such a group (order them so that the running sum stays between -K and K: some sum comes twice). So for each length
of straying only the 2K - 1 hosts that regret least matter.
"""

import heapq
from collections.abc import Sequence
from typing import NamedTuple, Protocol


class Curve(Protocol):
    """What units cost on one host: ``points[k]`` is the cost of k units, exact or a lower bound of it.

    Points never fall from left to right, and ``points[0]`` is exactly 0.
    """

    points: list[int]
    exact: list[bool]

    def sharpen(self, units: int) -> None:
        """Raise the bound of that point, or make it exact; other points may rise with it. A few calls are enough."""


def merge(curves: Sequence[Curve], need: int) -> list[int]:
    """How many units to take from each curve, ``need`` in all, at the least total cost.

    The curves together must be able to give that much.
    """
    return _Merge(curves, need).solve()


class _Merge:
    def __init__(self, curves: Sequence[Curve], need: int) -> None:
        self.curves = curves
        self.taken = [0] * len(curves)
        self.left = need
        self.most = max((len(curve.points) - 1 for curve in curves), default=0)
        # Two slopes differ by at least 1 / most^2, so this many bits order them exactly.
        self.bits = 2 * self.most.bit_length()
        # The price of ``units`` units.
        self.price = 0
        self.units = 1

    def solve(self) -> list[int]:
        self._take_best()
        if self.left:
            host, cost = self._complete()
            spare = self.units * cost - self.price * self.left
            strayings = self._search(self._strayers(spare), spare) if spare else None
            for stray, units in strayings or [(host, self.left)]:
                self.taken[stray] += units
        return self.taken

    def _take_best(self) -> None:
        """Take the cheapest stretch of any curve until the next one would be too long; it sets the price."""
        queue = [entry for host in range(len(self.curves)) if (entry := self._stretch(host)) is not None]
        heapq.heapify(queue)
        while self.left:
            _, host, units = queue[0]
            curve, taken = self.curves[host], self.taken[host]
            if not curve.exact[units]:
                curve.sharpen(units)
            else:
                self.price, self.units = curve.points[units] - curve.points[taken], units - taken
                if self.units > self.left:
                    return
                self.taken[host] = units
                self.left -= self.units
            following = self._stretch(host)
            if following is None:
                heapq.heappop(queue)
            else:
                heapq.heapreplace(queue, following)

    def _stretch(self, host: int) -> tuple[int, int, int] | None:
        """The stretch of the curve with the least cost per unit from where it is, the shortest of them."""
        points, taken, bits = self.curves[host].points, self.taken[host], self.bits
        paid = points[taken]
        best = None
        for units in range(taken + 1, len(points)):
            slope = ((points[units] - paid) << bits) // (units - taken)
            if best is None or slope < best[0]:
                best = (slope, host, units)
        return best

    def _complete(self) -> tuple[int, int]:
        """The host that gives all that is left at the least cost, and that cost: a first complete solution."""
        queue = []
        for host, (curve, taken) in enumerate(zip(self.curves, self.taken, strict=True)):
            if taken + self.left < len(curve.points):
                queue.append((curve.points[taken + self.left] - curve.points[taken], host))
        heapq.heapify(queue)
        while True:
            cost, host = queue[0]
            curve, units = self.curves[host], self.taken[host] + self.left
            if curve.exact[units]:
                return host, cost
            curve.sharpen(units)
            heapq.heapreplace(queue, (curve.points[units] - curve.points[self.taken[host]], host))

    def _regret(self, host: int, units: int) -> int:
        points, taken = self.curves[host].points, self.taken[host]
        return self.units * (points[units] - points[taken]) - self.price * (units - taken)

    def _strayers(self, spare: int) -> dict[int, list[tuple[int, int]]]:
        """Per host the (straying, regret) pairs that can be part of a better solution."""
        queues: dict[int, list[tuple[int, int]]] = {}
        for host, (curve, taken) in enumerate(zip(self.curves, self.taken, strict=True)):
            floor = self.units * curve.points[taken] - self.price * taken + spare
            for units, point in enumerate(curve.points):
                if self.units * point - self.price * units < floor and units != taken:
                    queues.setdefault(units - taken, []).append((self._regret(host, units), host))
        chosen: dict[int, list[tuple[int, int]]] = {}
        for straying, queue in queues.items():
            for regret, host in self._least(queue, straying, spare):
                chosen.setdefault(host, []).append((straying, regret))
        return chosen

    def _least(self, queue: list[tuple[int, int]], straying: int, spare: int) -> list[tuple[int, int]]:
        """The hosts that regret this straying least, as many as can matter, with their exact regrets."""
        heapq.heapify(queue)
        least: list[tuple[int, int]] = []
        while queue and len(least) < 2 * self.most - 1:
            regret, host = heapq.heappop(queue)
            units = self.taken[host] + straying
            if self.curves[host].exact[units]:
                least.append((regret, host))
                continue
            self.curves[host].sharpen(units)
            regret = self._regret(host, units)
            if regret < spare:
                heapq.heappush(queue, (regret, host))
        return least

    def _search(self, strayers: dict[int, list[tuple[int, int]]], spare: int) -> list[tuple[int, int]] | None:
        """The strayings that add up to what is left and regret least, if they regret less than there is to spare."""
        sums: dict[int, tuple[int, Trail | None]] = {0: (0, None)}
        for host, options in strayers.items():
            following = dict(sums)
            for total, (regret, trail) in sums.items():
                for straying, more in options:
                    known = following.get(total + straying)
                    if regret + more < (spare if known is None else known[0]):
                        following[total + straying] = (regret + more, Trail(host, straying, trail))
            sums = following
        if self.left not in sums:
            return None
        found = []
        last = sums[self.left][1]
        while last is not None:
            found.append((last.host, last.straying))
            last = last.before
        return found


class Trail(NamedTuple):
    """The strayings that lead to a sum, the latest first."""

    host: int
    straying: int
    before: "Trail | None"
