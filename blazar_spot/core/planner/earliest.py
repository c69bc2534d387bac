# SPDX-License-Identifier: Apache-2.0
"""The least start at which enough hosts can serve, exactly, without trying every second.

What one host can give is a step function of the start. Each host tells its steps in order and lazily; they are played
in the order of time over all hosts, and the first instant at which the sum is enough is the answer.
"""

import heapq
from collections.abc import Iterable, Iterator

Steps = Iterator[tuple[int, int]]


def earliest(hosts: Iterable[Steps], need: int) -> int | None:
    """The first instant at which the hosts together give at least ``need``; None when they never do.

    Each host yields (instant, what it gives from then on), in ascending order of instants.
    """
    given: list[int] = []
    queue: list[tuple[int, int, int, Steps]] = []
    for number, steps in enumerate(hosts):
        given.append(0)
        for instant, units in steps:
            queue.append((instant, number, units, steps))
            break
    heapq.heapify(queue)
    total = 0
    while queue:
        instant, number, units, steps = queue[0]
        total += units - given[number]
        given[number] = units
        following = next(steps, None)
        if following is None:
            heapq.heappop(queue)
        else:
            heapq.heapreplace(queue, (following[0], number, following[1], steps))
        if total >= need and not (queue and queue[0][0] == instant):
            return instant
    return None
