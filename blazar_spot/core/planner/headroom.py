# SPDX-License-Identifier: Apache-2.0
"""Hosts that are kept free of spot instances for leases that start now, and the leads of claims that evict at once."""

from collections.abc import Sequence

from blazar_spot.core.model import HostRequest, Snapshot
from blazar_spot.core.planner.sites import gather
from blazar_spot.core.policy import Policy

FOREVER = 1 << 62


def headroom(snapshot: Snapshot, hosts: int) -> tuple[str, ...]:
    """The hosts to keep free: not reserved now, the least spot work on them, then the longest free."""
    now = snapshot.now
    anything = HostRequest(start=now, end=now + 1, count_min=1, count_max=1)
    ranked = []
    for site in gather(snapshot, anything):
        if site.overlapping(now, now + 1):
            continue
        next_start = min((claim.start for claim in site.reservations if claim.start > now), default=FOREVER)
        ranked.append((sum(spot.cost for spot in site.spots), len(site.spots), -next_start, site.host.id))
    return tuple(host for *_, host in sorted(ranked)[:hosts])


def shared_leads(policy: Policy, claims: Sequence[tuple[int, int]]) -> list[int]:
    """The lead of each claim, given as (start, victims), when claims that evict at the same time share the deletes.

    A longer lead may meet one more claim, which makes it longer again, until nothing changes.
    """
    leads = [policy.lead(victims) for _, victims in claims]
    while True:
        spans = [(start - lead, start) for (start, _), lead in zip(claims, leads, strict=True)]
        longer = [
            policy.lead(
                sum(
                    victims
                    for (_, victims), (first, last) in zip(claims, spans, strict=True)
                    if first <= end and begin <= last
                )
            )
            for begin, end in spans
        ]
        if longer == leads:
            return leads
        leads = longer
