# SPDX-License-Identifier: Apache-2.0
"""Claims say what the calendar says, and outlive neither it nor, by much, their own end."""

from dataclasses import replace

import pytest

from blazar_spot.core.promises import Standing
from blazar_spot.enforcement.publishing import OVERRUN
from blazar_spot.testing.lab import Lab

HOUR = 3600


@pytest.fixture
def lab() -> Lab:
    """One lease of an hour that has just begun."""
    lab = Lab()
    lab.book("r1", lab.clock.now())
    lab.second()
    return lab


def test_a_lease_that_is_stuck_in_a_change_does_not_keep_its_pool_closed_for_ever(lab: Lab) -> None:
    lab.leave_uncommitted("r1")
    lab.clock.advance(lab.claim.end_at + OVERRUN - 5 - lab.clock.now())
    lab.second()
    assert lab.cloud.closed() == {"host01": True}
    lab.run_for(10)
    assert lab.claim.standing is Standing.WITHDRAWN
    assert lab.cloud.closed() == {"host01": False}


def test_a_lease_that_never_ends_does_not_keep_its_pool_closed_for_ever(lab: Lab) -> None:
    lab.clock.advance(lab.claim.end_at + OVERRUN - lab.clock.now())
    lab.run_for(10)
    assert [claim.standing for claim in lab.store.claims] == [Standing.WITHDRAWN]
    assert lab.cloud.closed() == {"host01": False}


def test_a_held_claim_whose_lease_is_gone_is_withdrawn_at_once() -> None:
    lab = Lab()
    lab.book("r1", lab.clock.now())
    lab.cancel("r1")
    lab.second()
    assert lab.claim.standing is Standing.WITHDRAWN
    assert lab.cloud.closed() == {"host01": False}


def test_a_host_whose_service_was_renamed_is_handed_over_by_its_new_name(lab: Lab) -> None:
    (entry,) = lab.calendar["r1"]
    lab.calendar["r1"] = [replace(entry, service_host="renamed")]
    lab.second()
    assert lab.claim.service_host == "renamed"


def test_a_lease_that_is_given_another_name_is_known_by_that_and_nothing_else_has_happened(lab: Lab) -> None:
    (entry,) = lab.calendar["r1"]
    before = lab.store.deeds
    lab.calendar["r1"] = [replace(entry, lease_name="Größe", project_id="ours")]
    lab.second()
    assert (lab.claim.lease_name, lab.claim.project_id) == ("Größe", "ours")
    assert lab.store.deeds == before


def test_a_reservation_that_is_over_is_ended_without_waiting_for_the_calendar(lab: Lab) -> None:
    lab.whole.publishing.end("r1")
    assert lab.claim.standing is Standing.WITHDRAWN


@pytest.mark.parametrize("is_served", [False, True])
def test_a_host_that_is_held_twice_for_a_reservation_is_held_once_then(lab: Lab, is_served: bool) -> None:
    first = lab.claim
    if is_served:
        aggregate = lab.cloud.add_aggregate("r1", zone="zone")
        lab.run_for(10)
        assert not lab.whole.handover.hand_over("r1", aggregate.id, lab.candidates())
    second = replace(first, id="0" if is_served else "z", standing=Standing.FIRM, version=0)
    with lab.store.begin() as work:
        work.put_claim(second)
    lab.run_for(2)
    kept = [claim.id for claim in lab.store.claims if claim.is_open]
    assert len(kept) == 1
    assert not is_served or kept == [first.id]
    assert lab.cloud.closed() == {"host01": True}
