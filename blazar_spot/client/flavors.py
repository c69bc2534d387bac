# SPDX-License-Identifier: Apache-2.0
"""Flavors as the service sees them: whether they consume the spot pools as they should. For admins."""

from typing import cast

from blazar_spot.client.documents import Flavor
from blazar_spot.client.door import Door, path


class Flavors:
    """What the flavors themselves are, Nova says."""

    def __init__(self, door: Door) -> None:
        self._door = door

    def list(self) -> list[Flavor]:
        """The preemptible ones, and those that consume the pools though they are not."""
        return cast("list[Flavor]", self._door.get("flavors")["flavors"])

    def enrol(self, flavor_id: str) -> Flavor:
        """The flavor, which consumes the pools from now on."""
        return cast(Flavor, self._door.post(path("flavors", flavor_id, "enrol"), None)["flavor"])
