# SPDX-License-Identifier: Apache-2.0
"""How long deletes take that are shared, and until when a lead may change."""

from dataclasses import replace

import pytest

from blazar_spot.core.leads import Load, is_fixed, lead_beside, leads, shared_leads
from blazar_spot.core.planning import led, planned
from blazar_spot.core.policy import Policy
from blazar_spot.core.promises import Claim, Reclaim, Standing
from blazar_spot.core.reclaim import State

POLICY = Policy(
    lead_floor=10,
    delete_takes=3,
    delete_p99=5,
    parallel_deletes=2,
    spots_per_host=4,
    min_uptime=100,
    boot_allowance=20,
    notice=50,
    notice_slack=10,
)
NOW = 1_000_000
START = NOW + 1000


def claim(name: str, start_at: int = START) -> Claim:
    return Claim(
        id=name,
        reservation_id=f"r-{name}",
        lease_id="l",
        host=name,
        service_host=name,
        start_at=start_at,
        end_at=start_at + 3600,
        standing=Standing.FIRM,
        held_until=0,
    )


def plans(*claims: Claim, lead: int = 11) -> dict[str, Reclaim]:
    return {one.id: planned(one, lead, POLICY, NOW) for one in claims}


def test_loads_far_apart_do_not_share_the_deletes() -> None:
    assert shared_leads(POLICY, [Load(1000, 4), Load(2000, 2)]) == [11, 10]


def test_loads_that_are_deleted_at_the_same_time_share_the_deletes() -> None:
    assert shared_leads(POLICY, [Load(1000, 4), Load(1005, 4)]) == [17, 17]


def test_spans_that_only_touch_share_the_second_in_which_they_touch() -> None:
    assert shared_leads(POLICY, [Load(1000, 4), Load(1011, 4)]) == [17, 17]
    assert shared_leads(POLICY, [Load(1000, 4), Load(1012, 4)]) == [11, 11]


def test_a_lead_that_grows_may_meet_one_more_load() -> None:
    assert shared_leads(POLICY, [Load(1000, 8), Load(1000, 8), Load(1018, 1)]) == [29, 29, 10]
    assert shared_leads(POLICY, [Load(1000, 8), Load(1000, 8), Load(1008, 1)]) == [32, 32, 32]


def test_a_fixed_lead_stays_and_its_victims_count_for_others() -> None:
    assert shared_leads(POLICY, [Load(1000, 4, 11), Load(1005, 4)]) == [11, 17]


def test_a_fixed_lead_is_never_taken_for_the_one_that_it_would_have() -> None:
    """With that it would meet the first load, which would grow and meet the second, and the two would stay long."""
    assert shared_leads(POLICY, [Load(1000, 4), Load(985, 4), Load(1011, 4, fixed=5)]) == [11, 11, 5]


def test_no_loads_have_no_leads() -> None:
    assert shared_leads(POLICY, []) == []


def test_the_hosts_of_one_reservation_share_like_those_of_several() -> None:
    both = [claim("a"), claim("b")]
    assert leads(both, {}, POLICY, NOW) == {"a": 17, "b": 17}
    assert leads(both, plans(*both), POLICY, NOW) == {"a": 17, "b": 17}
    assert leads([claim("a"), claim("b", START + 500)], {}, POLICY, NOW) == {"a": 11, "b": 11}


@pytest.mark.parametrize("state", [State.HANDED_OVER, State.CANCELLED, State.EXPIRED])
def test_what_has_ended_shares_nothing(state: State) -> None:
    both = [claim("a"), claim("b")]
    reclaims = plans(*both)
    reclaims["b"] = replace(reclaims["b"], state=state)
    assert leads(both, reclaims, POLICY, NOW) == {"a": 11}


def test_a_lead_is_fixed_from_its_fence_on() -> None:
    (reclaim,) = plans(claim("a")).values()
    assert not is_fixed(reclaim, reclaim.fence_at - 1)
    assert is_fixed(reclaim, reclaim.fence_at)
    assert is_fixed(replace(reclaim, state=State.FENCED), NOW)
    both = [claim("a"), claim("b")]
    assert leads(both, plans(*both), POLICY, reclaim.fence_at) == {"a": 11, "b": 11}
    fenced = plans(*both) | {"a": replace(reclaim, state=State.FENCED)}
    assert leads(both, fenced, POLICY, NOW) == {"a": 11, "b": 17}


def test_a_lead_grows_no_further_than_its_fence_is_still_to_come() -> None:
    both = [claim("a"), claim("b")]
    reclaims = plans(*both)
    fence_at = reclaims["a"].fence_at
    assert leads(both, reclaims, POLICY, fence_at - 6) == {"a": 17, "b": 17}
    assert leads(both, reclaims, POLICY, fence_at - 4) == {"a": 15, "b": 15}
    grown = {name: led(reclaim, 15, POLICY, fence_at - 4) for name, reclaim in reclaims.items()}
    assert all(reclaim.fence_at == fence_at - 4 for reclaim in grown.values())
    assert leads(both, grown, POLICY, fence_at - 4) == {"a": 15, "b": 15}


def test_a_lead_that_is_longer_than_it_has_to_be_shrinks() -> None:
    assert leads([claim("a")], plans(claim("a"), lead=40), POLICY, NOW) == {"a": 11}


def test_a_reclaim_takes_a_new_lead_until_its_own_is_fixed() -> None:
    (reclaim,) = plans(claim("a")).values()
    longer = led(reclaim, 20, POLICY, NOW)
    assert (longer.evict_at, longer.fence_at) == (START - 20, START - 20 - 120)
    assert (longer.planned_at, longer.state, longer.start_at) == (NOW, State.PLANNED, START)
    assert led(reclaim, 20, POLICY, reclaim.fence_at) is reclaim
    assert led(reclaim, reclaim.lead, POLICY, NOW) is reclaim


def test_a_new_reservation_is_told_the_lead_that_it_would_have_beside_the_others() -> None:
    there = [claim("a"), claim("b", START + 500)]
    assert lead_beside(START + 5, 1, there, plans(*there), POLICY, NOW) == 17
    assert lead_beside(START + 5, 2, there, plans(*there), POLICY, NOW) == 23
    assert lead_beside(START + 200, 1, there, plans(*there), POLICY, NOW) == POLICY.lead_for_hosts(1)


def test_a_new_reservation_meets_fixed_leads_as_they_are() -> None:
    there = [claim("a"), claim("b")]
    fenced = {name: replace(one, state=State.FENCED) for name, one in plans(*there).items()}
    assert lead_beside(START - 14, 1, there, plans(*there), POLICY, NOW) == 23
    assert lead_beside(START - 14, 1, there, fenced, POLICY, NOW) == 11


def test_the_lead_that_is_told_is_that_of_the_new_reservation() -> None:
    (long_before,) = plans(claim("a"), lead=40).values()
    fenced = {"a": replace(long_before, state=State.FENCED)}
    assert lead_beside(START + 500, 1, [claim("a")], fenced, POLICY, NOW) == 11
