# SPDX-License-Identifier: Apache-2.0
"""A lease on a host where nobody is."""

from blazar_spot.demo.cast import Refusal
from blazar_spot.demo.sights import Mark
from tests.e2e.programme import ON_TIME_OF_MANY_SECONDS
from tests.e2e.stories import Free


def test_a_lease_now_is_active_at_once(free: Free) -> None:
    assert not isinstance(free.answer, Refusal)
    assert free.record.decided_as == "ACTIVE"
    assert free.record.marks[Mark.DECIDED] - free.answered_at <= ON_TIME_OF_MANY_SECONDS


def test_the_host_serves_the_reservation_and_takes_no_spot_instances(free: Free) -> None:
    assert not isinstance(free.answer, Refusal)
    assert free.seen.serves == (free.answer.reservation_id,)
    assert free.seen.is_closed is True


def test_the_owners_instance_runs_on_it(free: Free) -> None:
    assert free.owners is not None
    assert (free.owners.status, free.owners.host) == ("ACTIVE", free.seen.host)
