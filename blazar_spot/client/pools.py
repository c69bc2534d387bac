# SPDX-License-Identifier: Apache-2.0
"""Spot pools: how much of each host spot instances may have, and what could boot now."""

from collections.abc import Iterator
from typing import cast

from blazar_spot.client.documents import Capacity, Closure, Pool
from blazar_spot.client.door import Door, path

LARGEST_PAGE = 200
"""Each pool costs the service some questions."""


class Pools:
    """One for each host. For admins."""

    def __init__(self, door: Door) -> None:
        self._door = door

    def list(self, *, limit: int | None = None) -> Iterator[Pool]:
        """By host."""
        return self._door.items("pools", "pools", {}, limit, largest_page=LARGEST_PAGE)

    def get(self, host: str) -> Pool:
        return cast(Pool, self._door.get(path("pools", host))["pool"])

    def capacity(self) -> Capacity:
        """How many instances of each flavor could boot now, over all pools. For anybody."""
        return cast(Capacity, self._door.get("capacity"))

    def close(self, host: str, reason: str = "") -> Closure:
        """Let no more spot instances come to the host; those that are there stay."""
        return cast(Closure, self._door.post(path("pools", host, "close"), {"reason": reason})["closure"])

    def drain(self, host: str, by: str | None = None, reason: str = "") -> Closure:
        """Let the host be empty from this instant on, or as soon as no promise is broken by it."""
        body = {"reason": reason} | ({} if by is None else {"by": by})
        return cast(Closure, self._door.post(path("pools", host, "drain"), body)["closure"])

    def open(self, host: str) -> None:
        """Let spot instances come again; who was told to go for a drain may stay."""
        self._door.post(path("pools", host, "open"), None)

    def closures(self) -> Iterator[Closure]:
        """The hosts that are closed by order."""
        return self._door.items("closures", "closures", {})
