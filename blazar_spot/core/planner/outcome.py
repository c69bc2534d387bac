# SPDX-License-Identifier: Apache-2.0
"""A decision as a plan: victims are told and evicted as late as notice and lead allow."""

from collections.abc import Sequence

from blazar_spot.core.model import Choice, Plan, Request, Snapshot, Spot, Victim
from blazar_spot.core.planner.sites import Site, notice_of

# A host, how many slots it gives, and who has to go for them.
Part = tuple[Site, int, list[Spot]]


def decided(snapshot: Snapshot, request: Request, parts: Sequence[Part]) -> Plan:
    """The feasible plan that takes these parts of hosts."""
    evict_at = request.start - snapshot.rules.lead
    choices = [Choice(site.host.id, slots, sum(spot.cost for spot in spots)) for site, slots, spots in parts]
    return Plan(
        feasible=True,
        cost=sum(choice.cost for choice in choices),
        hosts=tuple(choices),
        victims=tuple(
            Victim(spot.id, spot.host, spot.cost, evict_at - notice_of(spot, snapshot.rules), evict_at)
            for _, _, spots in parts
            for spot in spots
        ),
    )
