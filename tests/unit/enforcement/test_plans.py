# SPDX-License-Identifier: Apache-2.0
"""Reclaims that delete at the same time begin earlier, as long as nobody has relied on when they begin."""

from dataclasses import replace

from blazar_spot.core.reclaim import State
from blazar_spot.testing.lab import POLICY, Lab

HOUR = 3600
SLOW = replace(POLICY, parallel_deletes=2, lead_floor=30)
ALONE, TOGETHER = SLOW.lead_for_hosts(1), SLOW.lead_for_hosts(2)


def leads_of(lab: Lab) -> dict[str, int]:
    """The lead of each reservation's only host."""
    leads = {reclaim.id: reclaim.lead for reclaim in lab.store.reclaims if reclaim.state is not State.CANCELLED}
    return {claim.reservation_id: leads[claim.id] for claim in lab.store.claims if claim.id in leads}


def test_two_leases_that_start_together_share_the_deletes() -> None:
    lab = Lab(hosts=2, policy=SLOW)
    victims = lab.boot_and_run(16)
    start = lab.clock.now() + 2 * HOUR
    lab.book("r1", start)
    lab.second()
    assert leads_of(lab) == {"r1": ALONE}
    lab.book("r2", start)
    lab.second()
    assert leads_of(lab) == {"r1": TOGETHER, "r2": TOGETHER}
    lab.run_until(start)
    assert all(victim.gone_at is not None for victim in victims)
    assert {reclaim.state for reclaim in lab.store.reclaims} == {State.READY}
    assert lab.store.breaches == []


def test_a_lease_that_goes_away_gives_the_time_back() -> None:
    lab = Lab(hosts=2, policy=SLOW)
    start = lab.clock.now() + 2 * HOUR
    for name in ("r1", "r2"):
        lab.book(name, start)
    lab.second()
    lab.cancel("r2")
    lab.run_for(2)
    assert leads_of(lab) == {"r1": ALONE}


def test_a_lead_never_changes_once_the_fence_is_closed() -> None:
    lab = Lab(hosts=2, policy=SLOW)
    start = lab.clock.now() + 2 * HOUR
    lab.book("r1", start)
    lab.run_until(next(iter(lab.store.reclaims)).fence_at + 1)
    lab.book("r2", start)
    lab.run_for(2)
    assert leads_of(lab)["r1"] == ALONE
    lab.cancel("r2")
    lab.run_for(2)
    assert leads_of(lab) == {"r1": ALONE}
