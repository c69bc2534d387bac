# SPDX-License-Identifier: Apache-2.0
"""The arithmetic of the promise."""

from dataclasses import fields

import pytest

from blazar_spot.core.errors import ContradictoryPolicy
from blazar_spot.core.policy import MINUTE, Policy

START = 1_800_000_000


def test_instants_are_counted_back_from_the_start() -> None:
    policy = Policy(min_uptime=1800, notice=900, notice_slack=60, boot_allowance=120)
    instants = policy.instants(START, lead=300)
    assert instants.evict_at == START - 300
    assert instants.notice_at == START - 300 - 960
    assert instants.fence_at == START - 300 - 1920
    assert instants.lead == 300


def test_an_instance_that_boots_just_before_the_fence_keeps_its_minimum_uptime() -> None:
    policy = Policy()
    instants = policy.instants(START, lead=60)
    latest_active = instants.fence_at - 1 + policy.boot_allowance
    assert instants.evict_at - latest_active >= policy.min_uptime


@pytest.mark.parametrize(
    ("victims", "lead"),
    [(0, 60), (1, 60), (20, 60), (160, 60), (301, 63), (1000, 165)],
)
def test_lead_grows_with_the_rounds_of_deletes_above_its_floor(victims: int, lead: int) -> None:
    policy = Policy(lead_floor=60, delete_takes=3, delete_p99=15, parallel_deletes=20)
    assert policy.lead(victims) == lead


@pytest.mark.parametrize(("victims", "lead"), [(0, 0), (1, 10), (4, 10), (5, 20), (8, 20), (9, 20)])
def test_lead_counts_the_rounds_of_one_full_host_too(victims: int, lead: int) -> None:
    policy = Policy(
        lead_floor=0,
        shutdown_allowance=0,
        delete_takes=10,
        delete_p99=0,
        parallel_deletes=20,
        parallel_deletes_per_host=4,
        spots_per_host=8,
    )
    assert policy.lead(victims) == lead


def test_lead_of_hosts_is_that_of_full_hosts() -> None:
    policy = Policy(spots_per_host=50, parallel_deletes=20, delete_takes=10, delete_p99=15)
    assert policy.lead_for_hosts(4) == policy.lead(200)


@pytest.mark.parametrize("name", [field.name for field in fields(Policy) if field.type is int])
def test_negative_numbers_are_refused_by_name(name: str) -> None:
    with pytest.raises(ContradictoryPolicy, match=name):
        Policy(**{name: -1})


@pytest.mark.parametrize("name", ["parallel_deletes", "parallel_deletes_per_host", "spots_per_host"])
def test_counts_of_nothing_are_refused(name: str) -> None:
    with pytest.raises(ContradictoryPolicy, match=name):
        Policy(**{name: 0})


def test_none_at_all_is_allowed_of_what_is_no_count() -> None:
    counts = {"parallel_deletes", "parallel_deletes_per_host", "spots_per_host"}
    least = Policy(**{field.name: 1 if field.name in counts else 0 for field in fields(Policy)})
    assert least.lead_for_hosts(1) == 0


def test_notice_longer_than_the_time_behind_the_fence_is_a_contradiction() -> None:
    Policy(min_uptime=900, boot_allowance=60, notice=900, notice_slack=60)
    with pytest.raises(ContradictoryPolicy, match="could not get its notice"):
        Policy(min_uptime=900, boot_allowance=59, notice=900, notice_slack=60)


def test_a_contradiction_is_told_with_both_sums() -> None:
    with pytest.raises(ContradictoryPolicy, match=r"\(959 s\) is shorter than .* \(960 s\)"):
        Policy(min_uptime=900, boot_allowance=59, notice=900, notice_slack=60)


@pytest.mark.parametrize("earliest", [START, START + 1, START + 59, START + 60])
def test_answered_start_is_the_next_whole_minute_after_the_allowance(earliest: int) -> None:
    policy = Policy(answer_allowance=120)
    answer = policy.answer(earliest)
    assert answer % MINUTE == 0
    assert 120 <= answer - earliest < 120 + MINUTE
