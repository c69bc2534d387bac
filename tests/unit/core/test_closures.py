# SPDX-License-Identifier: Apache-2.0
"""Hosts that are closed or drained: how far they are, and who else has them when."""

from dataclasses import replace

import pytest

from blazar_spot.core.booking import Candidate
from blazar_spot.core.closures import FOREVER, Closed, Closure, Stage, around_drains, is_reserved, to_drain
from blazar_spot.core.promises import Claim, Standing
from blazar_spot.core.reclaim import State
from tests.contract.store import CLAIM, NOON, RECLAIM

CLOSURE = Closure(id="gpu-1", closed_at=NOON)
DRAIN = replace(CLAIM, reservation_id="gpu-1", lease_id="", standing=Standing.FIRM, start_at=NOON, end_at=FOREVER)


def lease(start_at: int, end_at: int, host: str = "gpu-1") -> Claim:
    return replace(CLAIM, host=host, start_at=start_at, end_at=end_at)


def test_a_claim_without_a_lease_is_a_drains() -> None:
    assert DRAIN.is_drain
    assert not CLAIM.is_drain


def test_a_host_that_is_only_closed_is_closed_whatever_was_freed_before() -> None:
    assert Closed(closure=CLOSURE).stage is Stage.CLOSED


@pytest.mark.parametrize("state", State)
def test_a_drain_is_as_far_as_its_reclaim(state: State) -> None:
    expected = {State.READY: Stage.DRAINED, State.OVERDUE: Stage.OVERDUE}.get(state, Stage.DRAINING)
    assert Closed(closure=CLOSURE, claim=DRAIN, reclaim=replace(RECLAIM, state=state)).stage is expected
    assert Closed(closure=CLOSURE, claim=DRAIN).stage is Stage.DRAINING


def test_a_host_is_busy_while_it_is_to_be_drained_besides() -> None:
    hosts = [Candidate("gpu-1", "gpu-1", ((1, 2),)), Candidate("gpu-2", "gpu-2")]
    claims = [DRAIN, lease(5, 6), replace(DRAIN, id="other", start_at=NOON + 9)]
    busy = ((1, 2), (NOON, FOREVER), (NOON + 9, FOREVER))
    assert around_drains(hosts, claims) == [replace(hosts[0], busy=busy), hosts[1]]


def test_for_its_drain_a_host_is_busy_while_any_reservation_has_any_of_it() -> None:
    part = replace(lease(3, 4), room={"VCPU": 1})
    assert to_drain("gpu-1", [lease(5, 6), part, lease(7, 8, "gpu-2"), DRAIN]) == Candidate(
        "gpu-1", "gpu-1", ((3, 4), (5, 6))
    )


@pytest.mark.parametrize(
    ("claim", "expected"),
    [
        (lease(NOON - 9, NOON), False),
        (lease(NOON - 9, NOON + 1), True),
        (lease(NOON + 9, NOON + 10), True),
        (lease(NOON, NOON + 1, "gpu-2"), False),
        (lease(FOREVER, FOREVER + 1), False),
        (DRAIN, False),
    ],
)
def test_a_drain_is_in_the_way_of_reservations_of_its_host_that_overlap(claim: Claim, *, expected: bool) -> None:
    assert is_reserved(DRAIN, [claim]) is expected
