# SPDX-License-Identifier: Apache-2.0
"""Which claims may still get other hosts, and which hosts are better."""

from dataclasses import replace

import pytest

from blazar_spot.core.booking import Candidate
from blazar_spot.core.policy import Policy
from blazar_spot.core.promises import Claim, Instance, Reclaim, Standing
from blazar_spot.core.rebinding import TOGETHER, Bound, Move, due, moves
from blazar_spot.core.reclaim import State
from tests.contract.store import CLAIM, RECLAIM

NOW = 1_000_000
MARGIN = 10
START = NOW + 7200
HOUR = 3600
FIRM = replace(CLAIM, standing=Standing.FIRM, room=None)
PLANNED = replace(RECLAIM, state=State.PLANNED, fence_at=NOW + MARGIN + 1)


def is_due(claim: Claim, reclaim: Reclaim | None) -> bool:
    return bool(due([(claim, reclaim)], NOW, MARGIN))


@pytest.mark.parametrize(
    ("ahead", "expected"),
    [(0, False), (MARGIN, False), (MARGIN + 1, True), (MARGIN + TOGETHER, True), (MARGIN + TOGETHER + 1, False)],
)
def test_a_claim_is_due_shortly_before_its_fence_but_not_too_shortly(ahead: int, *, expected: bool) -> None:
    assert is_due(FIRM, replace(PLANNED, fence_at=NOW + ahead)) is expected


@pytest.mark.parametrize(
    ("claim", "reclaim"),
    [
        (replace(FIRM, standing=Standing.HELD), PLANNED),
        (replace(FIRM, room={"VCPU": 1}), PLANNED),
        (replace(FIRM, lease_id=""), PLANNED),
        (FIRM, None),
        (FIRM, replace(PLANNED, state=State.FENCED)),
        (FIRM, replace(PLANNED, state=State.NOTIFIED)),
    ],
)
def test_what_is_not_committed_not_whole_or_has_begun_is_not_due(claim: Claim, reclaim: Reclaim | None) -> None:
    assert not is_due(claim, reclaim)


def spot(host: str, uptime: int) -> Instance:
    since = NOW - uptime
    return Instance(
        id=f"spot-of-{host}", host=host, project_id="", name="", flavor="", created_at=since, running_since=since
    )


def bound(name: str, *hosts: str, among: str, starts: int = START, busy: str = "") -> Bound:
    window = ((starts - HOUR, starts + HOUR),)
    every = [Candidate(one, one, window if one in busy else ()) for one in among]
    return Bound(name, starts, starts + HOUR, frozenset(hosts), tuple(every))


def chosen(bounds: list[Bound], *spots: Instance) -> list[Move]:
    return moves(bounds, spots, {}, 60, Policy(), NOW)


def test_the_cheapest_hosts_are_taken_and_those_that_are_among_them_are_kept() -> None:
    spots = [spot("a", 3 * HOUR), spot("b", HOUR), spot("c", 2 * HOUR)]
    assert chosen([bound("one", "a", "b", among="abc")], *spots) == [Move("one", "a", "c")]


def test_nothing_moves_for_the_same_price() -> None:
    assert chosen([bound("one", "b", among="abc")]) == []
    assert chosen([bound("one", "b", among="ab")], spot("a", HOUR), spot("b", HOUR)) == []


def test_a_host_that_somebody_else_has_is_not_taken() -> None:
    assert chosen([bound("one", "a", among="ab", busy="b")], spot("a", HOUR)) == []


def test_two_reservations_are_decided_together_and_may_exchange_hosts() -> None:
    """The one that may only have b needs what the other one has, which is cheaper off with c."""
    bounds = [bound("one", "b", among="bc"), bound("two", "a", among="ab", starts=START + 60)]
    assert chosen(bounds, spot("a", 9 * HOUR), spot("c", HOUR)) == [Move("one", "b", "c"), Move("two", "a", "b")]


def test_nothing_moves_while_one_of_them_can_have_no_hosts_at_all() -> None:
    bounds = [bound("one", "a", among="ab"), bound("two", "c", among="c", busy="c")]
    assert chosen(bounds, spot("a", HOUR)) == []
