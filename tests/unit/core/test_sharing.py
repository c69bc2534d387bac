# SPDX-License-Identifier: Apache-2.0
"""What of a claim's room is taken, and who has to go for it."""

from dataclasses import replace
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from blazar_spot.core.policy import Policy
from blazar_spot.core.promises import Claim, Instance, Notice, NoticeState, Standing
from blazar_spot.core.sharing import Usage, at_home, beside, cost, missing, reservation_class, victims

NOW = 1_800_000_000
POLICY = Policy()
CLAIM = Claim(
    id="c1",
    reservation_id="ab-1",
    lease_id="l1",
    host="host01",
    service_host="host01",
    start_at=NOW + 7200,
    end_at=NOW + 10800,
    standing=Standing.FIRM,
    held_until=0,
    room={"GPU": 4, "RAM": 10},
)
EARLIER = replace(CLAIM, id="c0", reservation_id="ab-0", start_at=NOW + 3600)
CAPACITY = {"GPU": 8, "RAM": 100}
MINE = {reservation_class("ab-1"): 1, "GPU": 2}
THEIRS = {reservation_class("ab-0"): 1, "GPU": 2}


def test_a_reservations_class_is_spelled_as_blazar_spells_it() -> None:
    assert reservation_class("ab-1") == "CUSTOM_RESERVATION_AB_1"


@pytest.mark.parametrize(
    ("other", "is_beside"),
    [
        (EARLIER, True),
        (CLAIM, False),
        (replace(EARLIER, host="host02"), False),
        (replace(EARLIER, room=None), False),
        (replace(EARLIER, standing=Standing.HELD), False),
        (replace(EARLIER, standing=Standing.ENDED), False),
        (replace(EARLIER, end_at=CLAIM.start_at), False),
        (replace(EARLIER, end_at=CLAIM.start_at + 1), True),
        (replace(EARLIER, start_at=CLAIM.start_at), True),
        (replace(EARLIER, start_at=CLAIM.start_at, id="c2"), False),
        (replace(EARLIER, start_at=CLAIM.start_at + 1), False),
    ],
)
def test_only_a_firm_earlier_claim_that_still_holds_its_room_counts(other: Claim, is_beside: bool) -> None:
    assert beside(CLAIM, [other], NOW) == ([other] if is_beside else [])


def test_a_claim_that_ended_while_its_follower_was_late_counts_no_more() -> None:
    assert beside(CLAIM, [EARLIER], EARLIER.end_at - 1) == [EARLIER]
    assert beside(CLAIM, [EARLIER], EARLIER.end_at) == []


def test_an_empty_host_lacks_nothing() -> None:
    assert missing(CLAIM, [], Usage(CAPACITY, {})) == {}


def test_what_is_taken_is_lacking_as_far_as_there_is_no_room_beside_it() -> None:
    assert missing(CLAIM, [], Usage(CAPACITY, {"s1": {"GPU": 4, "RAM": 90}})) == {}
    assert missing(CLAIM, [], Usage(CAPACITY, {"s1": {"GPU": 4}, "s2": {"GPU": 1, "RAM": 93}})) == {"GPU": 1, "RAM": 3}


def test_a_class_that_the_host_does_not_have_is_lacking() -> None:
    assert missing(CLAIM, [], Usage({"GPU": 8}, {})) == {"RAM": 10}


def test_a_reservations_own_servers_stand_in_its_own_room() -> None:
    usage = Usage(CAPACITY, {"mine": MINE, "theirs": THEIRS, "spot": {"GPU": 1}})
    assert at_home([CLAIM], usage) == {"mine"}
    assert missing(CLAIM, [], usage) == {}
    assert missing(CLAIM, [EARLIER], usage) == {"GPU": 1}


def test_the_room_of_others_is_kept_whether_they_use_it_or_not() -> None:
    assert missing(CLAIM, [replace(EARLIER, room={"GPU": 6})], Usage(CAPACITY, {})) == {"GPU": 2}


def test_servers_of_a_reservation_that_has_ended_are_in_the_way() -> None:
    assert missing(CLAIM, [], Usage(CAPACITY, {"theirs": {**THEIRS, "GPU": 6}})) == {"GPU": 2}


