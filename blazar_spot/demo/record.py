# SPDX-License-Identifier: Apache-2.0
"""What was seen, put together: the turning points, and the life of each guest.

`take` is given one sight after another and answers with what is new in it, in words. It never asks anybody anything,
so a story can be played again from its sights. Next: `verdict`, which judges the record.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

from blazar_spot.demo.sights import Deleted, Guest, Lease, Mark, Notice, Picture, Remark, Sight, clock_time


@dataclass(kw_only=True)
class Life:
    """One guest from its first sight to its end; ``notices`` has each different one with when it was first read."""

    guest: Guest
    seen_at: float
    was_active: bool = False
    notices: list[tuple[float, Notice]] = field(default_factory=list)
    here_at: float
    """When a look began that still found it."""
    unread_at: float | None = None
    """When a look began, the last before its first notice, in which it ran and read none."""
    withdrawn_at: float | None = None
    going_at: float | None = None
    gone_at: float | None = None
    delete_asked_at: int | None = None

    @property
    def decisions(self) -> int:
        """How many times its end was decided; a deadline that is moved later is still the same decision."""
        return len({notice.decided_at for _, notice in self.notices})

    @property
    def was_hurried(self) -> bool:
        """Whether a deadline that it had read was moved earlier."""
        deadlines = [notice.ends_at for _, notice in self.notices]
        return deadlines != sorted(deadlines)

    @property
    def deadline_at(self) -> int | None:
        """What the guest was told last."""
        return self.notices[-1][1].ends_at if self.notices else None

    @property
    def ended_at(self) -> float | None:
        """When its end began: by the compute service's record, else as it was seen."""
        if self.delete_asked_at is not None:
            return self.delete_asked_at
        return self.gone_at if self.going_at is None else self.going_at


class Record:
    """The whole play so far."""

    def __init__(self) -> None:
        self.marks: dict[Mark, float] = {}
        self.lives: dict[str, Life] = {}
        self.remarks: list[Remark] = []
        self.picture: Picture | None = None
        self.lease: Lease | None = None
        self.decided_as: str | None = None
        """The lease's first status that was ACTIVE or ERROR."""

    def take(self, sight: Sight) -> list[Remark]:
        """Keep what is new in this sight, and say it."""
        match sight:
            case Remark():
                news = [sight]
            case Deleted():
                self.lives[sight.guest_id].delete_asked_at = sight.asked_at
                news = []
            case Picture():
                news = list(self._compare(sight))
                self.picture = sight
        for remark in news:
            if remark.mark:
                self.marks.setdefault(remark.mark, remark.at)
        self.remarks += news
        return news

    def tenants(self) -> list[Life]:
        """The lives of the spot instances that were there before the reservation, in the order of their names."""
        lives = [
            life
            for life in self.lives.values()
            if life.guest.is_spot and life.was_active and life.seen_at <= self.marks.get(Mark.MOVED_IN, 0)
        ]
        return sorted(lives, key=lambda life: life.guest.name)

    def _compare(self, picture: Picture) -> Iterator[Remark]:
        yield from self._about_the_host(picture)
        for guest in picture.guests:
            yield from self._about_a_guest(guest, picture)
        yield from self._about_the_gone(picture)
        yield from self._about_the_lease(picture)

    def _about_the_host(self, picture: Picture) -> Iterator[Remark]:
        before = self.picture.is_closed if self.picture else None
        if picture.is_closed and not before:
            yield Remark(picture.at, "engine", f"closes the spot pool of {picture.host}", Mark.FENCED)
        if before and not picture.is_closed:
            yield Remark(picture.at, "engine", f"opens the spot pool of {picture.host}")

    def _about_a_guest(self, guest: Guest, picture: Picture) -> Iterator[Remark]:
        life = self.lives.setdefault(guest.id, Life(guest=guest, seen_at=picture.at, here_at=picture.since))
        life.guest = guest
        life.here_at = picture.since
        life.was_active = life.was_active or guest.status == "ACTIVE"
        told = life.notices[-1][1] if life.notices else None
        if guest.status == "ACTIVE" and not guest.notice and not told:
            life.unread_at = picture.since
        if guest.notice and guest.notice != told:
            life.notices.append((picture.at, guest.notice))
            left = guest.notice.ends_at - picture.at
            how = " only" if told else ""
            text = f"reads in its metadata that it ends{how} at {clock_time(guest.notice.ends_at)}, in {left:.0f} s"
            yield Remark(picture.at, guest.name, text, Mark.NOTICED)
        if told and not guest.notice and guest.status == "ACTIVE" and not guest.is_going and not life.withdrawn_at:
            life.withdrawn_at = picture.at
            yield Remark(picture.at, guest.name, "reads no notice any more")
        if guest.is_going and life.going_at is None:
            life.going_at = picture.at
            mark = Mark.FIRST_GOING if guest.is_spot and life.was_active else None
            yield Remark(picture.at, guest.name, "is being deleted", mark)

    def _about_the_gone(self, picture: Picture) -> Iterator[Remark]:
        here = {guest.id for guest in picture.guests}
        for guest_id, life in self.lives.items():
            if guest_id in here or life.gone_at is not None:
                continue
            life.gone_at = picture.at
            if life.was_active:
                yield Remark(picture.at, life.guest.name, "is gone", Mark.FIRST_GONE if life.guest.is_spot else None)
        tenants = self.tenants()
        if tenants and Mark.ALL_GONE not in self.marks and all(life.gone_at for life in tenants):
            yield Remark(picture.at, picture.host, "is empty", Mark.ALL_GONE)

    def _about_the_lease(self, picture: Picture) -> Iterator[Remark]:
        lease, before = picture.lease, self.lease
        if lease is None:
            return
        self.lease = lease
        if picture.at >= lease.start_at and Mark.STARTED not in self.marks:
            # A lease that starts "now" begins with its minute, before anybody has asked for it.
            self.marks[Mark.STARTED] = max(lease.start_at, self.marks.get(Mark.BOOKED, 0))
        if before is None or before.status != lease.status:
            mark = Mark.DECIDED if lease.status in ("ACTIVE", "ERROR") else None
            if mark and self.decided_as is None:
                self.decided_as = lease.status
            yield Remark(picture.at, "blazar", f"the lease is {lease.status}", mark)
