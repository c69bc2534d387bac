# SPDX-License-Identifier: Apache-2.0
"""How a booking is put to the planner, and how its refusal is put to people."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from blazar_spot.core.errors import Refused
from blazar_spot.core.instants import minute
from blazar_spot.core.model import (
    Host,
    HostRequest,
    Plan,
    Request,
    Reservation,
    Rules,
    Size,
    SlotRequest,
    Snapshot,
    Spot,
    times,
)
from blazar_spot.core.notice import counted_from
from blazar_spot.core.planner.sites import gather
from blazar_spot.core.planner.whole import Offer, offer_of
from blazar_spot.core.policy import Policy
from blazar_spot.core.promises import Instance, Notice


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What is asked for: whole hosts for a window, or with a ``size`` so many slots of it.

    With ``affinity`` all slots are on one host, with False each is on its own.
    """

    start_at: int
    end_at: int
    count_min: int
    count_max: int
    size: Size | None = None
    affinity: bool | None = None

    def room(self, slots: int) -> Size | None:
        """What so many slots take of a host."""
        return None if self.size is None else times(self.size, slots)


@dataclass(frozen=True, slots=True)
class Part:
    """What another reservation has of a host for a window."""

    start_at: int
    end_at: int
    room: Size = field(hash=False)


@dataclass(frozen=True, slots=True)
class Candidate:
    """A host that has what is asked for; ``busy`` are the windows in which reservations have it already.

    For slots there is also what the host has to give, ``parts`` that others have of it, and how many slots it was
    chosen for. ``lead`` is the lead that it was chosen with.
    """

    host: str
    service_host: str
    busy: tuple[tuple[int, int], ...] = ()
    capacity: Size = field(default_factory=dict, hash=False)
    parts: tuple[Part, ...] = ()
    slots: int = 1
    lead: int = field(default=0, compare=False)


def left_over(host: Candidate, wish: Wish) -> Candidate:
    """The host with only what no other reservation has of it at any time of the wish."""
    at = {wish.start_at, *(part.start_at for part in host.parts if wish.start_at < part.start_at < wish.end_at)}
    taken = [_together(part.room for part in host.parts if part.start_at <= instant < part.end_at) for instant in at]
    free = {name: has - max(one[name] for one in taken) for name, has in host.capacity.items()}
    return replace(host, capacity=free, parts=())


def _together(rooms: Iterable[Size]) -> Counter[str]:
    total: Counter[str] = Counter()
    for room in rooms:
        total.update(room)
    return total


def request(wish: Wish) -> Request:
    """The wish as the planner takes it."""
    if wish.size is not None:
        return SlotRequest(
            start=wish.start_at, end=wish.end_at, count=wish.count_max, size=wish.size, affinity=wish.affinity
        )
    return _whole(wish)


def _whole(wish: Wish) -> HostRequest:
    return HostRequest(start=wish.start_at, end=wish.end_at, count_min=wish.count_min, count_max=wish.count_max)


def snapshot(
    wish: Wish,
    candidates: Iterable[Candidate],
    instances: Iterable[Instance],
    notices: Mapping[str, Notice],
    lead: int,
    policy: Policy,
    now: int,
) -> Snapshot:
    """The state to decide on. An instance that has not run yet is counted from the end of its boot allowance."""
    candidates = tuple(candidates)
    capacities = {candidate.host: _asked(candidate.capacity, wish) for candidate in candidates}
    return Snapshot(
        now=now,
        rules=Rules(
            notice=policy.notice + policy.notice_slack,
            min_uptime=policy.min_uptime,
            lead=lead,
        ),
        hosts=tuple(Host(candidate.host, capacities[candidate.host]) for candidate in candidates),
        spots=tuple(
            _spot(instance, notices.get(instance.id), wish, capacities.get(instance.host, {}), policy, now)
            for instance in instances
        ),
        reservations=tuple(held for candidate in candidates for held in _held(candidate, wish)),
    )


def _asked(size: Size, wish: Wish) -> Size:
    """Only what is wished for can be short."""
    return {name: size[name] for name in wish.size or {} if name in size}


def _held(candidate: Candidate, wish: Wish) -> Iterator[Reservation]:
    for start, end in candidate.busy:
        yield Reservation(f"{candidate.host}/{start}", candidate.host, start, end)
    for number, part in enumerate(candidate.parts):
        name = f"{candidate.host}/{part.start_at}/{number}"
        yield Reservation(name, candidate.host, part.start_at, part.end_at, _asked(part.room, wish))


def _spot(instance: Instance, notice: Notice | None, wish: Wish, capacity: Size, policy: Policy, now: int) -> Spot:
    """One of unknown size counts as its whole host. Its own notice needs the slack as everybody's."""
    since = counted_from(instance, policy)
    return Spot(
        id=instance.id,
        host=instance.host,
        size=capacity if instance.size is None else _asked(instance.size, wish),
        launched_at=since,
        cost=max(0, now - since),
        evict_at=notice.deadline_at if notice else None,
        min_uptime=instance.min_uptime,
        notice=None if instance.notice is None else instance.notice + policy.notice_slack,
    )


def without_promises(state: Snapshot, wish: Wish) -> Snapshot:
    """The state as it would be if nobody had been promised any notice or uptime."""
    return replace(
        state,
        now=min(state.now, wish.start_at - state.rules.lead),
        rules=replace(state.rules, notice=0, min_uptime=0),
        spots=tuple(replace(spot, launched_at=0) for spot in state.spots),
    )


def cheapest_first(state: Snapshot, wish: Wish) -> list[str]:
    """The hosts as a reservation would rather keep them: where nobody has to go, or only who was told already; then by
    price; last those that cannot be free in time."""
    asked = _whole(wish)
    offers = {site.host.id: offer_of(state, asked, site) for site in gather(state, asked)}
    return sorted(offers, key=lambda host: (offers[host] is None, offers[host] or Offer(0, 0, host)))


def refusal(wish: Wish, plan: Plan, policy: Policy) -> Refused:
    """What to tell who asked: why not, and the first start that would work as things stand."""
    by_spot = any(blocker.kind == "spot" for blocker in plan.blockers)
    code = "spot_not_evictable" if by_spot else "not_enough_hosts"
    what = "host" if wish.size is None else "slot"
    hosts = f"1 {what}" if wish.count_min == 1 else f"{wish.count_min} {what}s"
    reason = (
        "the spot instances there are still within their promised uptime or notice"
        if by_spot
        else "other reservations or drains hold the matching hosts"
    )
    sentence = f"{hosts} cannot be free at {minute(wish.start_at)}: {reason}"
    if plan.earliest_start is None:
        return Refused(f"{sentence}. No later start works as things stand; code={code}", code=code)
    start = policy.answer(plan.earliest_start)
    return Refused(
        f"{sentence}. This is an answer and not a hold; earliest_start={minute(start)} code={code}",
        code=code,
        earliest_start=start,
    )
