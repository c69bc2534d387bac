# SPDX-License-Identifier: Apache-2.0
"""What the world is told of a notice: one event each time that its holder has to know something new.

An event is made from the notice as it was and as it is now, and from nothing else. Its id is the notice's with the
revision that it tells, so the same news has the same id however often it is sent. Next: ``outbox``.
"""

from dataclasses import dataclass
from enum import StrEnum

from blazar_spot.core.promises import Instance, Notice, NoticeState


class News(StrEnum):
    """What has become of the notice."""

    SCHEDULED = "scheduled"
    RESCHEDULED = "rescheduled"
    """The deadline is later than it was."""
    ACKNOWLEDGED = "acknowledged"
    """Its holder said that it is known, or that the instance may go before its deadline."""
    WITHDRAWN = "withdrawn"
    TERMINATED = "terminated"
    """The instance is gone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One piece of news about one instance; ``incident`` is the notice's id, the same in all events about it."""

    id: str
    news: News
    at: int
    incident: str
    revision: int
    instance_id: str
    instance_name: str
    project_id: str
    flavor: str
    host: str
    decided_at: int
    deadline_at: int
    acknowledged_at: int | None = None
    is_ready: bool = False


_OF_STATE = {NoticeState.WITHDRAWN: News.WITHDRAWN, NoticeState.TERMINATED: News.TERMINATED}


def event(before: Notice | None, after: Notice, instance: Instance, at: int) -> Event | None:
    """The event of this change; None if it is no news: that the notice could be read is for us alone."""
    if before is None:
        news = News.SCHEDULED
    elif after.revision == before.revision:
        return None
    else:
        news = _OF_STATE.get(after.state) or _of_open(before, after)
    return Event(
        id=f"{after.id}-{after.revision}",
        news=news,
        at=at,
        incident=after.id,
        revision=after.revision,
        instance_id=after.instance_id,
        instance_name=instance.name,
        project_id=instance.project_id,
        flavor=instance.flavor,
        host=after.host,
        decided_at=after.decided_at,
        deadline_at=after.deadline_at,
        acknowledged_at=after.acknowledged_at,
        is_ready=after.ready_at is not None,
    )


def _of_open(before: Notice, after: Notice) -> News:
    return News.RESCHEDULED if after.deadline_at > before.deadline_at else News.ACKNOWLEDGED
