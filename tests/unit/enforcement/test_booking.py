# SPDX-License-Identifier: Apache-2.0
"""Whatever goes wrong while a booking is secured, it is refused and nothing stays fenced."""

from dataclasses import replace

import pytest

from blazar_spot.core.booking import Wish
from blazar_spot.core.errors import Forbidden, NotFound, NotNow, Permanent, Refused, SpotError, Unreachable
from blazar_spot.core.promises import Standing
from blazar_spot.testing.lab import POLICY, Lab

MINUTE = 60
SLOW = replace(POLICY, parallel_deletes=2, lead_floor=30)
ALONE, TOGETHER = SLOW.lead_for_hosts(1), SLOW.lead_for_hosts(2)


def wish(start_at: int) -> Wish:
    return Wish(start_at=start_at, end_at=start_at + 3600, count_min=1, count_max=1)


def leads_of(lab: Lab) -> dict[str, int]:
    """The lead of each reservation's only host."""
    leads = {reclaim.id: reclaim.lead for reclaim in lab.store.reclaims}
    return {claim.reservation_id: leads[claim.id] for claim in lab.store.claims}


@pytest.mark.parametrize("call", ["close", "spot_consumers"])
@pytest.mark.parametrize("error", [Unreachable, NotNow, Forbidden, Permanent])
def test_a_booking_that_cannot_be_secured_is_refused_with_nothing_fenced(call: str, error: type[SpotError]) -> None:
    lab = Lab()
    lab.cloud.fails(call, error("no"))
    with pytest.raises(Refused) as refusal:
        lab.book("r1", lab.clock.now() + MINUTE)
    assert refusal.value.code == "cannot_judge"
    assert lab.claim.standing is Standing.WITHDRAWN
    lab.second()
    assert lab.cloud.closed() == {"host01": False}


def test_a_fault_of_our_own_leaves_nothing_held_either() -> None:
    lab = Lab()
    lab.cloud.fails("close", RuntimeError("a bug"))  # type: ignore[arg-type]
    with pytest.raises(RuntimeError):
        lab.book("r1", lab.clock.now() + MINUTE)
    assert lab.claim.standing is Standing.WITHDRAWN


def test_a_host_without_a_pool_can_be_booked_beside_others() -> None:
    lab = Lab(hosts=2)
    lab.cloud.fails("close", NotFound("it has no provider"))
    chosen = lab.book("r1", lab.clock.now() + MINUTE, hosts=2)
    assert [host.host for host in chosen] == ["host01", "host02"]
    assert lab.cloud.closed()["host02"]


def test_a_booking_has_the_lead_that_the_engine_fixes_from_the_first() -> None:
    lab = Lab(hosts=2, policy=SLOW)
    start_at = lab.clock.now() + 7200
    lab.book("r1", start_at)
    lab.book("r2", start_at)
    assert leads_of(lab) == {"r1": ALONE, "r2": TOGETHER}
    lab.second()
    assert leads_of(lab) == {"r1": TOGETHER, "r2": TOGETHER}


def test_an_instance_that_would_have_to_go_for_the_others_deletes_is_in_the_way() -> None:
    lab = Lab(hosts=2, policy=SLOW)
    start_at = lab.clock.now() + 7200
    lab.book("r1", start_at)
    lab.clock.advance(start_at - SLOW.min_uptime - TOGETHER - lab.clock.now())
    lab.boot(1, "host02")
    with pytest.raises(Refused) as refusal:
        lab.book("r2", start_at)
    assert refusal.value.code == "spot_not_evictable"
    assert len(lab.book("r3", start_at + 600)) == 1


def test_the_pools_are_closed_at_once_if_the_shared_lead_says_so() -> None:
    lab = Lab(hosts=2, policy=SLOW)
    start_at = lab.clock.now() + 7200
    lab.book("r1", start_at)
    lab.clock.advance(SLOW.instants(start_at, TOGETHER).fence_at - lab.clock.now())
    lab.book("r2", start_at)
    assert lab.cloud.closed() == {"host01": False, "host02": True}


@pytest.mark.parametrize(("without", "lead"), [("r1", ALONE), (None, TOGETHER), ("r2", TOGETHER)])
def test_a_reservation_that_leaves_its_place_does_not_share_with_itself(without: str | None, lead: int) -> None:
    lab = Lab(hosts=2, policy=SLOW)
    start_at = lab.clock.now() + 7200
    lab.book("r1", start_at)
    moved = wish(start_at - 1)
    assert lab.whole.booking.fence_at(moved, without=without) == SLOW.instants(moved.start_at, lead).fence_at


@pytest.mark.parametrize("without", ["r1", None, "r2"])
def test_only_a_reservation_that_leaves_its_place_may_keep_its_host_there(without: str | None) -> None:
    lab = Lab(hosts=2, policy=SLOW)
    start_at = lab.clock.now() + 7200
    lab.book("r1", start_at)
    lab.clock.advance(7200 - SLOW.min_uptime - TOGETHER)
    lab.boot(1, "host01")
    lab.run_for(4)
    (own, _) = (replace(host, busy=()) for host in lab.candidates())
    if without == "r1":
        assert lab.whole.booking.judge(wish(start_at - 1), [own], without=without) == [own]
    else:
        with pytest.raises(Refused):
            lab.whole.booking.judge(wish(start_at - 1), [own], without=without)


def test_a_claim_that_is_moved_has_the_lead_of_its_new_place() -> None:
    lab = Lab(hosts=2, policy=SLOW)
    start_at = lab.clock.now() + 7200
    chosen = lab.book("r1", start_at)
    lab.book("r2", start_at)
    lab.second()
    sooner = wish(lab.clock.now() + MINUTE)
    lab.whole.booking.move("r1", sooner, chosen)
    assert leads_of(lab) == {"r1": ALONE, "r2": TOGETHER}


def test_a_move_that_is_refused_leaves_the_lead_as_it_was() -> None:
    lab = Lab(hosts=2, policy=SLOW)
    chosen = lab.book("r1", lab.clock.now() + 7200)
    lab.boot(1, chosen[0].host)
    before = list(lab.store.claims), [(one.lead, one.start_at) for one in lab.store.reclaims]
    with pytest.raises(Refused):
        lab.whole.booking.move("r1", wish(lab.clock.now() + MINUTE), chosen)
    after = [replace(one, version=1) for one in lab.store.claims], [(o.lead, o.start_at) for o in lab.store.reclaims]
    assert after == before
