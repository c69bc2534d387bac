# SPDX-License-Identifier: Apache-2.0
"""The guest, its project and its receiver are told the same, at once, and when it is over."""

import pytest

from blazar_spot.core.instants import from_iso
from blazar_spot.demo.compressed_time import NOTICE_SECONDS
from tests.e2e.hearings import Heard, Views
from tests.e2e.lanes import Played

AT_ONCE_SECONDS = NOTICE_SECONDS / 2
"""From the decision until the receiver has taken the message, however slow a cloud is that plays many stories."""


@pytest.fixture(scope="module")
def heard(played: Played) -> Heard:
    seen: Heard = played["heard"].result()
    return seen


def deadlines(views: Views) -> list[int]:
    """In Unix seconds: of the metadata, of the vendordata in both its forms, of the event, of the last message."""
    assert views.metadata is not None
    return [
        views.metadata.ends_at,
        int(views.vendordata["cloud_termination_time"]),
        from_iso(views.vendordata["event"]["not_before"]),
        from_iso(views.event["not_before"]),
        from_iso(views.messages[-1]["data"]["not_before"]),
    ]


def test_the_guest_the_api_and_a_receiver_say_the_very_same_deadline(heard: Heard) -> None:
    assert len(set(deadlines(heard.told))) == 1


def test_they_say_when_it_was_decided_and_of_which_event(heard: Heard) -> None:
    told = heard.told
    assert told.metadata is not None
    decided = [
        int(told.vendordata["cloud_termination_scheduled_event_time"]),
        from_iso(told.event["decided_at"]),
        from_iso(told.messages[-1]["data"]["decided_at"]),
    ]
    assert decided == [told.metadata.decided_at] * 3
    assert told.event["id"] == told.vendordata["event"]["id"] == told.messages[-1]["data"]["id"]


def test_the_receiver_has_it_at_the_first_try_soon_after_the_decision(heard: Heard) -> None:
    scheduled = heard.deliveries[0]
    assert (scheduled["type"], scheduled["status"], scheduled["tries"]) == ("spot.notice.scheduled", 200, 1)
    assert from_iso(scheduled["done_at"]) - from_iso(scheduled["time"]) <= AT_ONCE_SECONDS


def test_the_withdrawal_is_said_everywhere_and_the_guest_lives(heard: Heard) -> None:
    over = heard.called_off
    assert (over.metadata, over.vendordata) == (None, {})
    assert (over.event["state"], over.event["id"]) == ("withdrawn", heard.told.event["id"])
    assert over.messages[-1]["type"] == "spot.notice.withdrawn"
    assert heard.after is not None
    assert (heard.after.status, heard.after.is_going) == ("ACTIVE", False)


def test_revisions_come_in_their_order_and_none_is_left_out(heard: Heard) -> None:
    messages = heard.called_off.messages
    assert [one["data"]["revision"] for one in messages] == list(range(1, len(messages) + 1))
    assert messages[0]["type"] == "spot.notice.scheduled"


def test_what_is_sent_again_is_taken_once(heard: Heard) -> None:
    assert (heard.repeated["state"], heard.repeated["status"]) == ("delivered", 200)
    ids = [one["id"] for one in heard.in_the_end]
    assert ids.count(heard.repeated["id"]) == 1
    assert len(set(ids)) == len(ids)


def test_nothing_is_heard_of_a_guest_without_the_tag(heard: Heard) -> None:
    assert {one["subject"] for one in heard.in_the_end} == {heard.guest.id}


def test_another_project_hears_and_sees_nothing_of_it(heard: Heard) -> None:
    assert heard.by_the_owners == []
    assert set(heard.owners_status.values()) == {404}
