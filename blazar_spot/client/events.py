# SPDX-License-Identifier: Apache-2.0
"""Events: what is coming to a project's instances."""

from collections.abc import Iterator, Sequence
from typing import cast

from blazar_spot.client.documents import Event
from blazar_spot.client.door import Door, path

GRACE_SECONDS = 30
"""How much longer than asked for the answer to a wait may take."""


class Events:
    """Read, waited for, acknowledged."""

    def __init__(self, door: Door) -> None:
        self._door = door

    def list(
        self,
        *,
        states: Sequence[str] = (),
        instance_id: str | None = None,
        flavor: str | None = None,
        all_projects: bool = False,
        limit: int | None = None,
    ) -> Iterator[Event]:
        """In the order in which they were decided; the open ones if no states are given."""
        query = {
            "state": list(states) or None,
            "instance_id": instance_id,
            "flavor": flavor,
            "all_projects": all_projects or None,
        }
        return self._door.items("events", "events", query, limit)

    def incarnation(self) -> int:
        """The number of the project's events: another one whenever any of them has changed."""
        return int(self._door.get("events", {"limit": 1})["incarnation"])

    def wait(self, incarnation: int, seconds: int) -> int:
        """The number as soon as it is another one than this, or after so many seconds; the service knows the most."""
        query = {"limit": 1, "incarnation": incarnation, "wait": seconds}
        return int(self._door.get("events", query, patience_seconds=seconds + GRACE_SECONDS)["incarnation"])

    def get(self, event_id: str) -> Event:
        return cast(Event, self._door.get(path("events", event_id))["event"])

    def acknowledge(self, event_id: str, *, ready: bool = False) -> Event:
        """Say that it is known, and with ``ready`` that the instance may go before its deadline."""
        return cast(Event, self._door.post(path("events", event_id, "ack"), {"ready": ready})["event"])
