# SPDX-License-Identifier: Apache-2.0
"""Spot instances: until when each may run, and why it ended."""

from collections.abc import Iterator
from typing import cast

from blazar_spot.client.documents import Instance, Interruption
from blazar_spot.client.door import Door, path


class Instances:
    """Those that run, and those that have ended, until the operator's records are purged."""

    def __init__(self, door: Door) -> None:
        self._door = door

    def list(
        self,
        *,
        gone: bool = False,
        flavor: str | None = None,
        host: str | None = None,
        all_projects: bool = False,
        limit: int | None = None,
    ) -> Iterator[Instance]:
        """Those that have not ended, or, with ``gone``, those that have, the last one first."""
        query = {"gone": gone or None, "flavor": flavor, "host": host, "all_projects": all_projects or None}
        return self._door.items("instances", "instances", query, limit)

    def get(self, instance_id: str) -> Instance:
        return cast(Instance, self._door.get(path("instances", instance_id))["instance"])

    def interrupt(
        self,
        instance_id: str,
        *,
        notice_seconds: int | None = None,
        evict: bool = False,
        dry_run: bool = False,
        reason: str = "",
    ) -> Interruption:
        """A real notice, of the usual length if none is given; at its end nothing happens, unless ``evict`` says so."""
        length = {} if notice_seconds is None else {"notice_seconds": notice_seconds}
        body = {"evict": evict, "dry_run": dry_run, "reason": reason, **length}
        answer = self._door.post(path("instances", instance_id, "interrupt"), body)
        return cast(Interruption, answer["interruption"])
