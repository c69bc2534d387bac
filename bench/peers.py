# SPDX-License-Identifier: Apache-2.0
"""What others would choose for whole hosts, by their published rules, beside the planner's choice.

Each rule picks hosts among those whose calendar is free. Whether the instances there have had their notice and their
guaranteed uptime is the planner's own addition: a rule that does not ask breaks promises, and that is counted.
"""

from collections.abc import Callable

from blazar_spot.core.model import HostRequest, Snapshot
from blazar_spot.core.planner import plan
from blazar_spot.core.planner.sites import Site, evictable_from, gather, in_the_way

Rule = Callable[[Snapshot, HostRequest, list[Site]], list[Site]]


def slurm_youngest_first(snapshot: Snapshot, request: HostRequest, sites: list[Site]) -> list[Site]:
    """preempt_youngest_first: jobs are marked youngest first until enough nodes have no other left."""
    evict_at = request.start - snapshot.rules.lead
    left = {site.host.id: len(in_the_way(site.spots, evict_at)) for site in sites}
    chosen = {name for name, number in left.items() if not number}
    spots = [spot for site in sites for spot in in_the_way(site.spots, evict_at)]
    for spot in sorted(spots, key=lambda spot: (-spot.launched_at, spot.id)):
        if len(chosen) >= request.count_min:
            break
        left[spot.host] -= 1
        if not left[spot.host]:
            chosen.add(spot.host)
    return [site for site in sites if site.host.id in chosen][: request.count_min]


def slurm_fewest_jobs(snapshot: Snapshot, request: HostRequest, sites: list[Site]) -> list[Site]:
    """preempt_reorder_count: of jobs of one priority, as few as possible."""
    evict_at = request.start - snapshot.rules.lead
    return sorted(sites, key=lambda site: (len(in_the_way(site.spots, evict_at)), site.host.id))[: request.count_min]


def blazar_first_fit(snapshot: Snapshot, request: HostRequest, sites: list[Site]) -> list[Site]:
    """Upstream: hosts that were never allocated first, in the order of the database."""
    return sorted(sites, key=lambda site: (bool(site.reservations), site.host.id))[: request.count_min]


def nova_most_memory(snapshot: Snapshot, request: HostRequest, sites: list[Site]) -> list[Site]:
    """The RAM weigher: the most free memory first."""

    def free(site: Site) -> int:
        return site.host.cap.get("ram_mb", 0) - sum(spot.size.get("ram_mb", 0) for spot in site.spots)

    return sorted(sites, key=lambda site: (-free(site), site.host.id))[: request.count_min]


RULES: dict[str, Rule] = {
    "Slurm, youngest first": slurm_youngest_first,
    "Slurm, fewest jobs": slurm_fewest_jobs,
    "Blazar, first fit": blazar_first_fit,
    "Nova, most free memory": nova_most_memory,
}


def compare(snapshots: list[Snapshot], request: HostRequest) -> dict[str, tuple[float, float]]:
    """By rule: the cost in percent above the least, and the percentage of leases that break a promise."""
    best = [plan(snapshot, request).cost for snapshot in snapshots]
    found = {}
    for name, rule in RULES.items():
        paid = broken = 0
        for snapshot in snapshots:
            evict_at = request.start - snapshot.rules.lead
            sites = [site for site in gather(snapshot, request) if not site.overlapping(request.start, request.end)]
            victims = [spot for site in rule(snapshot, request, sites) for spot in in_the_way(site.spots, evict_at)]
            paid += sum(spot.cost for spot in victims)
            broken += any(evictable_from(spot, snapshot.now, snapshot.rules) > evict_at for spot in victims)
        found[name] = (100 * (paid / sum(best) - 1), 100 * broken / len(snapshots))
    return found
