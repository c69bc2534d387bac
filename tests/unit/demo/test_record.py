# SPDX-License-Identifier: Apache-2.0
"""The record and the verdict, on a story that was seen before."""

from dataclasses import replace

import pytest

from blazar_spot.demo.record import Record
from blazar_spot.demo.sights import Deleted, Guest, Lease, Mark, Notice, Picture, Remark, Sight
from blazar_spot.demo.verdict import Promise, notice_length, promises, uptime

START = 10_000
LAUNCHED = START - 90
DEADLINE = START - 11
SPOT = Guest(id="s1", name="spot-1", is_spot=True, status="ACTIVE", host="host01", launched_at=LAUNCHED)
TOLD = replace(SPOT, notice=Notice(DEADLINE - 23, DEADLINE))
OWNER = Guest(id="o1", name="owner", is_spot=False, status="ACTIVE", host="host01", launched_at=START + 8)
LEASE = Lease(id="l1", reservation_id="r1", status="PENDING", start_at=START)


def picture(at: float, *guests: Guest, lease: Lease | None = LEASE, is_closed: bool | None = True) -> Picture:
    return Picture(at=at, host="host01", gpus=8, is_closed=is_closed, serves=("freepool",), guests=guests, lease=lease)


def story(*, told: Guest = TOLD, asked_at: int | None = DEADLINE, status: str = "ACTIVE") -> list[Sight]:
    """What is seen when one spot instance gives way to a reservation."""
    seen: list[Sight] = [
        picture(LAUNCHED + 1, SPOT, lease=None, is_closed=False),
        Remark(LAUNCHED + 1, "demo", "computes", Mark.MOVED_IN),
        picture(DEADLINE - 40, SPOT),
        picture(DEADLINE - 22, told),
        picture(DEADLINE - 21, told),
        picture(DEADLINE + 1, replace(told, is_going=True)),
        picture(DEADLINE + 4),
        picture(START + 7, lease=replace(LEASE, status=status)),
        picture(START + 9, OWNER, lease=replace(LEASE, status=status)),
        Remark(START + 9, "owner", "computes", Mark.OWNER_ACTIVE),
    ]
    return seen if asked_at is None else [*seen, Deleted("s1", asked_at)]


def recorded(sights: list[Sight]) -> Record:
    record = Record()
    for sight in sights:
        record.take(sight)
    return record


def judged(sights: list[Sight]) -> dict[str, Promise]:
    return {promise.text: promise for promise in promises(recorded(sights))}


def broken(sights: list[Sight]) -> list[str]:
    return [text for text, promise in judged(sights).items() if not promise.is_kept]


def test_a_good_story_keeps_every_promise() -> None:
    assert broken(story()) == []


def test_turning_points_are_taken_from_what_was_seen() -> None:
    marks = recorded(story()).marks
    assert marks[Mark.FENCED] == DEADLINE - 40
    assert marks[Mark.NOTICED] == DEADLINE - 22
    assert marks[Mark.FIRST_GOING] == DEADLINE + 1
    assert marks[Mark.FIRST_GONE] == marks[Mark.ALL_GONE] == DEADLINE + 4
    assert marks[Mark.STARTED] == START
    assert marks[Mark.DECIDED] == START + 7


def test_the_same_notice_seen_twice_is_one_notice() -> None:
    life = recorded(story()).lives["s1"]
    assert [at for at, _ in life.notices] == [DEADLINE - 22]
    assert life.deadline_at == DEADLINE


def test_the_compute_services_record_counts_more_than_the_eye() -> None:
    life = recorded(story()).lives["s1"]
    assert (notice_length(life), uptime(life)) == (22, DEADLINE - LAUNCHED)
    life = recorded(story(asked_at=None)).lives["s1"]
    assert (notice_length(life), uptime(life)) == (23, DEADLINE + 1 - LAUNCHED)


def test_a_delete_one_second_early_is_a_broken_promise() -> None:
    assert broken(story(asked_at=DEADLINE - 1)) == ["nobody goes before the deadline"]


def test_no_notice_breaks_all_that_is_said_of_notices() -> None:
    assert broken(story(told=SPOT)) == [
        "exactly one notice to each spot instance",
        "nobody goes before the deadline",
        "20 s of notice as the guest reads it",
    ]


@pytest.mark.parametrize(
    ("decided_at", "ends_at", "is_kept"),
    [
        (DEADLINE - 23, DEADLINE, True),
        (DEADLINE - 23, DEADLINE + 1, True),
        (DEADLINE - 23, DEADLINE - 1, False),
        (DEADLINE - 20, DEADLINE, False),
    ],
    ids=["the same", "moved later", "moved earlier", "decided again"],
)
def test_a_notice_may_only_be_moved_later(decided_at: int, ends_at: int, is_kept: bool) -> None:
    sights = story(asked_at=DEADLINE + 1)
    sights[4] = picture(DEADLINE - 21, replace(TOLD, notice=Notice(decided_at, ends_at)))
    sights[5] = picture(DEADLINE + 1, replace(TOLD, notice=Notice(decided_at, ends_at), is_going=True))
    assert judged(sights)["exactly one notice to each spot instance"].is_kept is is_kept


@pytest.mark.parametrize(("left", "is_kept"), [(20, True), (19, True), (18, False)])
def test_a_notice_that_could_be_read_too_late_is_a_broken_promise(left: int, is_kept: bool) -> None:
    """What counts is when the last look began that found none, for a guest may look oftener than we do."""
    sights = story()
    sights[3:5] = [
        replace(picture(DEADLINE - left + 1, SPOT), began_at=DEADLINE - left),
        picture(DEADLINE - 12, TOLD),
    ]
    assert judged(sights)["20 s of notice as the guest reads it"].is_kept is is_kept


def test_a_guest_was_there_when_the_last_look_began_that_found_it() -> None:
    sights = story()
    sights[5] = replace(picture(DEADLINE + 1, replace(TOLD, is_going=True)), began_at=DEADLINE - 1)
    assert recorded(sights).lives["s1"].here_at == DEADLINE - 1


def test_a_lease_in_error_is_a_broken_promise_even_if_it_is_gone_at_the_end() -> None:
    sights = [*story(status="ERROR"), picture(START + 20, lease=None)]
    assert broken(sights) == ["the lease is ACTIVE"]
    assert judged(sights)["the lease is ACTIVE"].detail == "ERROR, 7 s after its start"


def test_who_comes_later_has_no_part_in_the_promises() -> None:
    again = replace(SPOT, id="s2", name="again", launched_at=START + 30)
    record = recorded([*story(), picture(START + 31, again, lease=None, is_closed=False)])
    assert [life.guest.name for life in record.tenants()] == ["spot-1"]


def test_a_withdrawn_notice_is_seen_once() -> None:
    record = recorded(story()[:5])
    news = record.take(picture(DEADLINE - 10, SPOT)) + record.take(picture(DEADLINE - 9, SPOT))
    assert [remark.text for remark in news] == ["reads no notice any more"]
    assert record.lives["s1"].withdrawn_at == DEADLINE - 10


@pytest.mark.parametrize("sights", [[], story()[:1], story()[:3], story()[:6]])
def test_an_unfinished_story_is_judged_and_found_wanting(sights: list[Sight]) -> None:
    assert "the lease is ACTIVE" in broken(sights)
