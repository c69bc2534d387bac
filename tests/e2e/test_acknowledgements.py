# SPDX-License-Identifier: Apache-2.0
"""Who lets an instance go over HTTP gets that at once, and nobody else is hurried."""

import pytest

from tests.e2e.acknowledgements import KNOWN, READY, SILENT, Acknowledged, decided_at
from tests.e2e.lanes import Played
from tests.e2e.programme import ON_TIME_OF_MANY_SECONDS


@pytest.fixture(scope="module")
def acknowledged(played: Played) -> Acknowledged:
    seen: Acknowledged = played["acknowledged"].result()
    return seen


def test_its_holder_is_answered_with_the_event_as_it_is_then(acknowledged: Acknowledged) -> None:
    said = {name: (one["state"], one["is_ready"]) for name, one in acknowledged.answers.items()}
    assert said == {READY: ("acknowledged", True), KNOWN: ("acknowledged", False)}


def test_it_does_not_exist_for_another_project(acknowledged: Acknowledged) -> None:
    assert acknowledged.to_a_stranger == 404


def test_the_one_that_is_ready_goes_before_the_deadline_that_it_read(acknowledged: Acknowledged) -> None:
    assert 0 < acknowledged.asked_at[READY] < acknowledged.deadlines[READY]
    assert (acknowledged.in_the_end["state"], acknowledged.in_the_end["is_ready"]) == ("terminated", True)


@pytest.mark.parametrize("name", [KNOWN, SILENT])
def test_the_others_stay_until_the_deadline_that_they_read(acknowledged: Acknowledged, name: str) -> None:
    assert acknowledged.asked_at[name] >= acknowledged.deadlines[name]


def test_the_lease_is_on_time(acknowledged: Acknowledged) -> None:
    assert acknowledged.record.decided_as == "ACTIVE"
    assert 0 <= decided_at(acknowledged) - acknowledged.lease.start_at <= ON_TIME_OF_MANY_SECONDS
