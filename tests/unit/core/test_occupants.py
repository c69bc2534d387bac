# SPDX-License-Identifier: Apache-2.0
"""Nobody is touched who is not known to be spot or to have no promise."""

from dataclasses import replace

import pytest

from blazar_spot.core.occupants import Sorted, Whose, is_let, sort_out, whose
from blazar_spot.core.promises import Claim, Standing
from tests.unit.core.claims import CLAIM


def claim(start_at: int, end_at: int, standing: Standing = Standing.FIRM) -> Claim:
    return replace(CLAIM, host="h1", service_host="h1", start_at=start_at, end_at=end_at, standing=standing)


def test_everybody_is_sorted_by_what_may_be_done() -> None:
    assert sort_out(
        occupants={"spot", "no-promise", "stranger", "move-of-spot", "move-of-other"},
        here={"spot", "building", "no-promise"},
        condemned={"no-promise"},
        spot={"spot", "building", "moved"},
        moves={"move-of-spot": "moved", "move-of-other": "other"},
    ) == Sorted(
        spots=frozenset({"spot", "building"}),
        condemned=frozenset({"no-promise"}),
        moved=frozenset({"moved"}),
        strangers=frozenset({"stranger", "move-of-other"}),
    )


def test_a_move_that_left_nothing_on_the_host_waits_for_nobody() -> None:
    found = sort_out(occupants={"x"}, here=set(), condemned=set(), spot={"moved"}, moves={"m": "moved"})
    assert (found.moved, found.strangers) == (frozenset(), frozenset({"x"}))


def test_an_empty_host_has_nobody() -> None:
    nobody: frozenset[str] = frozenset()
    assert sort_out(set(), set(), set(), {"s"}, {}) == Sorted(nobody, nobody, nobody, nobody)


@pytest.mark.parametrize(
    ("created_at", "expected"),
    [(99, Whose.UNKNOWN), (100, Whose.RESERVED), (199, Whose.RESERVED), (200, Whose.UNKNOWN), (None, Whose.UNKNOWN)],
)
def test_a_server_made_in_the_time_of_a_reservation_is_its_own(created_at: int | None, expected: Whose) -> None:
    assert whose(created_at, False, [claim(100, 200)], 150) is expected


@pytest.mark.parametrize(
    ("now", "standing", "expected"),
    [
        (199, Standing.FIRM, Whose.RESERVED),
        (200, Standing.FIRM, Whose.LEAVING),
        (150, Standing.ENDED, Whose.LEAVING),
        (150, Standing.WITHDRAWN, Whose.LEAVING),
    ],
)
def test_it_leaves_when_the_reservation_has_ended(now: int, standing: Standing, expected: Whose) -> None:
    assert whose(150, False, [claim(100, 200, standing)], now) is expected


def test_one_reservation_that_still_runs_is_enough() -> None:
    assert whose(150, False, [claim(100, 160), claim(100, 300)], 250) is Whose.RESERVED


def test_what_a_move_left_behind_is_nobodys() -> None:
    assert whose(150, True, [claim(100, 200)], 150) is Whose.MOVED
    assert whose(None, True, [], 150) is Whose.MOVED


def test_a_host_is_let_while_a_reservation_that_is_running_has_all_of_it() -> None:
    assert [is_let([claim(10, 20)], now) for now in (9, 10, 19, 20)] == [False, True, True, False]
    assert not is_let([claim(10, 20, Standing.ENDED)], 15)
    assert not is_let([replace(claim(10, 20), room={"VCPU": 1})], 15)
    assert not is_let([], 15)
