# SPDX-License-Identifier: Apache-2.0
"""An operator closes a host for spot instances, drains it with every promise kept, and opens it again."""

from dataclasses import replace
from typing import Any

import pytest

from blazar_spot.core.booking import Candidate
from blazar_spot.core.closures import Closed, Stage
from blazar_spot.core.errors import NotFound, NotNow, PromiseBroken, Refused, Unreachable
from blazar_spot.core.promises import NoticeState, Standing
from blazar_spot.core.rebinding import Bound, Move
from blazar_spot.core.reclaim import State
from blazar_spot.core.record import Cause
from blazar_spot.core.reservable import ReservableHost
from blazar_spot.enforcement.booking import Booking
from blazar_spot.enforcement.publishing import OVERRUN
from blazar_spot.testing import lab as usual
from blazar_spot.testing.lab import HOST_TOTALS, PLAIN, Lab

HOUR = 3600
POLICY = replace(usual.POLICY, min_uptime=400, notice=200, notice_slack=10, boot_allowance=60)


def stage(lab: Lab, host: str = "host01") -> Stage:
    return lab.whole.closing.on(host).stage


def deeds(lab: Lab, *kinds: str) -> list[str]:
    return [one.details for one in lab.store.deeds if one.what in kinds]


class TestClosing:
    """Only the pool is closed."""

    def test_a_closed_host_takes_no_spot_instance_and_keeps_those_that_it_has(self) -> None:
        lab = Lab(policy=POLICY)
        (server,) = lab.boot_and_run()
        closed = lab.whole.closing.close("host01", "a fan is loud")
        assert (closed.stage, closed.closure.reason) == (Stage.CLOSED, "a fan is loud")
        assert lab.cloud.closed() == {"host01": True}
        lab.run_for(600)
        assert lab.cloud.closed() == {"host01": True}
        assert (server.status, lab.store.notices) == ("ACTIVE", [])

    def test_it_takes_them_again_with_the_first_tick_after_it_was_opened(self) -> None:
        lab = Lab(policy=POLICY)
        lab.whole.closing.close("host01", "")
        lab.run_for(60)
        lab.whole.closing.open("host01")
        lab.second()
        assert lab.cloud.closed() == {"host01": False}
        assert lab.whole.closing.closed() == []

    def test_a_pool_that_cannot_be_closed_now_is_closed_by_the_engine(self) -> None:
        lab = Lab(policy=POLICY)
        lab.cloud.fails("close", Unreachable("made up"))
        lab.whole.closing.close("host01", "")
        assert lab.cloud.closed() == {"host01": False}
        lab.second()
        assert lab.cloud.closed() == {"host01": True}

    def test_somebody_who_opens_the_pool_by_hand_finds_it_closed_again(self) -> None:
        lab = Lab(policy=POLICY)
        lab.whole.closing.close("host01", "")
        pool = lab.cloud.hosts["host01"].pool
        assert pool is not None
        pool.is_closed, pool.generation = False, pool.generation + 1
        lab.second()
        assert lab.cloud.closed() == {"host01": True}

    def test_to_close_it_again_changes_the_reason_alone_and_the_same_reason_nothing(self) -> None:
        lab = Lab(policy=POLICY)
        first = lab.whole.closing.close("host01", "a fan is loud").closure
        lab.clock.advance(60)
        for _ in range(2):
            again = lab.whole.closing.close("host01", "a fan is broken").closure
            assert again == replace(first, reason="a fan is broken", version=2)
        assert deeds(lab, "closed") == ["a fan is loud", "a fan is broken"]

    def test_a_reservation_may_have_a_closed_host(self) -> None:
        lab = Lab(policy=POLICY)
        lab.whole.closing.close("host01", "")
        start = lab.clock.now() + HOUR
        assert [one.host for one in lab.book("r1", start)] == ["host01"]
        lab.run_until(start)
        assert lab.reclaim.state is State.READY
        lab.cancel("r1")
        lab.run_for(5)
        assert lab.cloud.closed() == {"host01": True}

    def test_a_closed_host_is_no_headroom(self) -> None:
        lab = Lab(hosts=2, policy=POLICY, headroom_hosts=1)
        lab.whole.closing.close("host01", "")
        lab.run_for(5)
        assert lab.cloud.closed() == {"host01": True, "host02": True}

    def test_there_is_nothing_to_open_or_to_close_where_there_is_nothing(self) -> None:
        lab = Lab(policy=POLICY)
        for order in (lab.whole.closing.open, lab.whole.closing.on):
            with pytest.raises(NotFound, match="host01 is not closed"):
                order("host01")
        with pytest.raises(NotFound, match="no spot pool"):
            lab.whole.closing.close("host99", "")
        with pytest.raises(NotFound, match="no spot pool"):
            lab.whole.draining.drain("host99", None, "")
        assert lab.store.deeds == []


