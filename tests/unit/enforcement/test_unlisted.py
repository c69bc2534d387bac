# SPDX-License-Identifier: Apache-2.0
"""A notice ends with its instance, and not because an engine has never been told of that instance."""

from dataclasses import replace

from blazar_spot.core.promises import NoticeState
from blazar_spot.core.reclaim import State
from blazar_spot.enforcement.fleet import Fleet
from blazar_spot.enforcement.ledger import Ledger
from blazar_spot.enforcement.notices import Notices
from blazar_spot.enforcement.revising import Revising
from blazar_spot.enforcement.telling import Telling
from blazar_spot.testing.lab import Lab


def told(lab: Lab) -> str:
    """An instance that has a notice."""
    (server,) = lab.boot_and_run(1, "host01")
    start_at = lab.clock.now() + lab.policy.min_uptime + lab.policy.notice + 300
    lab.book("r1", start_at)
    lab.run_for(start_at - lab.policy.lead_for_hosts(1) - lab.policy.notice - lab.clock.now())
    assert [notice.state for notice in lab.store.notices] == [NoticeState.SCHEDULED]
    return server.id


def settled_by_one_who_knows_nobody(lab: Lab) -> NoticeState:
    """What becomes of the notice in the hands of an engine that was told of no instance."""
    ignorant = Fleet(lab.cloud, Ledger(lab.store), 600)
    revising = Revising(lab.store, lab.clock, [], lab.whole.bell)
    Notices(lab.store, Telling(lab.cloud, lab.clock), revising, lab.clock, lab.policy).settle(ignorant)
    return lab.store.notices[0].state


def test_an_engine_that_does_not_know_an_instance_leaves_its_notice_as_it_is() -> None:
    lab = Lab(hosts=1)
    told(lab)
    assert settled_by_one_who_knows_nobody(lab) is NoticeState.SCHEDULED


def test_it_withdraws_the_notice_with_the_reclaim() -> None:
    lab = Lab(hosts=1)
    told(lab)
    with lab.store.begin() as work:
        for reclaim in work.open_reclaims():
            work.put_reclaim(replace(reclaim, state=State.CANCELLED))
    assert settled_by_one_who_knows_nobody(lab) is NoticeState.WITHDRAWN


def test_it_ends_the_notice_of_an_instance_that_the_ledger_knows_to_be_gone() -> None:
    lab = Lab(hosts=1)
    server = told(lab)
    with lab.store.begin() as work:
        work.put_instances([replace(one, gone_at=lab.clock.now()) for one in work.instances_by_id([server])])
    assert settled_by_one_who_knows_nobody(lab) is NoticeState.TERMINATED
