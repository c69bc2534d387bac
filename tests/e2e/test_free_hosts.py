# SPDX-License-Identifier: Apache-2.0
"""A lease on a host where nobody is, made, prolonged and deleted with the ``openstack`` command."""

from datetime import datetime, timedelta

from blazar_spot.demo.sights import Mark
from tests.e2e.programme import ON_TIME_SECONDS
from tests.e2e.stories import Free


def test_a_lease_now_is_active_at_once(free: Free) -> None:
    assert free.record.decided_as == "ACTIVE"
    assert free.record.marks[Mark.DECIDED] - free.answered_at <= ON_TIME_SECONDS


def test_the_host_serves_the_reservation_and_takes_no_spot_instances(free: Free) -> None:
    assert free.seen.serves == (free.reservation_id,)
    assert free.seen.is_closed is True


def test_the_owners_instance_runs_on_it(free: Free) -> None:
    assert free.owners is not None
    assert (free.owners.status, free.owners.host) == ("ACTIVE", free.seen.host)


def test_it_is_prolonged(free: Free) -> None:
    before, after = (datetime.fromisoformat(end) for end in free.ends)
    assert after - before == timedelta(hours=1)


def test_when_it_is_deleted_the_host_goes_back_to_spot_instances(free: Free) -> None:
    assert free.left is None
    assert not [guest for guest in free.back.guests if not guest.is_spot]
