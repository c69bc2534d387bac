# SPDX-License-Identifier: Apache-2.0
"""Somebody orders a notice for one instance: a rehearsal, or an interruption at whose end it goes."""

from dataclasses import replace

import pytest

from blazar_spot.core.errors import AlreadyNoticed, NotFound, NotNow, Unreachable
from blazar_spot.core.events import News
from blazar_spot.core.interruptions import Order
from blazar_spot.core.notice import TERMINATION_KEY
from blazar_spot.core.promises import Notice, NoticeState, Purpose
from blazar_spot.core.reclaim import State
from blazar_spot.core.record import Cause
from blazar_spot.core.switch import Mode, turned
from blazar_spot.testing import lab as usual
from blazar_spot.testing.lab import SPOT, Lab
from blazar_spot.testing.things import FakeServer

POLICY = replace(usual.POLICY, min_uptime=400, notice=200, notice_slack=10, boot_allowance=60)
SLACK = POLICY.notice_slack
REHEARSAL = Order(seconds=120, reason="a game day")
EVICTION = Order(evicts=True)
OWN = Order(seconds=60, evicts=True, is_own=True)


def order(lab: Lab, server: FakeServer, wanted: Order) -> Notice:
    return lab.whole.interrupting.interrupt(server.id, wanted)


def states(lab: Lab, server: FakeServer) -> set[tuple[Purpose, NoticeState]]:
    return {(notice.purpose, notice.state) for notice in lab.notices_of(server)}


def numbers(lab: Lab) -> int:
    with lab.store.begin() as work:
        return work.incarnations(["tenant"])["tenant"]


class TestRehearsals:
    """Everything but the end."""

    def test_it_is_told_as_a_notice_is_and_withdrawn_at_its_deadline(self) -> None:
        lab = Lab(policy=POLICY, channels=["bus"])
        (server,) = lab.boot_and_run()
        number = numbers(lab)
        notice = order(lab, server, REHEARSAL)
        assert (notice.deadline_at, numbers(lab)) == (lab.clock.now() + 120 + SLACK, number + 1)
        lab.run_for(2)
        (given,) = lab.notices_of(server)
        assert given.given_at is not None
        assert server.metadata[TERMINATION_KEY] == str(given.deadline_at)
        lab.run_until(given.deadline_at - 1)
        assert states(lab, server) == {(Purpose.REHEARSAL, NoticeState.SCHEDULED)}
        lab.run_until(given.deadline_at)
        assert states(lab, server) == {(Purpose.REHEARSAL, NoticeState.WITHDRAWN)}
        assert (server.metadata, server.deletes, server.status) == ({}, [], "ACTIVE")
        told = [letter.event.news for letter in lab.store.letters]
        assert (told[0], told[-1]) == (News.SCHEDULED, News.WITHDRAWN)

    def test_it_is_on_record_why_it_was_ordered_and_that_it_is_over(self) -> None:
        lab = Lab(policy=POLICY)
        (server,) = lab.boot_and_run()
        order(lab, server, REHEARSAL)
        lab.run_for(120 + SLACK)
        details = [deed.details for deed in lab.store.deeds if deed.subject == server.id]
        assert details[0].startswith("rehearsal until ")
        assert details[0].endswith(": a game day")
        assert details[-1].startswith("the rehearsal is over; it was told ")

    def test_without_a_length_it_has_the_usual_one_or_that_of_the_instances_flavor(self) -> None:
        lab = Lab(policy=POLICY)
        (server,) = lab.boot_and_run()
        assert order(lab, server, Order()).deadline_at == lab.clock.now() + POLICY.notice + SLACK
        lab = Lab(policy=POLICY)
        lab.cloud.add_flavor(
            replace(SPOT, name="short", extra_specs={**SPOT.extra_specs, "spot:notice": "1m"}), preemptible=True
        )
        short = lab.cloud.servers[lab.cloud.boot("short")]
        lab.run_for(60)
        assert order(lab, short, Order()).deadline_at == lab.clock.now() + 60 + SLACK

    def test_its_length_runs_from_when_it_could_be_read(self) -> None:
        lab = Lab(policy=POLICY)
        (server,) = lab.boot_and_run()
        lab.cloud.fails("write_metadata", Unreachable("made up"), times=20)
        order(lab, server, REHEARSAL)
        lab.run_for(30)
        (notice,) = lab.notices_of(server)
        assert notice.given_at is not None
        assert notice.deadline_at == notice.given_at + 120

    def test_a_holder_who_lets_it_go_keeps_it_all_the_same(self) -> None:
        lab = Lab(policy=POLICY)
        (server,) = lab.boot_and_run()
        order(lab, server, REHEARSAL)
        lab.run_for(2)
        lab.acknowledge(server)
        lab.run_for(200)
        assert server.deletes == []

    def test_one_that_ends_by_itself_has_ended(self) -> None:
        lab = Lab(policy=POLICY)
        (server,) = lab.boot_and_run()
        order(lab, server, REHEARSAL)
        lab.run_for(2)
        lab.cloud.begin_delete(server, force=True)
        lab.run_for(60)
        assert states(lab, server) == {(Purpose.REHEARSAL, NoticeState.TERMINATED)}

    def test_nothing_is_written_for_a_dry_run(self) -> None:
        lab = Lab(policy=POLICY)
        (server,) = lab.boot_and_run()
        before = lab.store.writes
        would = lab.whole.interrupting.dry_run(server.id, REHEARSAL)
        assert (would.deadline_at, would.purpose) == (lab.clock.now() + 120 + SLACK, Purpose.REHEARSAL)
        assert (lab.store.writes, lab.store.notices) == (before, [])


