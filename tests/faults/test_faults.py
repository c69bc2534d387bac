# SPDX-License-Identifier: Apache-2.0
"""What is promised whatever fails: one notice to each guest, no early end, a lease that becomes whole, and a record."""

import pytest

from blazar_spot.core.instants import from_iso
from tests.faults import stories
from tests.faults.sights import LATENESS, Seen
from tests.faults.stories import Story

EVERY = [
    pytest.param(name, marks=[pytest.mark.nightly] if story.is_nightly else []) for name, story in stories.ALL.items()
]
every_story = pytest.mark.parametrize("seen", EVERY, indirect=True)


def about(*names: str) -> pytest.MarkDecorator:
    """The test is about these stories alone."""
    return pytest.mark.parametrize("seen", [one for one in EVERY if one.values[0] in names], indirect=True)


@every_story
def test_every_guest_has_one_notice_and_it_is_done_with(seen: Seen) -> None:
    assert [row["state"] for row in seen.notices] == ["terminated"] * len(seen.read)
    assert {len({notice.decided_at for notice in read}) for read in seen.read.values()} == {1}


@every_story
def test_a_receiver_was_told_of_every_notice_in_order_with_the_deadline_that_the_guest_read(seen: Seen) -> None:
    revisions = {row["instance_id"]: row["revision"] for row in seen.notices}
    for name, told in seen.heard.items():
        assert told, name
        all_of_them = range(1, revisions[told[0]["instance_id"]] + 1)
        said = {number for number in all_of_them if f"{told[0]['id']}-{number}" not in seen.given_up}
        assert [one["revision"] for one in told] == sorted({*said, all_of_them[-1]})
        assert from_iso(told[-1]["not_before"]) == seen.read[name][-1].ends_at


@every_story
def test_no_deadline_that_a_guest_had_read_was_moved_earlier(seen: Seen) -> None:
    for read in seen.read.values():
        deadlines = [notice.ends_at for notice in read]
        assert deadlines == sorted(deadlines)


@every_story
def test_nova_was_not_asked_to_delete_anybody_before_the_deadline(seen: Seen) -> None:
    for name, read in seen.read.items():
        assert seen.deletes[name], name
        assert min(seen.deletes[name]) >= read[-1].ends_at


@every_story
def test_the_lease_is_active_within_its_time_and_was_never_in_error(seen: Seen, story: Story) -> None:
    assert seen.longest("ERROR") <= story.in_error
    assert seen.active_after is not None
    assert seen.active_after <= story.active_within


@every_story
def test_the_lease_is_whole_in_the_end_and_has_its_host(seen: Seen) -> None:
    assert seen.leases[-1].is_whole
    assert seen.serves == [seen.reservation_id]


@every_story
def test_the_hypervisor_itself_has_none_of_the_spot_instances_then(seen: Seen) -> None:
    assert seen.left_behind == set()


@every_story
def test_a_host_that_was_late_is_on_record_and_no_other(seen: Seen) -> None:
    was_late = "overdue" in seen.became
    assert bool(LATENESS & set(seen.breaches)) is was_late, seen.breaches


@about("engine_killed", "one_of_two_killed")
def test_the_engine_died_in_every_state(seen: Seen) -> None:
    assert seen.struck == list(stories.OPEN)


@about("two_engines")
def test_of_two_engines_one_sends_each_delete_and_the_host_is_not_late(seen: Seen) -> None:
    assert {name: len(asked) for name, asked in seen.deletes.items()} == dict.fromkeys(seen.read, 1)
    assert not LATENESS & set(seen.breaches)  # the outage of the story before may hold up a fence


@about("keystone_at_the_start")
def test_a_lease_that_found_no_keystone_starts_when_keystone_is_back(seen: Seen) -> None:
    assert seen.active_after is not None
    assert seen.active_after >= 12
    assert seen.became["ready"] <= seen.start_at


@about("manager_killed")
def test_a_lease_without_its_manager_starts_when_the_manager_is_back(seen: Seen) -> None:
    assert seen.active_after is not None
    assert seen.active_after >= 12
    assert seen.became["ready"] <= seen.start_at


@about("manager_killed_while_starting")
def test_a_start_that_was_cut_off_is_begun_again(seen: Seen) -> None:
    assert seen.struck == ["STARTING"]


@about("compute_killed")
def test_a_lease_whose_host_cannot_be_emptied_starts_degraded_and_is_whole_later(seen: Seen) -> None:
    was_degraded = seen.first(lambda sight: sight.status == "ACTIVE" and sight.is_degraded)
    assert was_degraded is not None
    assert seen.whole_after is not None
    assert was_degraded < seen.whole_after


@about("compute_killed")
def test_the_doctor_names_the_host_that_is_late(seen: Seen) -> None:
    [found] = seen.diagnosis
    assert found.startswith("Hosts are late for their reservations or drains: ")
    assert seen.host in found
