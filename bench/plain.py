# SPDX-License-Identifier: Apache-2.0
"""The same answer without any cleverness, to measure against: every cost on every host, then all distributions.

What so many slots cost on one host is found as the planner finds it; but for every number of slots, and the hosts are
put together by the plain dynamic program over all of them.
"""

from blazar_spot.core.model import SlotRequest, Snapshot
from blazar_spot.core.planner.capacity import room
from blazar_spot.core.planner.sites import gather
from blazar_spot.core.planner.slots import ask_of, shape_of


def plain_cost(snapshot: Snapshot, request: SlotRequest) -> int:
    """The least cost of a request that can be served."""
    ask, shape = ask_of(snapshot, request), shape_of(request)
    best: list[int | None] = [0] + [None] * shape.need
    for site in gather(snapshot, request):
        found = room(ask, site, request.start)
        if found is None:
            continue
        most = min(found.most // shape.unit, shape.need)
        costs = [0, *(found.cost(units * shape.unit) for units in range(1, most + 1))]
        for need in range(shape.need, 0, -1):
            earlier = reversed(best[max(need - len(costs) + 1, 0) : need + 1])
            totals = [before + cost for before, cost in zip(earlier, costs, strict=False) if before is not None]
            best[need] = min(totals, default=None)
    if best[-1] is None:
        raise ValueError("the request cannot be served")
    return best[-1]