class TestBesideReclaims:
    """A real incident comes first."""

    def test_an_instance_that_has_a_notice_gets_no_other_one(self) -> None:
        lab = Lab(policy=POLICY)
        (server,) = lab.boot_and_run()
        lab.book("r1", lab.clock.now() + 1200)
        lab.run_until(lab.reclaim.notice_at + 1)
        (notice,) = lab.notices_of(server)
        for wanted in (REHEARSAL, EVICTION, OWN):
            for ask in (lab.whole.interrupting.interrupt, lab.whole.interrupting.dry_run):
                with pytest.raises(AlreadyNoticed):
                    ask(server.id, wanted)
        assert lab.notices_of(server) == [notice]

    def test_nor_does_one_that_is_rehearsing(self) -> None:
        lab = Lab(policy=POLICY)
        (server,) = lab.boot_and_run()
        first = order(lab, server, REHEARSAL)
        with pytest.raises(AlreadyNoticed):
            order(lab, server, EVICTION)
        assert [one.id for one in lab.notices_of(server)] == [first.id]

    @pytest.mark.parametrize("wanted", [Order(seconds=10_000), Order(seconds=30, evicts=True, is_own=True), EVICTION])
    def test_what_was_ordered_gives_way_to_a_reclaim_with_its_whole_notice(self, wanted: Order) -> None:
        lab = Lab(policy=POLICY)
        (server,) = lab.boot_and_run()
        lab.book("r1", lab.clock.now() + 1200)
        lab.run_until(lab.reclaim.notice_at - 10)
        ordered = order(lab, server, wanted)
        lab.run_until(lab.reclaim.notice_at + 2)
        gone, real = sorted(lab.notices_of(server), key=lambda one: one.decided_at)
        assert (gone.id, gone.state) == (ordered.id, NoticeState.WITHDRAWN)
        assert (real.purpose, real.state) == (Purpose.RECLAIM, NoticeState.SCHEDULED)
        assert real.given_at is not None
        assert real.deadline_at >= real.given_at + POLICY.notice
        assert server.metadata[TERMINATION_KEY] == str(real.deadline_at)
        told = [one.details for one in lab.store.deeds if one.what == "notice withdrawn"]
        assert "what was ordered gives way: host01 is taken back" in told[0]
        lab.run_until(lab.reclaim.start_at)
        assert server.deletes[0] >= real.deadline_at
        assert lab.reclaim.state is State.READY
        assert lab.store.breaches == []

    def test_a_booking_does_not_count_on_what_was_only_ordered(self) -> None:
        lab, plain = Lab(policy=POLICY), Lab(policy=POLICY)
        for one in (lab, plain):
            (server,) = one.boot()
            one.run_for(60)
            if one is lab:
                order(lab, server, Order(seconds=5, evicts=True, is_own=True))
        chosen = []
        for one in (lab, plain):
            try:
                chosen.append(one.book("r1", one.clock.now() + 250))
            except Exception as error:
                chosen.append(str(error))
        assert chosen[0] == chosen[1]

    def test_an_interruption_whose_time_has_come_is_as_good_as_the_reclaims_own(self) -> None:
        lab = Lab(policy=POLICY)
        (server,) = lab.boot_and_run()
        lab.cloud.fails("delete", Unreachable("made up"), times=None)
        lab.book("r1", lab.clock.now() + 1200)
        lab.run_until(lab.reclaim.notice_at - 100)
        order(lab, server, OWN)
        lab.run_until(lab.reclaim.evict_at - 1)
        assert states(lab, server) == {(Purpose.INTERRUPTION, NoticeState.SCHEDULED)}
        lab.cloud.heals("delete")
        lab.run_until(lab.reclaim.start_at)
        assert lab.reclaim.state is State.READY
        assert states(lab, server) == {(Purpose.INTERRUPTION, NoticeState.TERMINATED)}

    def test_the_others_on_the_host_are_not_touched(self) -> None:
        lab = Lab(policy=POLICY)
        first, second = lab.boot_and_run(2)
        order(lab, first, EVICTION)
        lab.run_for(POLICY.notice + 120)
        assert first.gone_at is not None
        assert (second.deletes, lab.notices_of(second)) == ([], [])


