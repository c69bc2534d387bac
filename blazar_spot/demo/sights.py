# SPDX-License-Identifier: Apache-2.0
"""What can be seen and what is said while the story plays: plain values, one moment each.

The story yields them, the record and the views take them. Instants are Unix seconds. Next: `story`.
"""

from dataclasses import dataclass
from enum import StrEnum


class Mark(StrEnum):
    """The turning points of the story, in the order in which they are told at the end."""

    MOVED_IN = "the spot instances are ACTIVE"
    REFUSED = 'a lease "now" is refused'
    BOOKED = "the lease is booked"
    FENCED = "the pool is closed"
    TURNED_AWAY = "one more spot instance is refused"
    NOTICED = "the first guest reads its notice"
    FIRST_GOING = "the first delete is under way"
    FIRST_GONE = "the first spot instance is gone"
    ALL_GONE = "the last spot instance is gone"
    STARTED = "the lease's start"
    DECIDED = "the lease is ACTIVE or ERROR"
    OWNER_ACTIVE = "the owner's instance is ACTIVE"
    ENDED = "the lease is deleted"
    CAME_BACK = "a spot instance runs there again"


@dataclass(frozen=True, slots=True)
class Notice:
    """What a guest reads in its metadata: when its end was decided, and when it comes."""

    decided_at: int
    ends_at: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Guest:
    """An instance. ``is_going``: its deletion is under way."""

    id: str
    name: str
    is_spot: bool
    status: str
    host: str | None = None
    is_going: bool = False
    launched_at: int | None = None
    notice: Notice | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Lease:
    """The reservation."""

    id: str
    reservation_id: str
    status: str
    start_at: int
    is_degraded: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """The stage at one moment. ``is_closed`` is None when the host has no spot pool.

    ``serves`` are the aggregates that the host is in: Blazar's freepool, or the one named after its reservation.
    """

    at: float
    host: str
    gpus: int
    is_closed: bool | None
    serves: tuple[str, ...]
    guests: tuple[Guest, ...]
    lease: Lease | None = None
    began_at: float | None = None
    """When the look at the stage began, which ended at ``at``; None if it took no time."""

    @property
    def since(self) -> float:
        """What is not in the picture came after this, or was over before it."""
        return self.at if self.began_at is None else self.began_at

    def spots(self) -> tuple[Guest, ...]:
        return tuple(guest for guest in self.guests if guest.is_spot)

    def guest(self, name: str) -> Guest | None:
        return next((guest for guest in self.guests if guest.name == name), None)


@dataclass(frozen=True, slots=True)
class Remark:
    """A line of the story; with a mark it is a turning point."""

    at: float
    who: str
    text: str
    mark: Mark | None = None


@dataclass(frozen=True, slots=True)
class Deleted:
    """What the compute service itself has on record about the end of an instance."""

    guest_id: str
    asked_at: int


Sight = Picture | Remark | Deleted


def clock_time(instant: float) -> str:
    """The instant as people read it on a clock, UTC."""
    seconds = int(instant) % 86400
    return f"{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}"
