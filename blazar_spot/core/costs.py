# SPDX-License-Identifier: Apache-2.0
"""What evicting an instance costs. Lower is better, 0 is for nothing, and only whole numbers count.

A cost function gets the instance and the instant of the decision. Others than these are found by their name in the
entry points ``blazar_spot.cost``; finding them is for the callers, since it takes a library.
"""

from collections.abc import Callable
from dataclasses import replace

from blazar_spot.core.model import Size, Snapshot, Spot

CostFunction = Callable[[Spot, int], int]

# How many CPUs a GPU counts for where work on both is compared.
CPUS_PER_GPU = 16
HOUR = 3600


def lost_work(spot: Spot, now: int) -> int:
    """The work that is lost if nothing was saved: size times uptime."""
    return _weight(spot.size) * _uptime(spot, now)


def youngest_first(spot: Spot, now: int) -> int:
    """The uptime, whatever the size."""
    return _uptime(spot, now)


def partial_hour(spot: Spot, now: int) -> int:
    """The seconds of the last billing hour that has begun and cannot be billed."""
    return _uptime(spot, now) % HOUR


BUILT_IN: dict[str, CostFunction] = {
    "lost_work": lost_work,
    "youngest_first": youngest_first,
    "partial_hour": partial_hour,
}


def with_costs(snapshot: Snapshot, cost: CostFunction) -> Snapshot:
    """The snapshot with the costs of all instances computed anew."""
    return replace(snapshot, spots=tuple(replace(spot, cost=cost(spot, snapshot.now)) for spot in snapshot.spots))


def _uptime(spot: Spot, now: int) -> int:
    return max(0, now - spot.launched_at)


def _weight(size: Size) -> int:
    """CPUs, and GPUs of whatever resource class; an instance that names neither counts as one CPU."""
    weight = 0
    for resource, amount in size.items():
        name = resource.lower()
        if "gpu" in name:
            weight += CPUS_PER_GPU * amount
        elif "cpu" in name:
            weight += amount
    return weight or 1
