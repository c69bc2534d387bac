# SPDX-License-Identifier: Apache-2.0
"""Who has to go for a reclaim, and why it is them."""

from dataclasses import replace

from blazar_spot.core.evictions import Eviction, Measure, Outcome
from blazar_spot.core.promises import NoticeState
from blazar_spot.core.victims import Stage, Victim, victim
from tests.contract.read_store import NOON, claim, instance, notice, reclaim

ONE = instance("one")
TOLD = notice("told", "one")
EVICTION = Eviction(
    id="one", host="gpu-1", asked_at=NOON, measure=Measure.DELETE, tried_at=NOON, outcome=Outcome.ACCEPTED
)


def seen(**changes: object) -> Victim:
    given = {"instance": ONE, "notices": [TOLD], "eviction": None, **changes}
    return victim(claim("a"), reclaim("a"), **given)  # type: ignore[arg-type]


def test_who_was_not_told_yet_waits() -> None:
    found = seen(notices=[])
    assert (found.stage, found.notice, found.gone_at) == (Stage.WAITING, None, None)
    assert found.why == (
        "The reservation has the whole host from 2027-01-15T08:00:00Z, so nobody else may stay there. "
        "It is told from 2027-01-15T07:59:54Z on."
    )


def test_whoever_goes_for_a_drain_reads_that_it_is_one() -> None:
    drain = replace(claim("a"), lease_id="", reservation_id="gpu-1")
    found = victim(drain, reclaim("a"), instance=ONE, notices=[TOLD], eviction=None)
    assert found.why.startswith("An operator drains the host, which is to be empty from 2027-01-15T08:00:00Z on. ")


def test_who_was_told_knows_until_when() -> None:
    found = seen()
    assert (found.stage, found.notice) == (Stage.TOLD, TOLD)
    assert found.why.endswith("It was told at 2027-01-15T08:00:00Z that it may run until 2027-01-15T08:00:09Z.")
    assert seen(notices=[replace(TOLD, ready_at=NOON)]).why.endswith(
        " that it may run until 2027-01-15T08:00:09Z, and its holder lets it go before that."
    )


def test_who_is_being_deleted_is_going_and_then_gone() -> None:
    going = seen(eviction=EVICTION)
    assert (going.stage, going.why.endswith("It is being deleted.")) == (Stage.GOING, True)
    gone = seen(eviction=replace(EVICTION, gone_at=NOON + 3))
    assert (gone.stage, gone.gone_at) == (Stage.GONE, NOON + 3)
    assert gone.why.endswith("It was gone at 2027-01-15T08:00:03Z.")


def test_who_went_by_itself_is_gone_too() -> None:
    alone = seen(instance=replace(ONE, gone_at=NOON - 1), notices=[])
    assert (alone.stage, alone.gone_at) == (Stage.GONE, NOON - 1)
    assert alone.why.endswith("It was gone at 2027-01-15T07:59:59Z.")


def test_who_may_stay_after_all_is_spared() -> None:
    found = seen(notices=[replace(TOLD, state=NoticeState.WITHDRAWN)])
    assert found.stage is Stage.SPARED
    assert found.why.endswith("which was withdrawn.")


def test_what_happened_to_it_elsewhere_or_later_is_not_this_reclaims() -> None:
    later = replace(TOLD, id="later", decided_at=NOON + 4000)
    elsewhere = replace(TOLD, id="elsewhere", host="gpu-2")
    found = seen(notices=[TOLD, elsewhere, later], eviction=replace(EVICTION, host="gpu-2"))
    assert (found.instance, found.notice, found.stage) == (ONE, TOLD, Stage.TOLD)
    last = replace(TOLD, id="last", decided_at=claim("a").end_at)
    assert seen(notices=[TOLD, last]).notice == last
    assert seen(instance=replace(ONE, host="gpu-2", gone_at=NOON)).gone_at is None


def test_for_a_part_of_a_host_it_is_the_cheapest_that_goes() -> None:
    found = victim(claim("a", room={"VCPU": 4}), reclaim("a"), ONE, [TOLD], None)
    assert "of all who could make some this costs the least" in found.why
