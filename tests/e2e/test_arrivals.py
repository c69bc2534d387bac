# SPDX-License-Identifier: Apache-2.0
"""An instance that is being built when its host is closed, and a server that is not spot on a reserved host."""

import pytest

from blazar_spot.demo.compressed_time import MIN_UPTIME_SECONDS, NOTICE_SECONDS
from tests.e2e.arrivals import Built, Estranged
from tests.e2e.lanes import Played
from tests.e2e.programme import ON_TIME_OF_MANY_SECONDS


@pytest.fixture(scope="module")
def building(played: Played) -> Built:
    seen: Built = played["building"].result()
    return seen


@pytest.fixture(scope="module")
def stranger(played: Played) -> Estranged:
    seen: Estranged = played["stranger"].result()
    return seen


def test_the_instance_is_still_being_built_when_its_host_is_closed(building: Built) -> None:
    assert building.at_the_fence is not None
    assert building.at_the_fence.status == "BUILD"


def test_it_becomes_active_and_is_told_once_with_the_whole_notice(building: Built) -> None:
    assert building.life.was_active
    assert building.life.decisions == 1
    notice = building.life.notices[0][1]
    assert notice.ends_at - notice.decided_at >= NOTICE_SECONDS


def test_it_is_not_deleted_before_its_deadline_nor_before_its_uptime(building: Built) -> None:
    assert building.delete_asked_at is not None
    assert building.life.deadline_at is not None
    assert building.life.guest.launched_at is not None
    assert building.delete_asked_at >= building.life.deadline_at
    assert building.delete_asked_at - building.life.guest.launched_at >= MIN_UPTIME_SECONDS
    assert building.breaches == []


def test_the_lease_on_its_host_is_active_on_time_and_whole(building: Built) -> None:
    lease = building.decided.lease
    assert lease is not None
    assert (lease.status, lease.is_degraded) == ("ACTIVE", False)
    assert 0 <= building.decided.at - lease.start_at <= ON_TIME_OF_MANY_SECONDS
    assert building.decided.serves == (lease.reservation_id,)


def test_a_lease_with_a_stranger_on_one_of_its_hosts_begins_degraded_with_the_other(stranger: Estranged) -> None:
    lease = stranger.decided.lease
    assert lease is not None
    assert (lease.status, lease.is_degraded) == ("ACTIVE", True)
    assert 0 <= stranger.decided.at - lease.start_at <= ON_TIME_OF_MANY_SECONDS
    free = (stranger.reservation_id,)
    assert {host: serves == free for host, serves in stranger.served.items()} == {
        host: host != stranger.strangers_host for host in stranger.served
    }


def test_the_stranger_is_named_in_the_log_once_and_on_record(stranger: Estranged) -> None:
    assert len([line for line in stranger.warnings if "WARNING" in line or "ERROR" in line]) == 1
    assert stranger.strangers_host in stranger.warnings[0]
    assert stranger.breaches == ["stranger"]


def test_the_stranger_is_never_touched(stranger: Estranged) -> None:
    assert stranger.stood is not None
    assert (stranger.stood.status, stranger.stood.is_going) == ("ACTIVE", False)


def test_the_lease_is_whole_when_the_stranger_has_gone(stranger: Estranged) -> None:
    assert set(stranger.served_at_last.values()) == {(stranger.reservation_id,)}
