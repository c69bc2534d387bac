# SPDX-License-Identifier: Apache-2.0
"""What is put on record when something is said to a notice, or becomes of it."""

from dataclasses import replace

import pytest

from blazar_spot.core.audit import of_claim, of_notice, of_reclaim
from blazar_spot.core.promises import Claim, Notice, NoticeState, Purpose, Reclaim, Standing, State
from blazar_spot.core.record import Deed
from tests.unit.core.claims import CLAIM as FIRM
from tests.unit.core.claims import START as NOON

NOTICE = Notice(
    id="n1",
    instance_id="s1",
    project_id="p1",
    host="host01",
    decided_at=NOON - 900,
    deadline_at=NOON,
    given_at=NOON - 890,
    state=NoticeState.SCHEDULED,
)
KNOWN = replace(NOTICE, acknowledged_at=NOON - 800, revision=2)
LATER = replace(KNOWN, deadline_at=NOON + 60, revision=3)
UNREAD = replace(NOTICE, given_at=None)

GIVES_WAY = "what was ordered gives way: host01 is taken back, or the instance has left it"


@pytest.mark.parametrize(
    ("before", "after", "what", "details"),
    [
        (NOTICE, KNOWN, "notice acknowledged", "its holder knows of 2027-01-15T08:00:00Z (revision 2)"),
        (
            KNOWN,
            replace(KNOWN, ready_at=NOON - 700, revision=3),
            "notice acknowledged",
            "its holder lets it go before 2027-01-15T08:00:00Z (revision 3)",
        ),
        (
            KNOWN,
            LATER,
            "notice moved",
            "from 2027-01-15T08:00:00Z to 2027-01-15T08:01:00Z: host01 is wanted later (revision 3)",
        ),
        (
            UNREAD,
            replace(UNREAD, given_at=NOON, deadline_at=NOON + 60, revision=2),
            "notice moved",
            (
                "from 2027-01-15T08:00:00Z to 2027-01-15T08:01:00Z: it could not be read before 2027-01-15T08:00:00Z "
                "(revision 2)"
            ),
        ),
        (
            KNOWN,
            replace(KNOWN, state=NoticeState.WITHDRAWN, revision=3),
            "notice withdrawn",
            "nothing wants host01 back any more; it was told 2027-01-15T08:00:00Z (revision 3)",
        ),
        (
            replace(KNOWN, purpose=Purpose.REHEARSAL, deadline_at=NOON + 5),
            replace(KNOWN, purpose=Purpose.REHEARSAL, state=NoticeState.WITHDRAWN, revision=3),
            "notice withdrawn",
            "the rehearsal is over; it was told 2027-01-15T08:00:05Z (revision 3)",
        ),
        (
            replace(KNOWN, purpose=Purpose.REHEARSAL, deadline_at=NOON + 6),
            replace(KNOWN, purpose=Purpose.REHEARSAL, state=NoticeState.WITHDRAWN, revision=3),
            "notice withdrawn",
            f"{GIVES_WAY}; it was told 2027-01-15T08:00:06Z (revision 3)",
        ),
        (
            replace(KNOWN, purpose=Purpose.INTERRUPTION),
            replace(KNOWN, purpose=Purpose.INTERRUPTION, state=NoticeState.WITHDRAWN, revision=3),
            "notice withdrawn",
            f"{GIVES_WAY}; it was told 2027-01-15T08:00:00Z (revision 3)",
        ),
        (
            KNOWN,
            replace(KNOWN, state=NoticeState.TERMINATED, revision=3),
            "notice ended",
            "the instance is gone; it was told 2027-01-15T08:00:00Z (revision 3)",
        ),
    ],
)
def test_each_revision_of_a_notice_is_put_on_record_once(
    before: Notice, after: Notice, what: str, details: str
) -> None:
    entry = of_notice(before, after, NOON + 5)
    assert entry is not None
    assert (entry.what, entry.details, entry.at) == (what, details, NOON + 5)
    assert (entry.reclaim_id, entry.host, entry.subject) == ("", "host01", "s1")
    assert entry.id == f"{what}/host01/s1/n1/{after.revision}"


def test_that_a_notice_was_given_is_no_entry() -> None:
    assert of_notice(UNREAD, replace(UNREAD, given_at=NOON), NOON) is None


CLAIM = replace(FIRM, version=4)
RECLAIM = Reclaim(
    id="c1",
    host="host01",
    state=State.FENCED,
    fence_at=NOON - 900,
    notice_at=NOON - 900,
    evict_at=NOON - 60,
    start_at=NOON,
    version=2,
)
SPAN = "2027-01-15T08:00:00Z/2027-01-15T09:00:00Z"


@pytest.mark.parametrize(
    ("after", "what", "details"),
    [
        (
            replace(CLAIM, standing=Standing.ENDED),
            "claim ended",
            "reservation r1 from 2027-01-15T08:00:00Z: they asked",
        ),
        (
            replace(CLAIM, standing=Standing.WITHDRAWN, lease_id=""),
            "claim withdrawn",
            "drain from 2027-01-15T08:00:00Z: they asked",
        ),
        (
            replace(CLAIM, start_at=NOON + 60),
            "claim moved",
            f"reservation r1 from {SPAN} to 2027-01-15T08:01:00Z/2027-01-15T09:00:00Z: they asked",
        ),
        (
            replace(CLAIM, end_at=NOON + 60),
            "claim moved",
            f"reservation r1 from {SPAN} to 2027-01-15T08:00:00Z/2027-01-15T08:01:00Z: they asked",
        ),
        (replace(CLAIM, room={"GPU": 1}), "claim resized", "reservation r1 from None to {'GPU': 1}: they asked"),
    ],
)
def test_what_becomes_of_a_claim_is_told_with_its_reason_and_where_its_reclaim_stood(
    after: Claim, what: str, details: str
) -> None:
    expected = Deed(id=f"{what}/c1//4", at=NOON, what=what, reclaim_id="c1", host="host01", subject="", details=details)
    assert of_claim(CLAIM, after, NOON, "they asked", None) == expected
    stood = replace(expected, details=f"{details}; its reclaim was {State.FENCED}")
    assert of_claim(CLAIM, after, NOON, "they asked", RECLAIM) == stood


def test_a_claim_that_stays_as_it_was_has_no_entry() -> None:
    assert of_claim(CLAIM, replace(CLAIM, lease_name="ours"), NOON, "they asked", RECLAIM) is None


def test_a_reclaim_whose_instants_move_says_from_when_to_when() -> None:
    assert of_reclaim(RECLAIM, replace(RECLAIM, evict_at=NOON - 120), NOON - 300) == Deed(
        id="moved/c1//2",
        at=NOON - 300,
        what="moved",
        reclaim_id="c1",
        host="host01",
        subject="",
        details="evictions begin at 2027-01-15T07:58:00Z, not at 2027-01-15T07:59:00Z, was fenced",
    )
