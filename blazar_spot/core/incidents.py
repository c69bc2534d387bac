# SPDX-License-Identifier: Apache-2.0
"""Incidents: what people see of a notice and of the instance that it is about, as one thing.

Nothing is stored of an incident itself. It has the notice's id, and its state is the notice's in the words of those who
are told. Next: ``ports.store``, which finds incidents, and ``enforcement/queries``.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

from blazar_spot.core.promises import Notice, NoticeState


class Progress(StrEnum):
    """How far an incident is. One whose deadline was moved is as far as before, with a higher revision."""

    SCHEDULED = "scheduled"
    ACKNOWLEDGED = "acknowledged"
    WITHDRAWN = "withdrawn"
    TERMINATED = "terminated"


OPEN = frozenset({Progress.SCHEDULED, Progress.ACKNOWLEDGED})


@dataclass(frozen=True, slots=True, kw_only=True)
class Incident:
    """A notice, and what its instance is called and of which flavor."""

    notice: Notice
    instance_name: str
    flavor: str

    @property
    def id(self) -> str:
        return self.notice.id

    @property
    def progress(self) -> Progress:
        is_open = self.notice.state is NoticeState.SCHEDULED
        if is_open and self.notice.acknowledged_at is not None:
            return Progress.ACKNOWLEDGED
        return Progress(self.notice.state.value)

    @property
    def place(self) -> "Place":
        return Place(self.notice.decided_at, self.id)


class Place(NamedTuple):
    """Where an incident stands among all: by when it was decided and its id, which never change. So whoever reads on
    from a place meets none twice and misses none."""

    decided_at: int
    id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which incidents are asked for; None is any."""

    progress: frozenset[Progress] = OPEN
    project_id: str | None = None
    instance_id: str | None = None
    flavor: str | None = None
