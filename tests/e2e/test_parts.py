# SPDX-License-Identifier: Apache-2.0
"""Servers with GPUs are reserved on hosts where spot instances live: only as many of those go as have to.

One host has its GPUs on its own resource provider, another on a nested one, which Blazar does not know of.
"""

import re

import pytest

from tests.e2e.lanes import Played
from tests.e2e.parts import KINDS, TWICE, Overlapping, Shared
from tests.e2e.programme import ON_TIME_OF_MANY_SECONDS


@pytest.fixture(scope="module")
def twice(played: Played) -> Overlapping:
    seen: Overlapping = played["twice"].result()
    return seen


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_half_of_the_host_is_reserved_and_spot_lives_on_the_other_half(played: Played, kind: str) -> None:
    seen: Shared = played[kind].result()
    assert (seen.lease["status"], seen.lease["degraded"]) == ("ACTIVE", False)
    assert seen.active_after < ON_TIME_OF_MANY_SECONDS
    assert seen.spots == ["ACTIVE", "ACTIVE"]
    assert seen.reserved == ["ACTIVE", "ACTIVE"]
    assert seen.one_too_many == "ERROR"


def test_a_lease_now_that_would_send_the_young_is_refused(twice: Overlapping) -> None:
    status, sentence = twice.refused_now
    assert status == 400
    assert re.search(r"earliest_start=\d{4}-\d\d-\d\d \d\d:\d\d code=spot_not_evictable$", sentence), sentence


def test_of_two_leases_on_one_host_each_sends_only_as_many_as_it_needs(twice: Overlapping) -> None:
    assert [(lease["status"], lease["degraded"]) for lease in twice.leases] == [("ACTIVE", False)] * 2
    assert twice.left == ["ACTIVE"]
    assert len(twice.asked) == TWICE.gpus - 1


def test_nobody_there_is_told_twice_and_nobody_goes_before_the_deadline(twice: Overlapping) -> None:
    for server, notices in twice.told.items():
        assert len({notice.decided_at for notice in notices}) == (server in twice.asked)
        assert all(twice.asked[server] >= notice.ends_at for notice in notices)
