# SPDX-License-Identifier: Apache-2.0
"""Leases begin on time while the servers of another one die slowly, on its host and elsewhere."""

import pytest

from tests.e2e.exchanges import DIES_SECONDS, Handed
from tests.e2e.lanes import Played
from tests.e2e.programme import ON_TIME_SECONDS

HANDBACK_SECONDS = 5
"""So long Blazar waits for the servers of a lease that ends."""


@pytest.fixture(scope="module")
def handed(played: Played) -> Handed:
    seen: Handed = played["handed"].result()
    return seen


def test_a_lease_elsewhere_is_not_held_up_by_servers_that_die_slowly(handed: Handed) -> None:
    assert handed.elsewhere.active_after is not None
    assert handed.elsewhere.active_after <= ON_TIME_SECONDS
    assert not handed.elsewhere.was_degraded
    assert "ERROR" not in handed.elsewhere.statuses


def test_a_lease_on_their_host_begins_on_time_and_is_whole_when_they_are_gone(handed: Handed) -> None:
    assert handed.owners.status == "ACTIVE"
    assert "ERROR" not in handed.same_host.statuses
    assert handed.same_host.active_after is not None
    assert handed.same_host.whole_after is not None
    assert handed.same_host.active_after <= ON_TIME_SECONDS + HANDBACK_SECONDS
    assert handed.same_host.was_degraded
    assert DIES_SECONDS <= handed.gone_after <= handed.same_host.whole_after


def test_each_of_the_two_has_its_host(handed: Handed) -> None:
    wanted = {(one.lease.reservation_id,) for one in (handed.same_host, handed.elsewhere)}
    assert set(handed.served.values()) == wanted


def test_no_host_is_lost_from_the_freepool(handed: Handed) -> None:
    assert [seen.serves for seen in handed.at_last] == [("freepool",)] * 2
    assert [seen.is_closed for seen in handed.at_last] == [False] * 2
