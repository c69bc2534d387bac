# SPDX-License-Identifier: Apache-2.0
"""The same thing has the same id, however often it is found."""

from blazar_spot.core.record import Breach, Cause, Deed, breach, deed


def test_a_breach_is_known_by_its_cause_its_reclaim_and_whom_it_hurt() -> None:
    assert breach(Cause.STUCK, 7, "c1", "h1", "s1", "why") == Breach(
        id="stuck/c1/s1", at=7, cause=Cause.STUCK, reclaim_id="c1", host="h1", subject="s1", details="why"
    )


def test_a_breach_may_hurt_the_reservation_itself() -> None:
    assert breach(Cause.LEAD_SHORT, 7, "c1", "h1") == Breach(
        id="lead_short/c1/", at=7, cause=Cause.LEAD_SHORT, reclaim_id="c1", host="h1", subject="", details=""
    )


def test_a_deed_that_is_done_again_is_another_one() -> None:
    assert deed("fence", 7, "c1", "h1", "s1", "why") == Deed(
        id="fence/c1/s1/7", at=7, what="fence", reclaim_id="c1", host="h1", subject="s1", details="why"
    )
    assert deed("fence", 8, "c1", "h1").id == "fence/c1//8"


def test_a_deed_that_is_recorded_once_is_known_by_that() -> None:
    assert deed("fence", 7, "c1", "h1", once="named").id == deed("fence", 8, "c1", "h1", once="named").id
    assert deed("fence", 7, "c1", "h1", once="named").id == "fence/c1//named"


def test_a_deed_without_a_reclaim_is_its_hosts() -> None:
    done = deed("fence", 7, "", "h1")
    assert (done.id, done.reclaim_id, done.subject, done.details) == ("fence/h1//7", "", "", "")
