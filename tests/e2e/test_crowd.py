# SPDX-License-Identifier: Apache-2.0
"""Several leases in the same minute on hosts full of spot instances: everybody's promise is kept."""

import pytest

from blazar_spot.demo.compressed_time import MIN_UPTIME_SECONDS, NOTICE_SECONDS
from tests.e2e.crowds import Crowd
from tests.e2e.lanes import Played
from tests.e2e.programme import ON_TIME_OF_MANY_SECONDS


@pytest.fixture(scope="module")
def crowd(played: Played) -> Crowd:
    seen: Crowd = played["crowd"].result()
    return seen


def test_everybody_was_told_once_and_a_whole_notice_ahead(crowd: Crowd) -> None:
    for member in crowd.members.values():
        assert len({notice.decided_at for notice in member.notices}) == 1, member
        ends = [notice.ends_at for notice in member.notices]
        assert ends == sorted(ends)
        assert ends[0] - member.notices[0].decided_at >= NOTICE_SECONDS


def test_nobody_went_before_the_deadline_or_the_minimum_uptime(crowd: Crowd) -> None:
    for member in crowd.members.values():
        assert member.delete_asked_at is not None, member
        assert member.delete_asked_at >= member.notices[-1].ends_at
        assert member.delete_asked_at - member.launched_at >= MIN_UPTIME_SECONDS


def test_every_lease_is_active_on_time_and_whole(crowd: Crowd) -> None:
    for lease in crowd.leases.values():
        assert lease.statuses[-1] == ("ACTIVE", False)
        assert "ERROR" not in {status for status, _ in lease.statuses}
        assert lease.active_after is not None
        assert lease.active_after <= ON_TIME_OF_MANY_SECONDS


def test_no_hypervisor_has_any_of_them_left(crowd: Crowd) -> None:
    assert crowd.left_behind == set()