class TestInterruptions:
    """The instance goes."""

    def test_an_admins_order_keeps_notice_and_minimum_uptime(self) -> None:
        lab = Lab(policy=POLICY)
        (server,) = lab.boot()
        lab.run_for(60)
        assert server.launched_at is not None
        order(lab, server, Order(seconds=10, evicts=True))
        lab.run_until_true(lambda: server.gone_at is not None, within=POLICY.min_uptime + 300)
        (notice,) = lab.notices_of(server)
        assert (notice.state, notice.purpose) == (NoticeState.TERMINATED, Purpose.INTERRUPTION)
        assert notice.given_at is not None
        assert server.deletes[0] >= max(server.launched_at + POLICY.min_uptime, notice.given_at + POLICY.notice)
        assert server.deletes[0] <= server.launched_at + POLICY.min_uptime + 60
        assert lab.store.breaches == []

    def test_the_holders_own_order_needs_neither(self) -> None:
        lab = Lab(policy=POLICY)
        (server,) = lab.boot()
        lab.run_for(60)
        notice = order(lab, server, OWN)
        assert notice.deadline_at == lab.clock.now() + 60 + SLACK
        lab.run_for(90)
        assert server.gone_at is not None
        (ended,) = lab.notices_of(server)
        assert server.deletes[0] >= ended.deadline_at >= (ended.given_at or 0) + 60
        assert lab.store.breaches == []

    def test_it_waits_for_a_reclaim_whose_deletes_are_about_to_begin(self) -> None:
        policy = replace(POLICY, parallel_deletes=2, delete_takes=5, delete_p99=20, spots_per_host=8, lead_floor=0)
        lab = Lab(hosts=2, policy=policy)
        both = {host: lab.boot(4, host) for host in ("host01", "host02")}
        lab.run_for(policy.min_uptime + 60)
        start = lab.clock.now() + 900
        lab.book("r1", start)
        lab.second()
        reclaim = lab.reclaim
        (other,) = set(both) - {reclaim.host}
        lab.run_until(reclaim.evict_at - 100)
        for server in both[other]:
            order(lab, server, replace(OWN, seconds=89))  # due one second before
        lab.run_until(start + 60)
        assert min(server.deletes[0] for server in both[reclaim.host]) - reclaim.evict_at <= 1
        assert min(server.deletes[0] for server in both[other]) > reclaim.evict_at
        assert all(server.gone_at is not None for server in both[other])
        assert lab.store.breaches == []

    def test_whoever_lets_it_go_need_not_wait(self) -> None:
        lab = Lab(policy=POLICY)
        (server,) = lab.boot_and_run()
        order(lab, server, EVICTION)
        lab.run_for(2)
        lab.acknowledge(server)
        lab.run_for(30)
        assert server.gone_at is not None

    def test_one_that_booted_too_slowly_goes_all_the_same_and_that_is_on_record(self) -> None:
        lab = Lab(policy=POLICY)
        lab.cloud.build_takes = POLICY.boot_allowance + 300
        (server,) = lab.boot()
        lab.run_for(10)
        order(lab, server, EVICTION)
        lab.run_until_true(lambda: server.gone_at is not None, within=POLICY.min_uptime + 600)
        assert [(breach.cause, breach.subject) for breach in lab.store.breaches] == [(Cause.SLOW_BOOT, server.id)]

    def test_nobody_is_deleted_while_it_cannot_be_seen_who_is_on_the_host(self) -> None:
        lab = Lab(policy=POLICY)
        (server,) = lab.boot_and_run()
        order(lab, server, OWN)
        lab.run_for(58 + SLACK)
        lab.cloud.fails("servers_on", Unreachable("made up"), times=None)
        lab.run_for(60)
        assert server.deletes == []
        lab.cloud.heals("servers_on")
        lab.run_for(30)
        assert server.gone_at is not None

    def test_one_that_withstands_is_met_with_all_measures_and_an_alarm(self) -> None:
        lab = Lab(policy=POLICY)
        (server,) = lab.boot_and_run()
        lab.cloud.fails("delete", Unreachable("made up"), times=None)
        order(lab, server, OWN)
        lab.run_for(60 + SLACK + POLICY.delete_p99 + POLICY.force_allowance + POLICY.reset_allowance + 30)
        kinds = dict.fromkeys(deed.what for deed in lab.store.deeds if deed.subject == server.id)
        assert list(kinds) == ["notice", "delete", "force", "reset", "alarm"]
        assert [breach.cause for breach in lab.store.breaches] == [Cause.STUCK]

    def test_the_engine_looks_often_only_until_the_alarm(self) -> None:
        lab = Lab(policy=POLICY)
        (server,) = lab.boot_and_run()
        lab.cloud.fails("delete", Unreachable("made up"), times=None)
        order(lab, server, OWN)
        lab.run_for(60 + SLACK + 2)
        assert lab.whole.engine.tick()
        lab.run_for(POLICY.delete_p99 + POLICY.force_allowance + POLICY.reset_allowance + 30)
        assert not lab.whole.engine.tick()
        lab.cloud.heals("delete")
        lab.run_for(POLICY.reset_allowance + 30)
        assert server.gone_at is not None

    def test_one_whose_host_cannot_be_looked_at_is_looked_for_at_the_usual_pace_and_that_is_on_record_once(
        self,
    ) -> None:
        lab = Lab(policy=POLICY)
        (server,) = lab.boot_and_run()
        order(lab, server, OWN)
        lab.cloud.fails("servers_on", Unreachable("made up"), times=None)
        lab.run_for(60 + SLACK + 30)
        assert not lab.whole.engine.tick()
        why = [deed.details for deed in lab.store.deeds if deed.what == "withheld"]
        assert why == ["it cannot be seen who is on the host"]

    def test_nobody_goes_while_evictions_are_paused_and_that_is_on_record_once(self) -> None:
        lab = Lab(policy=POLICY)
        (server,) = lab.boot_and_run()
        with lab.store.begin() as work:
            work.put_switch(turned(work.switch(), lab.clock.now(), is_paused=True, reason="a drill"))
        order(lab, server, OWN)
        lab.run_for(100)
        assert server.deletes == []
        withheld = [deed.details for deed in lab.store.deeds if deed.what == "withheld"]
        assert withheld == ["evictions are paused: a drill"]
        before = lab.store.writes
        lab.second()
        assert lab.store.writes == before
        with lab.store.begin() as work:
            work.put_switch(turned(work.switch(), lab.clock.now(), is_paused=False, reason=""))
        lab.run_for(30)
        assert server.gone_at is not None

    def test_nobody_goes_in_a_mode_that_does_not_evict(self) -> None:
        lab = Lab(policy=POLICY, mode=Mode.PROTECT)
        (server,) = lab.boot_and_run()
        order(lab, server, OWN)
        lab.run_for(100)
        assert (server.deletes, server.status) == ([], "ACTIVE")


