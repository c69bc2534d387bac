# SPDX-License-Identifier: Apache-2.0
"""A claim becomes a reclaim with the policy's instants, and a moved one keeps the lead that was promised."""

from dataclasses import replace

from blazar_spot.core.planning import followed, planned
from blazar_spot.core.policy import Policy
from blazar_spot.core.promises import Reclaim
from blazar_spot.core.reclaim import State
from tests.unit.core import claims
from tests.unit.core.claims import START

POLICY = Policy(min_uptime=1800, notice=900, notice_slack=60, boot_allowance=120)
CLAIM = replace(claims.CLAIM, host="h1", service_host="compute1")
RECLAIM = Reclaim(
    id="c1",
    host="h1",
    state=State.PLANNED,
    fence_at=START - 300 - 1920,
    notice_at=START - 300 - 960,
    evict_at=START - 300,
    start_at=START,
    planned_at=START - 7200,
)


def test_a_new_claim_has_a_reclaim_with_its_id_and_the_policys_instants() -> None:
    assert planned(CLAIM, 300, POLICY, START - 7200) == RECLAIM


def test_a_moved_claims_reclaim_was_decided_when_it_moved_and_is_otherwise_the_old_one() -> None:
    later = replace(CLAIM, start_at=START + 50)
    assert followed(replace(RECLAIM, state=State.FENCED, version=3), later, POLICY, START - 10) == replace(
        planned(later, 300, POLICY, START - 10), version=3
    )


def test_a_moved_claims_reclaim_has_another_lead_only_if_that_is_promised() -> None:
    later = replace(CLAIM, start_at=START + 50)
    assert followed(RECLAIM, later, POLICY, START - 10, lead=500) == planned(later, 500, POLICY, START - 10)


def test_an_end_is_an_end_whatever_becomes_of_the_claim() -> None:
    ended = replace(RECLAIM, state=State.HANDED_OVER)
    assert followed(ended, replace(CLAIM, start_at=START + 50), POLICY, START) is ended
