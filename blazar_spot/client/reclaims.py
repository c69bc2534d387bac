# SPDX-License-Identifier: Apache-2.0
"""Reclaims: how hosts are freed for leases, by host, by lease, and what of it broke a promise."""

from collections.abc import Iterator, Sequence
from typing import cast

from blazar_spot.client.documents import Breach, Lease, Reclaim
from blazar_spot.client.door import Door, path
from blazar_spot.client.errors import NotFound


class Reclaims:
    """The life of freeing one host for one lease."""

    def __init__(self, door: Door) -> None:
        self._door = door

    def list(
        self,
        *,
        lease_id: str | None = None,
        host: str | None = None,
        states: Sequence[str] = (),
        all_projects: bool = False,
        limit: int | None = None,
    ) -> Iterator[Reclaim]:
        """By start; those that have not ended if neither states nor a lease are given."""
        query = {
            "lease_id": lease_id,
            "host": host,
            "state": list(states) or None,
            "all_projects": all_projects or None,
        }
        return self._door.items("reclaims", "reclaims", query, limit)

    def get(self, reclaim_id: str) -> Reclaim:
        """With its victims, breaches and timeline."""
        return cast(Reclaim, self._door.get(path("reclaims", reclaim_id))["reclaim"])


class Leases:
    """How far each lease is in getting its hosts, over all of them."""

    def __init__(self, door: Door) -> None:
        self._door = door

    def list(
        self, lease_ids: Sequence[str] = (), *, all_projects: bool = False, limit: int | None = None
    ) -> Iterator[Lease]:
        """All that hold hosts, or these, those that are over too. What holds no host, or is another's, is left out."""
        query = {"lease_id": list(lease_ids) or None, "all_projects": all_projects or None}
        return self._door.items("leases", "leases", query, limit)

    def get(self, lease_id: str, *, all_projects: bool = False) -> Lease:
        for lease in self.list([lease_id], all_projects=all_projects):
            return lease
        raise NotFound(404, {"code": "not_found", "message": "There is no lease with this id that holds hosts."})


class Breaches:
    """Promises that were broken. For admins."""

    def __init__(self, door: Door) -> None:
        self._door = door

    def list(self, *, limit: int | None = None) -> Iterator[Breach]:
        """The last one first."""
        return self._door.items("breaches", "breaches", {}, limit)
