# SPDX-License-Identifier: Apache-2.0
"""How long before its start each claim's deletes have to begin, when claims share the deletes.

The cloud works on so many deletes at a time, whoever they are for. So a claim's lead counts the victims of all claims
whose time of deleting, from the first delete to the start, overlaps with its own. A lead may change until its fence is
due, and is fixed from then on.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate

from blazar_spot.core.policy import Policy
from blazar_spot.core.promises import Claim, Reclaim
from blazar_spot.core.reclaim import ENDED, State


@dataclass(frozen=True, slots=True)
class Load:
    """So many victims to delete before a start; ``fixed`` is the lead if that may not change any more."""

    start_at: int
    victims: int
    fixed: int | None = None


def shared_leads(policy: Policy, loads: Sequence[Load]) -> list[int]:
    """The lead of each load. A longer lead may meet one more load, which makes it longer again, until nothing grows."""
    leads = [policy.lead(load.victims) if load.fixed is None else load.fixed for load in loads]
    while True:
        meeting = _victims_meeting(loads, leads)
        longer = [
            policy.lead(victims) if load.fixed is None else load.fixed
            for load, victims in zip(loads, meeting, strict=True)
        ]
        if longer == leads:
            return leads
        leads = longer


def leads(claims: Iterable[Claim], reclaims: Mapping[str, Reclaim], policy: Policy, now: int) -> dict[str, int]:
    """The lead of each of these claims, by id, as it should be now; none of those whose reclaims have ended."""
    groups = _groups(claims, reclaims, now)
    found = shared_leads(
        policy, [_load(start_at, fixed, len(ids), policy) for (start_at, fixed), ids in groups.items()]
    )
    return {
        one: _in_time(lead, start_at, reclaims.get(one), policy, now)
        for ((start_at, _), ids), lead in zip(groups.items(), found, strict=True)
        for one in ids
    }


def lead_beside(
    start_at: int, hosts: int, claims: Iterable[Claim], reclaims: Mapping[str, Reclaim], policy: Policy, now: int
) -> int:
    """The lead of one more reservation, of so many hosts, beside the claims that there are."""
    groups = _groups(claims, reclaims, now)
    others = [_load(start, fixed, len(ids), policy) for (start, fixed), ids in groups.items()]
    return shared_leads(policy, [_load(start_at, None, hosts, policy), *others])[0]


def is_fixed(reclaim: Reclaim, now: int) -> bool:
    """Whether the reclaim's lead may not change any more: its pool is closed, or is due to be."""
    return reclaim.state is not State.PLANNED or reclaim.fence_at <= now


def _groups(
    claims: Iterable[Claim], reclaims: Mapping[str, Reclaim], now: int
) -> dict[tuple[int, int | None], list[str]]:
    """Claims by their start and their lead, if that is fixed: a reservation has many hosts and one start."""
    groups: dict[tuple[int, int | None], list[str]] = {}
    for claim in claims:
        reclaim = reclaims.get(claim.id)
        if reclaim is None or reclaim.state not in ENDED:
            fixed = reclaim.lead if reclaim is not None and is_fixed(reclaim, now) else None
            groups.setdefault((claim.start_at, fixed), []).append(claim.id)
    return groups


def _load(start_at: int, fixed: int | None, hosts: int, policy: Policy) -> Load:
    return Load(start_at, hosts * policy.spots_per_host, fixed)


def _in_time(lead: int, start_at: int, reclaim: Reclaim | None, policy: Policy, now: int) -> int:
    """A lead that has to grow grows as far as the fence is not due yet: nobody may be told of a past one."""
    if reclaim is None or lead <= reclaim.lead:
        return lead
    longest = start_at - policy.min_uptime - policy.boot_allowance - now
    return min(lead, max(longest, reclaim.lead))


def _victims_meeting(loads: Sequence[Load], leads: Sequence[int]) -> list[int]:
    """For each load the victims of all loads whose spans, from first delete to start, overlap with its own."""
    begins = [load.start_at - lead for load, lead in zip(loads, leads, strict=True)]
    by_start = sorted((load.start_at, load.victims) for load in loads)
    by_begin = sorted(zip(begins, (load.victims for load in loads), strict=True))
    starts, ended = [start for start, _ in by_start], _sums(by_start)
    firsts, begun = [first for first, _ in by_begin], _sums(by_begin)
    return [
        begun[bisect_right(firsts, load.start_at)] - ended[bisect_left(starts, begin)]
        for load, begin in zip(loads, begins, strict=True)
    ]


def _sums(rows: Iterable[tuple[int, int]]) -> list[int]:
    return list(accumulate((victims for _, victims in rows), initial=0))