class TestWhoCanBeInterrupted:
    """A spot instance on a host."""

    def test_one_that_nobody_has_seen_or_that_is_gone_does_not_exist(self) -> None:
        lab = Lab(policy=POLICY)
        (server,) = lab.boot_and_run()
        lab.cloud.begin_delete(server, force=True)
        lab.run_for(60)
        for name in (server.id, "never"):
            for ask in (lab.whole.interrupting.interrupt, lab.whole.interrupting.dry_run):
                with pytest.raises(NotFound):
                    ask(name, REHEARSAL)
            with pytest.raises(NotFound):
                lab.whole.interrupting.instance(name)

    def test_one_that_is_shelved_away_from_its_host_has_to_come_back_first(self) -> None:
        lab = Lab(policy=POLICY)
        (server,) = lab.boot_and_run()
        lab.cloud.shelve(server.id)
        lab.run_for(60)
        with pytest.raises(NotNow, match="shelved"):
            order(lab, server, REHEARSAL)

    @pytest.mark.parametrize("wanted", [REHEARSAL, EVICTION])
    def test_what_is_ordered_for_one_run_is_not_meant_for_the_next_one(self, wanted: Order) -> None:
        lab = Lab(policy=POLICY)
        (server,) = lab.boot_and_run()
        order(lab, server, wanted)
        lab.run_for(5)
        lab.cloud.shelve(server.id)
        lab.run_for(60)
        assert {state for _, state in states(lab, server)} == {NoticeState.WITHDRAWN}
        lab.cloud.unshelve(server.id, "host01")
        lab.run_for(POLICY.min_uptime)
        assert (server.status, server.deletes) == ("ACTIVE", [])
