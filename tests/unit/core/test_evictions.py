# SPDX-License-Identifier: Apache-2.0
"""Each measure has its time, and no measure is forgotten or sent twice."""

from dataclasses import replace

import pytest

from blazar_spot.core.evictions import CLAIMED_FOR, Eviction, Measure, Outcome, allowed, is_room_kept, next_measure
from blazar_spot.core.policy import Policy

NOW = 1_800_000_000
POLICY = Policy(
    delete_p99=15,
    shutdown_allowance=20,
    force_allowance=30,
    reset_allowance=40,
    parallel_deletes=4,
    parallel_deletes_per_host=2,
)
TIMES = {Measure.SHUTDOWN: 20, Measure.DELETE: 15, Measure.FORCE: 30, Measure.RESET: 40, Measure.ALARM: 40}
HARDER = {
    Measure.SHUTDOWN: Measure.DELETE,
    Measure.DELETE: Measure.FORCE,
    Measure.FORCE: Measure.RESET,
    Measure.RESET: Measure.ALARM,
    Measure.ALARM: Measure.ALARM,
}


def eviction(measure: Measure = Measure.DELETE, outcome: Outcome = Outcome.ACCEPTED) -> Eviction:
    return Eviction(id="s1", host="h1", asked_at=NOW, measure=measure, tried_at=NOW, outcome=outcome)


def test_an_eviction_begins_with_a_delete_or_with_a_shutdown_if_the_guest_gets_time_for_it() -> None:
    assert next_measure(None, Policy(shutdown_allowance=0), NOW) is Measure.DELETE
    assert next_measure(None, Policy(shutdown_allowance=1), NOW) is Measure.SHUTDOWN


def test_what_is_marked_as_deleted_already_is_deleted_by_force() -> None:
    assert next_measure(None, POLICY, NOW, is_soft_deleted=True) is Measure.FORCE


@pytest.mark.parametrize("measure", list(Measure))
@pytest.mark.parametrize("outcome", list(Outcome))
def test_one_that_a_delete_only_marked_goes_by_force_at_once(measure: Measure, outcome: Outcome) -> None:
    before = eviction(measure, outcome)
    is_too_mild = measure in (Measure.SHUTDOWN, Measure.DELETE)
    at_once = next_measure(before, POLICY, NOW, is_soft_deleted=True)
    if is_too_mild and outcome is not Outcome.SENT:
        assert at_once is Measure.FORCE
    else:
        assert at_once is next_measure(before, POLICY, NOW)
    if is_too_mild:
        assert next_measure(before, POLICY, NOW + CLAIMED_FOR, is_soft_deleted=True) is Measure.FORCE
        assert next_measure(before, POLICY, NOW + TIMES[measure], is_soft_deleted=True) is Measure.FORCE


def test_an_instance_that_was_gone_and_is_back_is_evicted_from_the_beginning() -> None:
    back = replace(eviction(Measure.RESET), gone_at=NOW)
    assert next_measure(back, POLICY, NOW) is Measure.SHUTDOWN
    assert next_measure(back, POLICY, NOW, is_soft_deleted=True) is Measure.FORCE


@pytest.mark.parametrize("measure", list(Measure))
def test_the_next_measure_comes_when_the_last_one_has_had_its_time_and_not_a_second_earlier(measure: Measure) -> None:
    before = eviction(measure)
    assert next_measure(before, POLICY, NOW + TIMES[measure] - 1) is None
    assert next_measure(before, POLICY, NOW + TIMES[measure]) is HARDER[measure]


@pytest.mark.parametrize("measure", list(Measure))
def test_a_measure_whose_sender_died_is_sent_again_once_it_is_nobodys_any_more(measure: Measure) -> None:
    before = eviction(measure, Outcome.SENT)
    assert next_measure(before, POLICY, NOW + CLAIMED_FOR - 1) is None
    assert next_measure(before, POLICY, NOW + CLAIMED_FOR) is measure


@pytest.mark.parametrize("measure", list(Measure))
def test_a_measure_that_was_refused_is_tried_again_at_once_and_still_has_only_its_time(measure: Measure) -> None:
    before = eviction(measure, Outcome.REFUSED)
    assert next_measure(before, POLICY, NOW) is measure
    assert next_measure(before, POLICY, NOW + TIMES[measure]) is HARDER[measure]


@pytest.mark.parametrize(
    ("measure", "outcome", "is_accepted"),
    [
        (Measure.SHUTDOWN, Outcome.ACCEPTED, False),
        (Measure.DELETE, Outcome.SENT, False),
        (Measure.DELETE, Outcome.REFUSED, False),
        (Measure.DELETE, Outcome.ACCEPTED, True),
        (Measure.FORCE, Outcome.REFUSED, True),
        (Measure.FORCE, Outcome.ACCEPTED, True),
    ],
)
def test_a_deletion_counts_as_accepted_from_the_first_delete_that_was(
    measure: Measure, outcome: Outcome, is_accepted: bool
) -> None:
    assert eviction(measure, outcome).is_accepted is is_accepted


def under_way(*hosts: str, asked_at: int = NOW) -> list[Eviction]:
    return [
        replace(eviction(), id=f"{host}-{number}", host=host, asked_at=asked_at) for number, host in enumerate(hosts)
    ]


@pytest.mark.parametrize(
    ("busy", "expected"),
    [
        ([], ["a", "b"]),
        (["h2"], ["a", "b"]),
        (["h1"], ["a"]),
        (["h1", "h1"], []),
        (["h2", "h2", "h3"], ["a"]),
        (["h2", "h2", "h3", "h3"], []),
        (["h2", "h2", "h3", "h3", "h4"], []),
    ],
)
def test_no_more_go_at_once_than_the_host_and_the_cloud_can_bear(busy: list[str], expected: list[str]) -> None:
    assert allowed({"c", "a", "b"}, "h1", under_way(*busy), POLICY, NOW) == expected


def test_an_eviction_that_takes_longer_than_a_slow_delete_holds_up_nobody() -> None:
    slow = under_way("h1", "h1")
    assert allowed(["a"], "h1", slow, POLICY, NOW + POLICY.delete_p99 - 1) == []
    assert allowed(["a"], "h1", slow, POLICY, NOW + POLICY.delete_p99) == ["a"]


@pytest.mark.parametrize(("seconds", "is_kept"), [(-1, False), (0, True), (15, True), (16, False)])
def test_room_is_kept_from_when_a_slow_delete_would_end_too_late_until_others_are_due(
    seconds: int, is_kept: bool
) -> None:
    assert is_room_kept([NOW + 9000, NOW + seconds], POLICY, NOW) is is_kept
    assert not is_room_kept([], POLICY, NOW)