class TestDraining:
    """Everybody goes, in time."""

    def test_a_host_is_drained_as_early_as_every_promise_allows_and_not_earlier(self) -> None:
        lab = Lab(policy=POLICY)
        (young,) = lab.boot()
        lab.run_for(60)
        assert young.launched_at is not None
        ordered_at = lab.clock.now()
        drain = lab.whole.draining.drain("host01", None, "a new fan")
        assert drain.claim is not None
        assert lab.cloud.closed() == {"host01": True}
        lab.run_until_true(lambda: stage(lab) is Stage.DRAINED, within=POLICY.min_uptime + 300)
        (notice,) = lab.notices_of(young)
        assert notice.state is NoticeState.TERMINATED
        assert notice.given_at is not None
        assert young.deletes[0] >= max(young.launched_at + POLICY.min_uptime, notice.given_at + POLICY.notice)
        assert young.deletes[0] <= young.launched_at + POLICY.min_uptime + 60
        assert drain.claim.start_at - ordered_at <= POLICY.min_uptime + 120
        assert lab.store.breaches == []

    def test_somebody_who_has_run_for_long_is_told_at_once(self) -> None:
        lab = Lab(policy=POLICY)
        (server,) = lab.boot_and_run()
        lab.whole.draining.drain("host01", None, "")
        lab.run_for(10)
        (notice,) = lab.notices_of(server)
        assert notice.given_at is not None
        lab.run_until(notice.deadline_at - 1)
        assert server.deletes == []
        lab.run_until_true(lambda: stage(lab) is Stage.DRAINED, within=60)

    def test_an_empty_host_is_drained_within_seconds(self) -> None:
        lab = Lab(policy=POLICY)
        assert lab.whole.draining.drain("host01", None, "").stage is Stage.DRAINING
        lab.run_for(10)
        assert stage(lab) is Stage.DRAINED

    def test_it_stays_drained_until_it_is_opened_whatever_the_calendar_says(self) -> None:
        lab = Lab(policy=POLICY)
        lab.whole.draining.drain("host01", None, "")
        lab.run_for(OVERRUN + 60)
        assert stage(lab) is Stage.DRAINED
        assert lab.cloud.closed() == {"host01": True}
        lab.whole.closing.open("host01")
        lab.second()
        assert lab.cloud.closed() == {"host01": False}
        assert (lab.claim.standing, lab.reclaim.state) == (Standing.WITHDRAWN, State.CANCELLED)
        (server,) = lab.boot()
        lab.run_for(30)
        assert (server.host, server.status) == ("host01", "ACTIVE")

    def test_by_an_instant_that_breaks_a_promise_is_refused_and_all_is_as_it_was(self) -> None:
        lab = Lab(policy=POLICY)
        lab.boot_and_run()
        at = lab.clock.now()
        with pytest.raises(PromiseBroken, match="spot instances were promised more time; it can be at") as refused:
            lab.whole.draining.drain("host01", at + 120, "")
        assert refused.value.earliest_at is not None
        assert at + POLICY.notice < refused.value.earliest_at <= at + POLICY.notice + 400
        assert (lab.whole.closing.closed(), lab.store.claims) == ([], [])
        lab.run_for(2)
        assert lab.cloud.closed() == {"host01": False}
        assert lab.whole.draining.drain("host01", refused.value.earliest_at, "").stage is Stage.DRAINING

    def test_no_promise_is_broken_for_it_where_reservations_may_break_them(self) -> None:
        lab = Lab(policy=replace(POLICY, breaks_promises=True))
        lab.boot_and_run()
        with pytest.raises(PromiseBroken):
            lab.whole.draining.drain("host01", lab.clock.now() + 120, "")

    def test_nor_if_the_engine_was_away_until_shortly_before(self) -> None:
        lab = Lab(policy=replace(POLICY, breaks_promises=True))
        (server,) = lab.boot_and_run()
        drain = lab.whole.draining.drain("host01", None, "")
        assert drain.reclaim is not None
        lab.clock.advance(drain.reclaim.evict_at - lab.clock.now() - 60)
        lab.run_for(POLICY.notice + 120)
        (notice,) = lab.notices_of(server)
        assert notice.given_at is not None
        assert server.deletes[0] - notice.given_at >= POLICY.notice
        assert Cause.OVERRIDDEN not in {one.cause for one in lab.store.breaches}

    def test_who_comes_in_the_last_moment_counts_too(self) -> None:
        """The pool is closed before it is asked who is inside."""
        lab = Lab(policy=POLICY)
        lab.boot()
        with pytest.raises(PromiseBroken):
            lab.whole.draining.drain("host01", lab.clock.now() + 120, "")
        assert [claim.standing for claim in lab.store.claims] == [Standing.WITHDRAWN]
        drain = lab.whole.draining.drain("host01", None, "")
        assert drain.claim is not None
        assert drain.claim.start_at >= lab.clock.now() + POLICY.min_uptime

    def test_far_ahead_it_is_closed_at_once_and_told_in_time(self) -> None:
        lab = Lab(policy=POLICY)
        (server,) = lab.boot_and_run()
        by = lab.clock.now() + 1200
        lab.whole.draining.drain("host01", by, "")
        assert lab.cloud.closed() == {"host01": True}
        lab.run_until(lab.reclaim.notice_at - 1)
        assert (lab.notices_of(server), lab.cloud.closed()) == ([], {"host01": True})
        lab.run_until(by)
        assert stage(lab) is Stage.DRAINED
        assert server.deletes[0] >= lab.reclaim.evict_at

    def test_opened_again_it_withdraws_its_notices_with_the_first_tick(self) -> None:
        lab = Lab(policy=POLICY)
        (server,) = lab.boot_and_run()
        lab.whole.draining.drain("host01", None, "")
        lab.run_for(10)
        assert server.metadata
        lab.whole.closing.open("host01")
        lab.second()
        assert ([one.state for one in lab.notices_of(server)], server.metadata) == ([NoticeState.WITHDRAWN], {})
        lab.run_for(600)
        assert server.deletes == []
        assert "the host was opened again" in deeds(lab, "claim withdrawn")[0]

    def test_the_same_order_again_changes_nothing_and_another_instant_is_refused(self) -> None:
        lab = Lab(policy=POLICY)
        by = lab.clock.now() + HOUR
        first = lab.whole.draining.drain("host01", by, "a new fan")
        for again in (None, by):
            assert lab.whole.draining.drain("host01", again, "a new fan") == first
        with pytest.raises(NotNow, match="open it first"):
            lab.whole.draining.drain("host01", by + 60, "")
        assert lab.whole.closing.close("host01", "a new fan") == first

    def test_a_closed_host_can_be_drained(self) -> None:
        lab = Lab(policy=POLICY)
        lab.whole.closing.close("host01", "a fan is loud")
        assert lab.whole.draining.drain("host01", lab.clock.now() + HOUR, "a new fan").closure.reason == "a new fan"
        assert deeds(lab, "closed") == ["a fan is loud", "a new fan"]

    def test_a_server_that_is_not_spot_is_named_and_left_alone_and_the_drain_is_overdue(self) -> None:
        lab = Lab(policy=POLICY)
        stranger = lab.cloud.servers[lab.cloud.boot(PLAIN.name, host="host01")]
        drain = lab.whole.draining.drain("host01", None, "")
        assert drain.claim is not None
        lab.run_until(drain.claim.start_at + 60)
        assert stage(lab) is Stage.OVERDUE
        assert stranger.deletes == []
        assert [breach.cause for breach in lab.store.breaches] == [Cause.STRANGER]
        lab.cloud.begin_delete(stranger, force=True)
        lab.run_until_true(lambda: stage(lab) is Stage.DRAINED, within=60)


