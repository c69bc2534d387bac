# SPDX-License-Identifier: Apache-2.0
"""What a spot pool's inventories look like in Placement, whatever is withheld: pure functions.

Each class of the host has its shadow here, with ratio 1.0, so that what is reserved is exactly what is withheld. One
more class marks the provider as a pool: nobody ever consumes its two units, and the second is reserved while the pool
is open. So the list of the providers that still have one is that of all pools, and the list of those that still have
both, which as a rule is short, that of the closed ones.
"""

from collections.abc import Mapping

from blazar_spot.core.fences import CLOSED, OPEN, Fence
from blazar_spot.core.flavors import SHADOW_PREFIX, shadow_class

MARKER = f"{SHADOW_PREFIX}POOL"
POOL_UNITS = 1
CLOSED_UNITS = 2

Inventory = Mapping[str, int | float]


def mirrored(totals: Mapping[str, int], present: Mapping[str, Inventory], fence: Fence) -> dict[str, Inventory]:
    """The inventories of the pool of a host with these totals and this fence, given those that the pool has.

    A class that the host has lost stays, wholly reserved: it may be in use, and then it could not be removed and the
    pool could not be closed.
    """
    lost = {name: _inventory(name, int(inventory["total"]), CLOSED) for name, inventory in present.items()}
    shadows = {shadow_class(name): _inventory(name, total, fence) for name, total in totals.items()}
    marker = _inventory(MARKER, CLOSED_UNITS, OPEN) | {"reserved": 0 if fence.is_closed else CLOSED_UNITS - POOL_UNITS}
    return {**lost, **shadows, MARKER: marker}


def is_closed(present: Mapping[str, Inventory]) -> bool:
    """Whether all of it is withheld, and it is marked as closed."""
    left = {name: one["total"] - one["reserved"] for name, one in present.items()}
    return left.pop(MARKER, None) == CLOSED_UNITS and not any(left.values())


def raised(present: Mapping[str, Inventory], wanted: Mapping[str, Inventory]) -> dict[str, Inventory]:
    """The wanted inventories, with what is withheld now withheld still."""
    return {
        name: {
            **one,
            "reserved": _withholding_more(name, one["reserved"], min(present[name]["reserved"], one["total"])),
        }
        if name in present
        else one
        for name, one in wanted.items()
    }


def lets_go(present: Mapping[str, Inventory], wanted: Mapping[str, Inventory]) -> bool:
    """Whether something that is withheld now would be withheld no longer. A resource that the host has lost does not
    count, and one that it has gained was never withheld."""
    return any(
        wanted[name]["reserved"]
        != _withholding_more(name, wanted[name]["reserved"], min(before, wanted[name]["total"]))
        for name, before in ((name, inventory["reserved"]) for name, inventory in present.items())
    )


def _withholding_more(name: str, one: float, other: float) -> float:
    """Of the marker less is reserved when the pool is closed; of all that can be consumed, more."""
    return min(one, other) if name == MARKER else max(one, other)


def capacities(inventories: Mapping[str, Inventory]) -> dict[str, int]:
    """What can be used of each class, as Placement counts it."""
    return {name: int((one["total"] - one["reserved"]) * one["allocation_ratio"]) for name, one in inventories.items()}


def _inventory(name: str, total: int, fence: Fence) -> dict[str, int | float]:
    return {
        "total": total,
        "reserved": fence.of(name, total),
        "min_unit": 1,
        "max_unit": total,
        "step_size": 1,
        "allocation_ratio": 1.0,
    }
