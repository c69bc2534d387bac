# SPDX-License-Identifier: Apache-2.0
"""Stories about when: a lease that is moved earlier, one that is cut short, and two in a row on one host."""

import time
from dataclasses import dataclass

from blazar_spot.demo.cast import Cast, Refusal
from blazar_spot.demo.record import Life, Record
from blazar_spot.demo.sights import Guest, Lease, Notice, Picture
from blazar_spot.demo.story import watch
from blazar_spot.devcloud.cloud import Cloud
from blazar_spot.devcloud.waiting import wait_until
from tests.e2e.stages import follow, notices_of, soon_after
from tests.e2e.stories import active_now, is_decided, later, seconds_until, settled, spot_moves_in, start_in


@dataclass(frozen=True)
class Earlier:
    """A lease in three hours is moved to now, which is too early, then to soon, then to now while the notice runs."""

    far: Lease
    too_early: Lease | Refusal
    still_far: Lease | None
    nearer: Lease
    told: Notice | None
    hurried: Lease | Refusal
    still_near: Lease | None
    life: Life
    decided: Picture
    delete_asked_at: int | None


@dataclass(frozen=True)
class Shortened:
    """The end of a running lease is moved to one of the next minutes."""

    owners: Guest
    answer: Lease | Refusal
    end_at: float
    before_end: Picture
    back: Picture
    newcomer: Guest


@dataclass(frozen=True)
class BackToBack:
    """One lease ends when the next one starts, on the same host."""

    life: Life
    delete_asked_at: int | None
    first: Picture
    second: Picture
    opened_at: list[float]
    """When the pool was seen open between the first notice and the second start."""
    notices: list[str]


def earlier(cast: Cast, cloud: Cloud) -> Earlier:
    record = Record()
    spot = spot_moves_in(cast, record, "spot")
    end = later("now", hours=4)
    far = cast.owner.ask(later("now", hours=3), end)
    assert isinstance(far, Lease), far
    too_early = cast.owner.move(far, start=_this_minute(), end=end)
    still_far = cast.owner.lease(far.id)
    nearer = cast.owner.move(far, start=start_in(75), end=end)
    assert isinstance(nearer, Lease), nearer
    cast.onlooker.lease_id = far.id
    is_told, is_begun = "the guest reads its notice", "the lease is ACTIVE or ERROR"
    patience = soon_after(nearer.start_at)
    seen = follow(
        record, watch(cast.onlooker, lambda seen: any(g.notice for g in seen.guests), is_told, patience, "spot-engine")
    )
    hurried = cast.owner.move(far, start=_this_minute(), end=end)
    still_near = cast.owner.lease(far.id)
    decided = follow(record, watch(cast.onlooker, is_decided, is_begun, patience, "blazar-manager"))
    return Earlier(
        far=far,
        too_early=too_early,
        still_far=still_far,
        nearer=nearer,
        told=next(guest.notice for guest in seen.guests if guest.notice),
        hurried=hurried,
        still_near=still_near,
        life=record.lives[spot.id],
        decided=decided,
        delete_asked_at=cast.onlooker.deletion_asked_at(spot.id),
    )


def shortened(cast: Cast, cloud: Cloud) -> Shortened:
    record = Record()
    lease = active_now(cast, record)
    cast.owner.boot("owner", lease.reservation_id)
    owners = settled(cast, record, "owner")
    end = start_in(25)
    answer = cast.owner.move(lease, end=end)
    end_at = time.time() + seconds_until(end)
    before_end = cast.onlooker.look()
    is_back = "the host takes spot instances again"
    patience = soon_after(end_at)
    back = follow(
        record,
        watch(
            cast.onlooker,
            lambda seen: seen.serves == ("freepool",) and not seen.is_closed,
            is_back,
            patience,
            "blazar-manager",
        ),
    )
    newcomer = spot_moves_in(cast, record, "newcomer")
    return Shortened(owners, answer, end_at, before_end, back, newcomer)


def back_to_back(cast: Cast, cloud: Cloud) -> BackToBack:
    record = Record()
    spot = spot_moves_in(cast, record, "spot")
    start, between = start_in(75), start_in(135)
    first = cast.owner.ask(start, between)
    second = cast.owner.ask(between, later(between, hours=1))
    assert isinstance(first, Lease), first
    assert isinstance(second, Lease), second
    patience, is_told = soon_after(first.start_at), "the guest reads its notice"
    follow(
        record, watch(cast.onlooker, lambda seen: any(g.notice for g in seen.guests), is_told, patience, "spot-engine")
    )
    opened_at: list[float] = []
    began = _until_decided(cast, record, first, opened_at)
    went_on = _until_decided(cast, record, second, opened_at)
    return BackToBack(
        life=record.lives[spot.id],
        delete_asked_at=cast.onlooker.deletion_asked_at(spot.id),
        first=began,
        second=went_on,
        opened_at=opened_at,
        notices=[row["state"] for row in notices_of(cloud, spot.id)],
    )


def _this_minute() -> str:
    """Now, which an update does not know as a word; not so late that it is past before it is read."""
    wait_until(lambda: time.time() % 60 < 45, "a minute begins", at_most=30)
    return later("now", hours=0)


def _until_decided(cast: Cast, record: Record, lease: Lease, opened_at: list[float]) -> Picture:
    cast.onlooker.lease_id = lease.id
    patience = soon_after(lease.start_at)
    sights = watch(cast.onlooker, is_decided, "the lease is ACTIVE or ERROR", patience, "blazar-manager")

    def noting() -> Picture:
        while True:
            try:
                sight = next(sights)
            except StopIteration as end:
                seen: Picture = end.value
                return seen
            record.take(sight)
            if isinstance(sight, Picture) and not sight.is_closed:
                opened_at.append(sight.at)

    return noting()
