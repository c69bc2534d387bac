# SPDX-License-Identifier: Apache-2.0
"""A lease that moves away or goes after the notices are out: the guests are told, and stay."""

import pytest

from tests.e2e.stories import CalledOff


@pytest.fixture(params=["moved", "dropped"])
def called_off(request: pytest.FixtureRequest) -> CalledOff:
    """The lease was moved later, or deleted."""
    story: CalledOff = request.getfixturevalue(request.param)
    return story


def test_the_guest_had_read_one_notice_and_reads_none_any_more(called_off: CalledOff) -> None:
    assert called_off.life.decisions == 1
    assert called_off.life.withdrawn_at is not None


def test_it_is_told_before_the_deadline_it_had_read(called_off: CalledOff) -> None:
    assert called_off.life.deadline_at is not None
    assert called_off.life.withdrawn_at is not None
    assert called_off.life.withdrawn_at < called_off.life.deadline_at


def test_nova_was_never_asked_to_delete_it(called_off: CalledOff) -> None:
    assert called_off.delete_asked_at is None
    assert [(guest.status, guest.is_going) for guest in called_off.after.guests] == [("ACTIVE", False)]
    assert called_off.after.at > called_off.old_start


def test_the_engine_has_withdrawn_its_one_notice(called_off: CalledOff) -> None:
    assert [row["state"] for row in called_off.notices] == ["withdrawn"]


def test_the_host_is_open_to_spot_instances_again(called_off: CalledOff) -> None:
    assert called_off.after.is_closed is False
    assert called_off.after.serves == ("freepool",)
