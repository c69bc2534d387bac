# SPDX-License-Identifier: Apache-2.0
"""A clean spare takes the place of a late host."""

import pytest

from tests.e2e.exchanges import Swapped
from tests.e2e.lanes import Played
from tests.e2e.programme import ON_TIME_OF_MANY_SECONDS


@pytest.fixture(scope="module")
def swapped(played: Played) -> Swapped:
    seen: Swapped = played["swapped"].result()
    return seen


def test_a_lease_gets_the_clean_host_when_its_own_is_late_and_is_whole_at_once(swapped: Swapped) -> None:
    lease = swapped.spare.lease
    assert lease is not None
    assert (lease.status, lease.is_degraded) == ("ACTIVE", False)
    assert 0 <= swapped.decided.at - lease.start_at <= ON_TIME_OF_MANY_SECONDS
    assert swapped.spare.serves == (swapped.reservation_id,)
    assert swapped.spare.is_closed is True


def test_the_late_host_stays_in_the_freepool_with_the_instance_that_would_not_die(swapped: Swapped) -> None:
    assert swapped.late.serves == ("freepool",)
    assert swapped.spot in swapped.still_there


def test_the_late_host_takes_spot_instances_again(swapped: Swapped) -> None:
    assert swapped.back.is_closed is False