def test_if_all_cannot_free_enough_all_that_free_any_of_it_go() -> None:
    sizes = {"a": {"GPU": 1}, "b": {"GPU": 1, "RAM": 5}, "c": {"DISK": 7}}
    assert victims({"GPU": 4}, sizes, dict.fromkeys(sizes, 1)) == {"a", "b"}
    assert victims({"GPU": 4}, {}, {}) == frozenset()


ITEMS = st.lists(st.tuples(st.integers(1, 9), st.integers(0, 3), st.integers(0, 3)), max_size=6)


@given(ITEMS, st.integers(1, 6), st.integers(1, 6))
def test_who_goes_is_the_cheapest_way_to_free_what_can_be_freed(
    items: list[tuple[int, int, int]], gpus: int, ram: int
) -> None:
    sizes = {str(number): {"GPU": item[1], "RAM": item[2]} for number, item in enumerate(items)}
    costs = {str(number): item[0] for number, item in enumerate(items)}

    def freed(ones: tuple[str, ...]) -> tuple[int, int]:
        return (
            min(gpus, sum(sizes[one]["GPU"] for one in ones)),
            min(ram, sum(sizes[one]["RAM"] for one in ones)),
        )

    best = min(
        sum(costs[one] for one in ones)
        for count in range(len(sizes) + 1)
        for ones in combinations(sorted(sizes), count)
        if freed(ones) == freed(tuple(sizes))
    )
    chosen = victims({"GPU": gpus, "RAM": ram}, sizes, costs)
    assert freed(tuple(chosen)) == freed(tuple(sizes))
    assert sum(costs[one] for one in chosen) == best


def instance(running_for: int) -> Instance:
    return Instance(
        id="i1",
        host="host01",
        project_id="p1",
        name="i1",
        flavor="spot",
        created_at=NOW - running_for,
        running_since=NOW - running_for,
    )


def notice(deadline_at: int) -> Notice:
    return Notice(
        id="n1",
        instance_id="i1",
        project_id="p1",
        host="host01",
        decided_at=NOW,
        deadline_at=deadline_at,
        given_at=NOW,
        state=NoticeState.SCHEDULED,
    )


def test_who_was_told_goes_first_then_who_has_run_least_then_who_was_promised_more_time() -> None:
    evict_at = NOW + POLICY.notice
    told = cost(instance(90_000), notice(evict_at), evict_at, POLICY, NOW)
    young = cost(instance(POLICY.min_uptime), None, evict_at, POLICY, NOW)
    old = cost(instance(90_000), None, evict_at, POLICY, NOW)
    promised = cost(instance(POLICY.min_uptime - POLICY.notice - 1), None, evict_at, POLICY, NOW)
    told_later = cost(instance(90_000), notice(evict_at + 1), evict_at, POLICY, NOW)
    unknown = cost(None, None, evict_at, POLICY, NOW)
    assert told < young < old < unknown <= promised
    assert told_later > old * 1_000_000


def test_who_lets_it_go_is_the_first_to_go() -> None:
    evict_at = NOW + POLICY.notice
    for deadline_at in (evict_at, evict_at + 1):
        consenting = replace(notice(deadline_at), ready_at=NOW)
        assert cost(instance(90_000), consenting, evict_at, POLICY, NOW) == 0


def test_who_was_told_too_late_for_the_start_stays_the_one_to_go() -> None:
    evict_at = NOW - 10
    assert cost(instance(90_000), notice(NOW + POLICY.notice), evict_at, POLICY, NOW) == 1


def test_an_end_that_nobody_was_promised_to_be_spared_from_costs_what_has_run() -> None:
    evict_at = NOW + POLICY.notice + POLICY.min_uptime + 1
    just_now, a_second_ago = (cost(instance(seconds), None, evict_at, POLICY, NOW) for seconds in (0, 1))
    assert a_second_ago == just_now + 1
    assert cost(instance(0), notice(evict_at), evict_at, POLICY, NOW) == 1


def test_a_consumer_of_which_nothing_is_known_may_hold_everything() -> None:
    usage = Usage(CAPACITY, {"s1": MINE}).and_held_by({"s2": {"GPU": 1}, "s3": None})
    assert usage == Usage(CAPACITY, {"s1": MINE, "s2": {"GPU": 1}, "s3": CAPACITY})
