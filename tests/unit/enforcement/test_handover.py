# SPDX-License-Identifier: Apache-2.0
"""Hosts are handed over side by side, and the cloud's slowness holds nobody up for longer than the budget."""

import threading

from blazar_spot.core.errors import Unreachable
from blazar_spot.core.fences import OPEN
from blazar_spot.enforcement.assembly import assemble
from blazar_spot.testing.lab import Lab


def test_a_cloud_that_does_not_answer_is_not_waited_for_beyond_the_budget() -> None:
    lab = Lab(hosts=3)
    whole = assemble(lab.store, lab.cloud, lab.cloud, lab.clock, lab.policy, handover_budget=1)
    chosen = lab.book("r1", lab.clock.now(), hosts=3)
    aggregate = lab.cloud.add_aggregate("r1", zone="blazar_r1")
    answers = threading.Event()
    servers_on = lab.cloud.servers_on

    def silent_about_one(host: str) -> frozenset[str]:
        if host == "host02":
            answers.wait(30)
        return servers_on(host)

    lab.cloud.servers_on = silent_about_one  # type: ignore[method-assign]
    late = whole.handover.hand_over("r1", aggregate.id, chosen)
    answers.set()
    assert [host.host for host in late] == ["host02"]
    assert sorted(aggregate.hosts) == ["host01", "host03"]


def test_a_host_that_was_given_up_as_late_does_not_set_out_any_more() -> None:
    lab = Lab(hosts=1)
    whole = assemble(lab.store, lab.cloud, lab.cloud, lab.clock, lab.policy, handover_budget=1)
    chosen = lab.book("r1", lab.clock.now())
    aggregate = lab.cloud.add_aggregate("r1", zone="blazar_r1")
    answers, has_looked = threading.Event(), threading.Event()
    servers_on = lab.cloud.servers_on

    def slow(host: str) -> frozenset[str]:
        answers.wait(30)
        found = servers_on(host)
        has_looked.set()
        return found

    lab.cloud.servers_on = slow  # type: ignore[method-assign]
    assert whole.handover.hand_over("r1", aggregate.id, chosen) == chosen
    answers.set()
    assert has_looked.wait(30)
    for thread in threading.enumerate():
        if thread.name.startswith("ThreadPoolExecutor"):
            thread.join(30)
    assert lab.cloud.freepool.hosts == ["host01"]


def test_a_host_that_has_not_come_back_from_its_last_reservation_is_late() -> None:
    lab = Lab(hosts=1)
    chosen = lab.book("r1", lab.clock.now())
    before = lab.cloud.add_aggregate("r0", zone="blazar_r0")
    lab.cloud.leave_aggregate(lab.cloud.freepool.id, "host01")
    lab.cloud.join_aggregate(before.id, "host01")
    aggregate = lab.cloud.add_aggregate("r1", zone="blazar_r1")
    assert lab.whole.handover.hand_over("r1", aggregate.id, chosen) == chosen
    assert lab.cloud.freepool.hosts == []


def test_every_host_is_late_while_there_is_no_freepool() -> None:
    lab = Lab(hosts=1)
    chosen = lab.book("r1", lab.clock.now())
    aggregate = lab.cloud.add_aggregate("r1", zone="blazar_r1")
    del lab.cloud.aggregates[lab.cloud.freepool.id]
    assert lab.whole.handover.hand_over("r1", aggregate.id, chosen) == chosen
    assert aggregate.hosts == []


def test_nobody_can_come_to_a_host_between_the_look_and_the_move_even_without_an_engine() -> None:
    lab = Lab(hosts=1)
    chosen = lab.book("r1", lab.clock.now())
    lab.cloud.keep("host01", OPEN, lab.cloud.pools()["host01"])
    aggregate = lab.cloud.add_aggregate("r1", zone="blazar_r1")
    was_closed: list[bool] = []
    servers_on = lab.cloud.servers_on

    def looked(host: str) -> frozenset[str]:
        was_closed.append(lab.cloud.pools()[host].is_closed)
        return servers_on(host)

    lab.cloud.servers_on = looked  # type: ignore[method-assign]
    assert lab.whole.handover.hand_over("r1", aggregate.id, chosen) == []
    assert was_closed == [True]


def test_a_host_whose_pool_cannot_be_closed_is_late() -> None:
    lab = Lab(hosts=1)
    chosen = lab.book("r1", lab.clock.now())
    aggregate = lab.cloud.add_aggregate("r1", zone="blazar_r1")

    def refused(host: str) -> None:
        raise Unreachable(host)

    lab.cloud.close = refused  # type: ignore[method-assign]
    assert lab.whole.handover.hand_over("r1", aggregate.id, chosen) == chosen
