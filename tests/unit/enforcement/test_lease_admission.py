# SPDX-License-Identifier: Apache-2.0
"""Operators may let reservations win: what that breaks is told as early as can be, and is on record."""

from dataclasses import replace

import pytest

from blazar_spot.core.errors import Refused
from blazar_spot.core.reclaim import State
from blazar_spot.core.record import Cause
from blazar_spot.testing.lab import POLICY, Lab

MINUTE = 60
HOUR = 3600


@pytest.fixture
def lab() -> Lab:
    """A cloud whose operator accepts every lease that there are hosts for."""
    return Lab(policy=replace(POLICY, breaks_promises=True))


def overridden(lab: Lab) -> list[str]:
    return [breach.subject for breach in lab.store.breaches if breach.cause is Cause.OVERRIDDEN]


def test_a_young_instance_goes_for_the_lease_and_the_breach_is_on_record(lab: Lab) -> None:
    (victim,) = lab.boot(1)
    lab.run_for(MINUTE)
    start_at = lab.clock.now() + 5 * MINUTE
    lab.book("r1", start_at)
    lab.run_for(5)
    (notice,) = lab.notices_of(victim)
    assert notice.given_at is not None
    assert notice.deadline_at == lab.reclaim.evict_at
    assert overridden(lab) == [victim.id]
    lab.run_until(start_at)
    assert victim.gone_at is not None
    assert victim.deletes[0] >= notice.deadline_at
    assert lab.reclaim.state is State.READY
    assert {breach.cause for breach in lab.store.breaches} == {Cause.OVERRIDDEN}


def test_a_lease_now_ends_instances_at_once(lab: Lab) -> None:
    (victim,) = lab.boot(1)
    lab.run_for(MINUTE)
    lab.book("r1", lab.clock.now())
    lab.run_for(20)
    assert victim.gone_at is not None
    assert victim.id in overridden(lab)


def test_a_host_where_no_promise_is_broken_is_taken_first() -> None:
    lab = Lab(hosts=2, policy=replace(POLICY, breaks_promises=True))
    lab.boot(1, host="host01")
    lab.run_for(MINUTE)
    (chosen,) = lab.book("r1", lab.clock.now())
    assert chosen.host == "host02"
    lab.run_for(MINUTE)
    assert overridden(lab) == []


def test_a_lease_that_breaks_nothing_gives_the_full_notice(lab: Lab) -> None:
    (victim,) = lab.boot_and_run(1)
    lab.book("r1", lab.clock.now() + HOUR)
    lab.run_until(lab.reclaim.start_at)
    (notice,) = lab.notices_of(victim)
    assert notice.given_at is not None
    assert notice.deadline_at - notice.given_at >= POLICY.notice
    assert lab.store.breaches == []


def test_a_host_that_is_reserved_is_still_refused(lab: Lab) -> None:
    lab.book("r1", lab.clock.now() + HOUR)
    with pytest.raises(Refused) as refusal:
        lab.book("r2", lab.clock.now() + HOUR)
    assert refusal.value.code == "not_enough_hosts"
