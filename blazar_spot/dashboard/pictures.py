# SPDX-License-Identifier: Apache-2.0
"""The life of a reclaim as a row of steps: what is done, what goes on now, and when the rest is due.

Pure: a document of the API in, positions for the template's drawing out.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.translation import gettext_lazy as _

from blazar_spot.client.documents import Reclaim

WIDTH = 120
"""Between two steps."""

STEPS: tuple[tuple[Any, str | None], ...] = (
    (_("Planned"), "planned_at"),
    (_("Closed"), "fence_at"),
    (_("Notices"), "notice_at"),
    (_("Deletes"), "evict_at"),
    (_("Ready"), None),
    (_("Handed over"), "start_at"),
)
"""What a step is called, and the field that says when it is due."""

REACHED = {
    "planned": 0,
    "fenced": 1,
    "notified": 2,
    "evicting": 3,
    "verifying": 3,
    "overdue": 3,
    "ready": 4,
    "handed_over": 5,
}
"""How far a reclaim in this state is; one that ended before it was done is nowhere."""


@dataclass(frozen=True)
class Step:
    """One of them, in the drawing."""

    name: Any
    at: datetime | None
    x: int
    is_done: bool
    is_now: bool


def steps(reclaim: Reclaim) -> list[Step]:
    return list(_steps(reclaim))


def _steps(reclaim: Reclaim) -> Iterator[Step]:
    reached = REACHED.get(reclaim["state"], -1)
    is_over = reached == len(STEPS) - 1
    for number, (name, field) in enumerate(STEPS):
        yield Step(
            name=name,
            at=_due(reclaim, field) if field else None,
            x=WIDTH // 2 + number * WIDTH,
            is_done=number < reached or is_over,
            is_now=number == reached and not is_over,
        )


def _due(reclaim: Reclaim, field: str) -> datetime | None:
    """What was due before it was planned is done when it is planned."""
    document: dict[str, Any] = dict(reclaim)
    known = [document.get(name) for name in (field, "planned_at")]
    if known[0] is None:
        return None
    return max(datetime.fromisoformat(text) for text in known if text)
