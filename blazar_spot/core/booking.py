# SPDX-License-Identifier: Apache-2.0
"""How a booking is put to the planner, and how its refusal is put to people."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from blazar_spot.core.errors import Refused
from blazar_spot.core.instants import minute
from blazar_spot.core.model import Host, HostRequest, Plan, Reservation, Rules, Snapshot, Spot
from blazar_spot.core.notice import counted_from
from blazar_spot.core.planner.sites import gather
from blazar_spot.core.planner.whole import Offer, offer_of
from blazar_spot.core.policy import Instants, Policy
from blazar_spot.core.promises import Instance, Notice


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What is asked for: whole hosts for a window."""

    start_at: int
    end_at: int
    count_min: int
    count_max: int


@dataclass(frozen=True, slots=True)
class Candidate:
    """A host that has what is asked for; ``busy`` are the windows in which reservations have it already."""

    host: str
    service_host: str
    busy: tuple[tuple[int, int], ...] = ()


def instants(wish: Wish, policy: Policy) -> Instants:
    """The instants of the claims that would come of it."""
    return policy.instants(wish.start_at, policy.lead_for_hosts(wish.count_max))


def request(wish: Wish) -> HostRequest:
    """The wish as the planner takes it."""
    return HostRequest(start=wish.start_at, end=wish.end_at, count_min=wish.count_min, count_max=wish.count_max)


def snapshot(
    wish: Wish,
    candidates: Iterable[Candidate],
    instances: Iterable[Instance],
    notices: Mapping[str, Notice],
    policy: Policy,
    now: int,
) -> Snapshot:
    """The state to decide on. An instance that has not run yet is counted from the end of its boot allowance."""
    candidates = tuple(candidates)
    return Snapshot(
        now=now,
        rules=Rules(
            notice=policy.notice + policy.notice_slack,
            min_uptime=policy.min_uptime,
            lead=policy.lead_for_hosts(wish.count_max),
        ),
        hosts=tuple(Host(candidate.host, {}) for candidate in candidates),
        spots=tuple(_spot(instance, notices.get(instance.id), policy, now) for instance in instances),
        reservations=tuple(
            Reservation(f"{candidate.host}/{start}", candidate.host, start, end)
            for candidate in candidates
            for start, end in candidate.busy
        ),
    )


def _spot(instance: Instance, notice: Notice | None, policy: Policy, now: int) -> Spot:
    since = counted_from(instance, policy)
    return Spot(
        id=instance.id,
        host=instance.host,
        size={},
        launched_at=since,
        cost=max(0, now - since),
        evict_at=notice.deadline_at if notice else None,
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
    asked = request(wish)
    offers = {site.host.id: offer_of(state, asked, site) for site in gather(state, asked)}
    return sorted(offers, key=lambda host: (offers[host] is None, offers[host] or Offer(0, 0, host)))


def refusal(wish: Wish, plan: Plan, policy: Policy) -> Refused:
    """What to tell who asked: why not, and the first start that would work as things stand."""
    by_spot = any(blocker.kind == "spot" for blocker in plan.blockers)
    code = "spot_not_evictable" if by_spot else "not_enough_hosts"
    hosts = "1 host" if wish.count_min == 1 else f"{wish.count_min} hosts"
    reason = (
        "the spot instances there are still within their promised uptime or notice"
        if by_spot
        else "other reservations hold the matching hosts"
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
