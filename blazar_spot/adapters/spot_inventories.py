# SPDX-License-Identifier: Apache-2.0
"""What a spot pool's inventories look like in Placement, open and closed: pure functions.

Each class of the host has its shadow here, with ratio 1.0, so that what is reserved is exactly what is withheld. One
more class marks the provider as a pool: of its two units nobody ever consumes one, and the second is reserved while the
pool is closed. A list of the providers that still have one, or both, is a list of all pools, or of the open ones.
"""

from collections.abc import Mapping

from blazar_spot.core.flavors import SHADOW_PREFIX, shadow_class

MARKER = f"{SHADOW_PREFIX}POOL"
POOL_UNITS = 1
OPEN_UNITS = 2

Inventory = Mapping[str, int | float]


def mirrored(totals: Mapping[str, int], present: Mapping[str, Inventory], *, closed: bool) -> dict[str, Inventory]:
    """The inventories of the pool of a host with these totals, given those that the pool has.

    A class that the host has lost stays, wholly reserved: it may be in use, and then it could not be removed and the
    pool could not be closed.
    """
    lost = {name: _inventory(int(present[name]["total"]), is_reserved=True) for name in present}
    shadows = {shadow_class(name): _inventory(total, is_reserved=closed) for name, total in totals.items()}
    marker = _inventory(OPEN_UNITS) | {"reserved": OPEN_UNITS - POOL_UNITS if closed else 0}
    return {**lost, **shadows, MARKER: marker}


def is_closed(inventories: Mapping[str, Inventory]) -> bool:
    """Whether the pool is closed; one that was never filled is not."""
    return bool(inventories.get(MARKER, {}).get("reserved", 0))


def _inventory(total: int, *, is_reserved: bool = False) -> dict[str, int | float]:
    return {
        "total": total,
        "reserved": total if is_reserved else 0,
        "min_unit": 1,
        "max_unit": total,
        "step_size": 1,
        "allocation_ratio": 1.0,
    }