class TestBesideReservations:
    """Whoever was there first has it."""

    def test_a_host_that_is_on_its_way_back_from_a_reservation_is_given_the_time_to_come_back(self) -> None:
        lab = Lab(policy=POLICY)
        lab.whole.listing.publish([ReservableHost(id="1", host="host01", service_host="host01")])
        left = lab.cloud.servers[lab.cloud.boot(PLAIN.name, host="host01")]
        lab.run_for(60)
        lab.cloud.freepool.hosts.remove("host01")
        drain = lab.whole.draining.drain("host01", None, "")
        assert drain.claim is not None
        assert drain.claim.start_at >= lab.clock.now() + POLICY.force_allowance + POLICY.reset_allowance
        lab.run_for(30)
        lab.cloud.begin_delete(left, force=True)
        lab.run_for(20)
        lab.cloud.freepool.hosts.append("host01")
        lab.run_until_true(lambda: stage(lab) is Stage.DRAINED, within=POLICY.force_allowance + POLICY.reset_allowance)
        lab.run_until(drain.claim.start_at + 10)
        assert (stage(lab), lab.store.breaches) == (Stage.DRAINED, [])

    def test_if_nobody_can_say_whether_it_is_on_its_way_back_it_is_not_drained(self) -> None:
        lab = Lab(policy=POLICY)
        lab.whole.listing.publish([ReservableHost(id="1", host="host01", service_host="host01")])
        lab.cloud.fails("freepool_hosts", Unreachable("made up"), times=None)
        with pytest.raises(Unreachable):
            lab.whole.draining.drain("host01", lab.clock.now() + 5, "")
        assert not any(claim.is_open for claim in lab.store.claims)

    def test_a_drain_waits_for_the_reservations_that_have_the_host(self) -> None:
        lab = Lab(policy=POLICY)
        lab.book("r1", lab.clock.now() + HOUR, hours=2)
        lab.second()
        end_at = lab.calendar["r1"][0].end_at
        with pytest.raises(PromiseBroken, match="a reservation has it") as refused:
            lab.whole.draining.drain("host01", lab.clock.now() + 2 * HOUR, "")
        assert refused.value.earliest_at is not None
        assert refused.value.earliest_at >= end_at
        drain = lab.whole.draining.drain("host01", None, "")
        assert drain.claim is not None
        assert end_at <= drain.claim.start_at <= end_at + 60

    def test_a_booking_does_not_get_a_host_at_a_time_at_which_it_is_to_be_drained(self) -> None:
        lab = Lab(hosts=2, policy=POLICY)
        by = lab.clock.now() + 4 * HOUR
        lab.whole.draining.drain("host01", by, "")
        assert [one.host for one in lab.book("r1", by + HOUR)] == ["host02"]
        assert [one.host for one in lab.book_slots("r2", by + 10 * HOUR, 1, {"CUSTOM_GPU": 1})] == ["host02"]
        with pytest.raises(Refused, match="other reservations or drains hold the matching hosts"):
            lab.book("r3", by + HOUR, hosts=2)

    def test_before_that_it_may_be_booked(self) -> None:
        lab = Lab(policy=POLICY)
        by = lab.clock.now() + 4 * HOUR
        lab.whole.draining.drain("host01", by, "")
        start = lab.clock.now() + HOUR
        lab.book("r1", start, hours=2)
        lab.run_until(start)
        states = {reclaim.start_at: reclaim.state for reclaim in lab.store.reclaims}
        assert states[start] is State.READY

    def test_a_lease_that_is_moved_into_a_drain_gets_the_host_and_the_drain_is_overdue_meanwhile(self) -> None:
        lab = Lab(policy=POLICY)
        start = lab.clock.now() + HOUR
        lab.book("r1", start)
        lab.second()
        drain = lab.whole.draining.drain("host01", None, "")
        assert drain.claim is not None
        lab.move("r1", drain.claim.start_at + 600)
        lab.run_until(drain.claim.start_at + 600)
        aggregate = lab.cloud.add_aggregate("r1", zone="zone-r1")
        assert lab.whole.handover.hand_over("r1", aggregate.id, [Candidate("host01", "host01")]) == []
        assert stage(lab) is Stage.OVERDUE
        lab.run_for(1800)
        assert stage(lab) is Stage.OVERDUE
        served = lab.cloud.servers[lab.cloud.boot(PLAIN.name, host="host01")]
        lab.run_for(30)
        assert served.deletes == []

    def test_of_a_booking_and_a_drain_that_come_at_the_same_time_one_gets_the_host(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        lab = Lab(policy=POLICY)
        by = lab.clock.now() + 4 * HOUR
        write = Booking._write_claims

        def drained_first(booking: Booking, *written: Any) -> None:
            monkeypatch.setattr(Booking, "_write_claims", write)
            lab.whole.draining.drain("host01", by, "")
            write(booking, *written)

        monkeypatch.setattr(Booking, "_write_claims", drained_first)
        with pytest.raises(Refused, match="is to be drained since a moment ago"):
            lab.book("r1", by + HOUR)
        assert [(claim.is_drain, claim.standing) for claim in lab.store.claims if claim.is_open] == [
            (True, Standing.FIRM)
        ]

    def test_of_two_drains_of_a_host_at_the_same_time_none_commits_what_the_other_holds(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        lab = Lab(policy=POLICY)
        by = lab.clock.now() + 4 * HOUR
        secure = Booking.secure
        others: list[Closed] = []

        def drained_between(booking: Booking, *asked: Any) -> Any:
            found = secure(booking, *asked)
            monkeypatch.setattr(Booking, "secure", secure)
            others.append(lab.whole.draining.drain("host01", by + HOUR, "the other's"))
            return found

        monkeypatch.setattr(Booking, "secure", drained_between)
        with pytest.raises(NotNow, match="at the same time"):
            lab.whole.draining.drain("host01", by, "")
        (other,) = others
        assert other.claim is not None
        assert [claim.id for claim in lab.store.claims if claim.is_open] == [other.claim.id]
        assert other.claim.start_at == by + HOUR

    @pytest.mark.parametrize("is_drained", [False, True])
    def test_a_reservation_is_not_bound_to_a_cheaper_host_that_is_drained(self, *, is_drained: bool) -> None:
        lab = Lab(hosts=2, policy=POLICY)
        start = lab.clock.now() + 4 * HOUR
        had = lab.book("r1", start)[0].host
        other = ({"host01", "host02"} - {had}).pop()
        lab.boot_and_run(1, had)
        if is_drained:
            lab.whole.draining.drain(other, start + HOUR // 2, "")
        lab.run_until(next(one for one in lab.store.reclaims if one.host == had).fence_at - 10)
        rebinding = lab.whole.rebinding
        due = rebinding.due(margin=5)
        candidates = (Candidate("host01", "host01"), Candidate("host02", "host02"))
        bound = Bound("r1", start, start + HOUR, frozenset({had}), candidates)
        moves = rebinding.choose([bound], due, 5)
        assert {claim.reservation_id for claim, _ in due} == {"r1"}
        assert moves == ([] if is_drained else [Move("r1", had, other)])

    def test_two_hosts_share_the_deletes_with_a_reservation_as_two_reservations_do(self) -> None:
        policy = replace(POLICY, parallel_deletes=1, delete_takes=30, spots_per_host=8, lead_floor=10)
        lab = Lab(hosts=2, policy=policy)
        lab.boot_and_run(8, "host01")
        start = lab.clock.now() + 3 * HOUR
        lab.book("r1", start)
        lab.second()
        alone = lab.reclaim.lead
        other = ({"host01", "host02"} - {lab.reclaim.host}).pop()
        lab.whole.draining.drain(other, start, "")
        lab.run_for(2)
        assert all(reclaim.lead > alone for reclaim in lab.store.reclaims)


def test_a_closed_host_among_others_is_left_as_it_is_by_the_next_tick() -> None:
    lab = Lab(hosts=2, policy=POLICY)
    lab.whole.closing.close("host02", "")
    lab.second()
    before = lab.store.writes, len(lab.cloud.writes)
    lab.second()
    assert (lab.store.writes, len(lab.cloud.writes)) == before
    assert lab.cloud.closed() == {"host01": False, "host02": True}


class TestScrapped:
    """A host that was drained is taken away for good."""

    def scrapped(self) -> Lab:
        lab = Lab(policy=POLICY, hosts=2)
        lab.whole.draining.drain("host01", None, "scrap it")
        lab.run_until_true(lambda: stage(lab) is Stage.DRAINED, within=HOUR)
        del lab.cloud.hosts["host01"]
        lab.cloud.freepool.hosts.remove("host01")
        return lab

    def test_it_is_said_once_and_the_closure_stays(self, caplog: pytest.LogCaptureFixture) -> None:
        lab = self.scrapped()
        caplog.clear()
        lab.run_for(300)
        told = [record.getMessage() for record in caplog.records if record.levelname in ("WARNING", "ERROR")]
        assert len(told) == 2
        assert (told[0].partition(" until")[0], told[1].partition(":")[0]) == (
            "The spot pool of host01 is left alone",
            "host01 is gone, or was never there",
        )
        assert stage(lab) is Stage.DRAINED

    def test_it_is_asked_for_once_a_minute(self) -> None:
        lab = self.scrapped()
        lab.run_for(60)
        before = dict(lab.cloud.calls)
        lab.run_for(120)
        asked = {call: lab.cloud.calls[call] - before.get(call, 0) for call in ("close", "consumers")}
        assert asked == {"close": 0, "consumers": 2}

    def test_the_order_is_taken_back_as_any_other(self) -> None:
        lab = self.scrapped()
        lab.run_for(60)
        lab.whole.closing.open("host01")
        lab.run_for(5)
        assert lab.whole.closing.closed() == []
        assert lab.reclaim.state is State.CANCELLED

    def test_a_host_that_comes_back_under_its_name_is_closed_at_once(self) -> None:
        lab = self.scrapped()
        lab.run_for(60)
        lab.cloud.add_host("host01", HOST_TOTALS)
        lab.run_for(2)
        assert lab.cloud.closed()["host01"]
        lab.run_for(60)
        assert stage(lab) is Stage.DRAINED
