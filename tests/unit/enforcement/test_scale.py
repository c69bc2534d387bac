# SPDX-License-Identifier: Apache-2.0
"""What a tick asks and sends, counted: it depends on the work that is due, never on the size of the cloud.

CPU time is measured by ``make bench``, on the same stage.
"""

import math

import pytest

from bench.engine import LIST_SECONDS, POLICY, TICK_SECONDS, Cost, Stage, clear
from bench.thin_cloud import DELETE_TAKES, PER_HOST

RECLAIMS = 5
VICTIMS = RECLAIMS * PER_HOST


def counts(cost: Cost) -> tuple[int, int, int, int]:
    return cost.queries, cost.reads, cost.proofs, cost.writes


def played(hosts: int) -> dict[str, list[Cost]]:
    """The ticks of each phase of freeing some hosts of a cloud of this size."""
    stage = Stage(hosts)
    stage.start()
    stage.clock.advance(TICK_SECONDS)
    phases = {"idle": [stage.tick()]}
    evict_at = stage.book(RECLAIMS, ahead=4000)
    notice_at = evict_at - POLICY.notice - POLICY.notice_slack
    phases["waiting"] = stage.ticks_until(notice_at - 1)
    phases["giving notices"] = stage.ticks_until(notice_at)
    phases["notices run"] = stage.ticks_until(evict_at - 1)
    phases["deleting"] = stage.ticks_until(evict_at + 9, every=1)
    return phases


@pytest.fixture(scope="module")
def small() -> dict[str, list[Cost]]:
    return played(10)


@pytest.fixture(scope="module")
def large() -> dict[str, list[Cost]]:
    return played(90)


def test_queries_reads_and_writes_are_the_same_in_a_small_and_a_large_cloud(
    small: dict[str, list[Cost]], large: dict[str, list[Cost]]
) -> None:
    for phase, costs in small.items():
        assert [counts(one) for one in costs] == [counts(one) for one in large[phase]], phase


def test_a_tick_that_has_nothing_to_do_asks_little_and_writes_nothing(large: dict[str, list[Cost]]) -> None:
    [idle] = large["idle"]
    assert (idle.queries, idle.writes) <= (25, 0)
    assert idle.reads <= 10


def test_all_pools_are_listed_by_a_sweep_and_otherwise_the_closed_ones_alone() -> None:
    stage = Stage(10)
    stage.start()
    stage.ticks_until(stage.clock.now() + 60, every=TICK_SECONDS)
    before = stage.cloud.reads["pools"], stage.cloud.reads["closed_pools"]
    stage.ticks_until(stage.clock.now() + 240, every=TICK_SECONDS)
    after = stage.cloud.reads["pools"], stage.cloud.reads["closed_pools"]
    assert (after[0] - before[0], after[1] - before[1]) == (4, 44)


def test_a_look_at_the_hosts_reads_each_witness_once_a_host_and_a_little_more(large: dict[str, list[Cost]]) -> None:
    for phase in ("waiting", "giving notices", "notices run", "deleting"):
        assert max(one.reads for one in large[phase]) <= 2 * RECLAIMS + VICTIMS // 100 + 10, phase


def test_what_became_of_an_instance_is_asked_once_when_it_is_gone(large: dict[str, list[Cost]]) -> None:
    """Two requests each, beside the bound on a look at the hosts: as many as go in its time."""
    asked = {phase: sum(one.proofs for one in costs) for phase, costs in large.items()}
    assert asked == dict.fromkeys(large, 0) | {"deleting": 2 * VICTIMS}


def test_a_reclaim_costs_one_notice_and_one_delete_for_each_instance(large: dict[str, list[Cost]]) -> None:
    assert sum(one.writes for one in large["giving notices"]) == VICTIMS
    assert sum(one.writes for one in large["deleting"]) == VICTIMS
    assert sum(one.writes for phase in ("waiting", "notices run") for one in large[phase]) == RECLAIMS


def test_a_withdrawal_costs_one_more_write_for_each_instance() -> None:
    stage = Stage(10)
    evict_at = stage.book(RECLAIMS, ahead=4000)
    stage.ticks_until(evict_at - 60)
    stage.withdraw()
    stage.tick()
    stage.tick()
    assert stage.cloud.writes["write_metadata"] == stage.cloud.writes["remove_metadata"] == VICTIMS


def test_many_instances_are_gone_in_time_with_no_more_deletes_at_once_than_allowed() -> None:
    clearing = clear(120)
    rounds = 120 // POLICY.parallel_deletes
    assert clearing.seconds <= rounds * math.ceil(DELETE_TAKES) + TICK_SECONDS
    assert (clearing.most_at_once, clearing.deletes, clearing.notices) == (POLICY.parallel_deletes, 120, 120)


def test_the_whole_list_is_read_a_page_a_tick() -> None:
    stage = Stage(250)
    stage.start()
    stage.clock.advance(LIST_SECONDS)
    reads = [stage.tick().queries for _ in range(5)]
    assert max(reads) < 30
    assert stage.cloud.reads["spot_servers"] == 2


@pytest.mark.parametrize("reclaims", [5, 50])
def test_a_new_engine_stays_within_the_reads_of_a_look_while_hosts_are_being_freed(reclaims: int) -> None:
    stage = Stage(90)
    stage.start()
    evict_at = stage.book(reclaims, ahead=4000)
    stage.ticks_until(evict_at - 100)
    for server in list(stage.cloud.spot_servers())[-40:]:
        stage.cloud.delete(server.id, force=True)
    stage.clock.advance(TICK_SECONDS)
    stage.restart()
    first, *others = [stage.tick() for _ in range(10)]
    victims = reclaims * PER_HOST
    assert max(one.reads for one in [first, *others]) <= 2 * reclaims + victims // 100 + 10
