# SPDX-License-Identifier: Apache-2.0
"""A decision becomes a plan: its victims go as late as notice and lead allow."""

from blazar_spot.core.model import Choice, Host, HostRequest, Plan, Rules, Snapshot, Spot, Victim
from blazar_spot.core.planner.outcome import decided
from blazar_spot.core.planner.sites import Site


def test_a_plan_sums_up_what_its_hosts_give_and_who_goes_for_it() -> None:
    request = HostRequest(start=5000, end=6000, count_min=1, count_max=1)
    first, second = Host("a", {}), Host("b", {})
    snapshot = Snapshot(0, Rules(notice=900, min_uptime=1800, lead=60), (first, second))
    spots = [Spot("s1", "a", {}, 0, 3), Spot("s2", "a", {}, 0, 4)]
    assert decided(snapshot, request, [(Site(first), 2, spots), (Site(second), 1, [])]) == Plan(
        feasible=True,
        cost=7,
        hosts=(Choice("a", 2, 7), Choice("b", 1, 0)),
        victims=(Victim("s1", "a", 3, 4040, 4940), Victim("s2", "a", 4, 4040, 4940)),
    )
