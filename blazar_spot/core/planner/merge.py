# SPDX-License-Identifier: Apache-2.0
"""The last few units over all hosts, exactly: which hosts leave their best point at the price.

At the price each host has a best point; any other point of it *regrets* something. The cost of a solution is a
constant, plus its regrets, plus the price of what it gives too much. So a point that regrets as much as the best known
solution has to spare cannot improve it, and the points that regret least are tried first, since every better solution
leaves less to spare.

Few hosts matter even when all are alike. Let K be the most units a host can give. Of the best solutions take one that
gives less than K too much (if it gives more, any host can give a step less) and in which the fewest hosts stray. No
group of its strayings adds up to nothing, or the group could go back for free. In an order that keeps the running sum
between -K and 2K no sum comes twice, so fewer than 3K hosts stray. Hence for each length of straying only the 3K hosts
that regret it least matter: any other could be replaced by one of them.
"""

import heapq
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from blazar_spot.core.planner.front import Settled, settle
from blazar_spot.core.planner.hulls import Curve


class Straying(NamedTuple):
    """A host at another step than its best one: what it regrets, and how many units more it gives."""

    regret: int
    host: int
    step: int
    more: int


class Trail(NamedTuple):
    """The strayings that lead to a sum, the latest first."""

    last: Straying
    before: "Trail | None"


@dataclass(slots=True)
class Best:
    """The best known solution: what it regrets in all, and who strays."""

    regret: int
    trail: Trail | None


def merge(curves: Sequence[Curve], need: int) -> list[int]:
    """How many units to take from each curve, ``need`` in all, at the least total cost.

    The curves together must be able to give that much.
    """
    settled = settle(curves, need)
    steps = settled.steps
    if settled.left > 0:
        trail = _Core(curves, settled).solve()
        while trail is not None:
            steps[trail.last.host] = trail.last.step
            trail = trail.before
    return _trimmed([curve.units[step] if step else 0 for curve, step in zip(curves, steps, strict=True)], need)


def _trimmed(units: list[int], need: int) -> list[int]:
    """What is too much is given back where most is given."""
    surplus = sum(units) - need
    for host in sorted(range(len(units)), key=lambda host: -units[host]) if surplus else ():
        back = min(surplus, units[host])
        units[host] -= back
        surplus -= back
    return units


class _Core:
    def __init__(self, curves: Sequence[Curve], settled: Settled) -> None:
        self.curves = curves
        self.price = settled.price
        self.steps = settled.steps
        self.left = settled.left
        self.most = max(curve.most for curve in curves)

    def solve(self) -> Trail | None:
        best = self._complete()
        near = max(best.regret >> 8, 1)
        while best.regret:
            near = min(near, best.regret)
            self._search(self._strayings(near), best)
            if near >= best.regret:
                break
            near *= 4
        return best.trail

    def _straying(self, host: int, step: int) -> Straying:
        curve, at = self.curves[host], self.steps[host]
        regret = self.price.regret(curve, step) - self.price.regret(curve, at)
        return Straying(regret, host, step, curve.units[step] - curve.units[at])

    def _complete(self) -> Best:
        """The host that alone gives all that is left at the least cost: a first solution."""
        queue = [self._completing(host) for host in range(len(self.curves)) if self._can_complete(host)]
        heapq.heapify(queue)
        while True:
            _, host, step = queue[0]
            curve = self.curves[host]
            if not curve.is_open:
                curve.open()
            elif curve.exact[step]:
                straying = self._straying(host, step)
                return Best(self._total(straying.regret, straying.more), Trail(straying, None))
            else:
                curve.sharpen(step)
            heapq.heapreplace(queue, self._completing(host))

    def _can_complete(self, host: int) -> bool:
        curve, at = self.curves[host], self.steps[host]
        return curve.most - (curve.units[at] if at else 0) >= self.left

    def _completing(self, host: int) -> tuple[int, int, int]:
        """What it costs at least to find all that is left on that host, and at which step."""
        curve, at = self.curves[host], self.steps[host]
        if not curve.is_open:
            return curve.rate * self.left, host, 0
        step = bisect_left(curve.units, curve.units[at] + self.left)
        return curve.points[step] - curve.points[at], host, step

    def _total(self, regret: int, more: int) -> int:
        return regret + self.price.cost * (more - self.left)

    def _strayings(self, near: int) -> dict[int, list[Straying]]:
        """Per host the strayings that regret less than that and can be part of a better solution."""
        queues: dict[int, list[Straying]] = {}
        cost, units = self.price.cost, self.price.units
        for host, (curve, at) in enumerate(zip(self.curves, self.steps, strict=True)):
            if not curve.is_open:
                if units * curve.rate - cost >= near:
                    continue
                curve.open()
            limit = self.price.regret(curve, at) + near
            for step, (point, amount) in enumerate(zip(curve.points, curve.units, strict=True)):
                if units * point - cost * amount < limit and step != at:
                    straying = self._straying(host, step)
                    queues.setdefault(straying.more, []).append(straying)
        chosen: dict[int, list[Straying]] = {}
        for queue in queues.values():
            for straying in self._least(queue, near):
                chosen.setdefault(straying.host, []).append(straying)
        return chosen

    def _least(self, queue: list[Straying], near: int) -> list[Straying]:
        """The strayings that regret least, as many as can matter, with their exact regrets."""
        heapq.heapify(queue)
        least: list[Straying] = []
        while queue and len(least) < 3 * self.most:
            straying = heapq.heappop(queue)
            curve = self.curves[straying.host]
            if curve.exact[straying.step]:
                least.append(straying)
                continue
            curve.sharpen(straying.step)
            again = self._straying(straying.host, straying.step)
            if again.regret < near:
                heapq.heappush(queue, again)
        return least

    def _search(self, strayings: dict[int, list[Straying]], best: Best) -> None:
        """Improve the best solution by these strayings, if that is possible."""
        sums: dict[int, tuple[int, Trail | None]] = {0: (0, None)}
        for host in sorted(strayings, key=lambda host: min(strayings[host])):
            following = dict(sums)
            for total, (regret, trail) in sums.items():
                for straying in strayings[host]:
                    more, paid = total + straying.more, regret + straying.regret
                    known = following.get(more)
                    if paid < (best.regret if known is None else known[0]):
                        following[more] = (paid, Trail(straying, trail))
                        if more >= self.left and self._total(paid, more) < best.regret:
                            best.regret, best.trail = self._total(paid, more), following[more][1]
            sums = following
            if not best.regret:
                return
