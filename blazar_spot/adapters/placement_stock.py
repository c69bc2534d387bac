# SPDX-License-Identifier: Apache-2.0
"""``PlacementStock``: how full the spot pools are in Placement.

What all pools have left is one question: who could take a unit of the class that marks a pool. The answer has the
capacity and the use of every class of each of them.
"""

from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from keystoneauth1.session import Session

from blazar_spot.adapters.placement import PREFIX
from blazar_spot.adapters.rest import Rest
from blazar_spot.adapters.spot_inventories import MARKER, POOL_UNITS
from blazar_spot.core.errors import NotFound
from blazar_spot.core.flavors import SHADOW_PREFIX
from blazar_spot.core.model import Size
from blazar_spot.ports.stock import Level

MICROVERSION = "1.29"
"""1.27 tells all classes of a provider that could take something, and 1.29 looks at nested providers, too."""


class PlacementStock:
    """Placement, used with an administrator's rights."""

    def __init__(self, session: Session, *, region_name: str | None = None, interface: str | None = None) -> None:
        self._api = Rest(session, "placement", MICROVERSION, region_name, interface)

    def free(self) -> Mapping[str, Size]:
        with suppress(NotFound):
            self._api.get(f"/resource_classes/{MARKER}")
            unit = f"{MARKER}:{POOL_UNITS}"
            pools = self._api.all("/resource_providers", resources=unit)["resource_providers"]
            found = self._api.all("/allocation_candidates", resources=unit)["provider_summaries"]
            names = {pool["uuid"]: pool["name"].removeprefix(PREFIX) for pool in pools}
            return {names[one]: _left(summary["resources"]) for one, summary in found.items() if one in names}
        return {}  # no pool was ever made

    def level(self, host: str) -> Level:
        pools = self._api.get("/resource_providers", name=PREFIX + host)["resource_providers"]
        if not pools:
            raise NotFound(f"placement: {host} has no spot pool")
        path = f"/resource_providers/{pools[0]['uuid']}"
        inventories = self._api.get(f"{path}/inventories")["inventories"]
        if not inventories:
            raise NotFound(f"placement: the spot pool of {host} was taken away")
        used = self._api.get(f"{path}/usages")["usages"]
        return Level(
            total=_own({name: one["total"] for name, one in inventories.items()}),
            reserved=_own({name: one["reserved"] for name, one in inventories.items()}),
            used=_own(used),
        )


def _left(resources: Mapping[str, Any]) -> Size:
    return _own({name: one["capacity"] - one["used"] for name, one in resources.items()})


def _own(amounts: Mapping[str, int]) -> Size:
    """By the names that the host has for its classes; the mark is no resource."""
    shadows = {name: amount for name, amount in amounts.items() if name != MARKER and name.startswith(SHADOW_PREFIX)}
    return {name.removeprefix(SHADOW_PREFIX): amount for name, amount in shadows.items()}
