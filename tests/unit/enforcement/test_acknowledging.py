# SPDX-License-Identifier: Apache-2.0
"""Who lets an instance go before its deadline gets that, and nobody else is touched for it."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import pytest

from blazar_spot.core.errors import NotFound, NotOpen, StaleVersion, Unreachable
from blazar_spot.core.events import News
from blazar_spot.core.evictions import Measure
from blazar_spot.core.notice import KEYS
from blazar_spot.core.promises import NoticeState
from blazar_spot.core.reclaim import State
from blazar_spot.core.switch import Mode
from blazar_spot.testing.lab import POLICY, Lab
from blazar_spot.testing.store import FakeStore, FakeWork
from blazar_spot.testing.things import FakeServer

EARLY = 60
"""So many seconds after the notices everybody who may go early is gone."""


def noticed(lab: Lab, count: int = 3) -> list[FakeServer]:
    """Instances whose notices have been given."""
    victims = lab.boot_and_run(count, "host01")
    lab.book("r1", lab.clock.now() + 3000, hosts=len(lab.hosts))
    lab.run_until(lab.store.reclaims[0].notice_at + 2)
    assert all(lab.notices_of(one)[0].given_at for one in victims)
    return victims


def numbers(lab: Lab) -> int:
    with lab.store.begin() as work:
        return work.incarnations(["tenant"])["tenant"]


def said(lab: Lab) -> list[tuple[News, bool, str]]:
    events = [letter.event for letter in lab.store.letters]
    return [(one.news, one.is_ready, one.instance_id) for one in events if one.news is News.ACKNOWLEDGED]


class TestWhatIsSaid:
    """The acknowledgement itself."""

    def test_it_is_written_down_told_counted_and_on_record_once_however_often_it_is_said(self) -> None:
        lab = Lab(channels=["bus"])
        server, *_ = noticed(lab)
        before, number, now = lab.notices_of(server)[0], numbers(lab), lab.clock.now()
        for _ in range(3):
            assert lab.acknowledge(server, is_ready=False).acknowledged_at == now
            lab.clock.advance(1)
        assert lab.notices_of(server) == [replace(before, acknowledged_at=now, revision=2, version=before.version + 1)]
        assert said(lab) == [(News.ACKNOWLEDGED, False, server.id)]
        assert numbers(lab) == number + 1
        (entry,) = [deed.details for deed in lab.store.deeds if deed.what == "notice acknowledged"]
        assert entry.startswith("its holder knows of ")

    def test_who_knows_of_it_first_and_lets_it_go_later_says_two_things(self) -> None:
        lab = Lab(channels=["bus"])
        server, *_ = noticed(lab)
        known_at = lab.acknowledge(server, is_ready=False).acknowledged_at
        lab.clock.advance(10)
        ready = lab.acknowledge(server)
        assert (ready.acknowledged_at, ready.ready_at, ready.revision) == (known_at, lab.clock.now(), 3)
        assert lab.acknowledge(server, is_ready=False) == ready
        assert said(lab) == [(News.ACKNOWLEDGED, False, server.id), (News.ACKNOWLEDGED, True, server.id)]

    def test_another_projects_incident_does_not_exist_and_neither_does_one_that_never_was(self) -> None:
        lab = Lab()
        server, *_ = noticed(lab)
        (notice,) = lab.notices_of(server)
        for incident, project in ((notice.id, "somebody else"), ("never", "tenant"), ("never", None)):
            with pytest.raises(NotFound, match="no such event"):
                lab.whole.acknowledging.acknowledge(incident, project, is_ready=True)
        assert lab.notices_of(server) == [notice]
        assert lab.whole.acknowledging.acknowledge(notice.id, None, is_ready=True).notice.instance_id == server.id

    @pytest.mark.parametrize("end", [NoticeState.WITHDRAWN, NoticeState.TERMINATED])
    def test_nothing_can_be_said_to_an_incident_that_is_over(self, end: NoticeState) -> None:
        lab = Lab()
        server, *_ = noticed(lab)
        lab.acknowledge(server, is_ready=False)
        if end is NoticeState.WITHDRAWN:
            lab.cancel("r1")
        else:
            lab.cloud.begin_delete(server, force=True)
        lab.run_for(30)
        (notice,) = lab.notices_of(server)
        assert notice.state is end
        for is_ready in (False, True):
            with pytest.raises(NotOpen, match=f"it was {end}"):
                lab.whole.acknowledging.acknowledge(notice.id, "tenant", is_ready=is_ready)
        assert lab.notices_of(server) == [notice]

    @pytest.mark.parametrize(("times", "is_heard"), [(4, True), (5, False)])
    def test_an_engine_that_is_faster_is_read_again_and_not_for_ever(self, times: int, is_heard: bool) -> None:
        store = BusyStore()
        lab = Lab(store=lambda: store)
        server, *_ = noticed(lab)
        store.faster = times
        if is_heard:
            assert lab.acknowledge(server).ready_at == lab.clock.now()
        else:
            with pytest.raises(StaleVersion):
                lab.acknowledge(server)
        assert store.faster == 0

    def test_those_who_carry_letters_are_woken_when_there_are_some(self) -> None:
        lab = Lab(channels=["bus"])
        rings: list[int] = []
        lab.whole.bell.heard_by(lambda: rings.append(len(lab.store.letters)))
        server, *_ = noticed(lab)
        assert rings[0] == 3
        lab.run_for(30)
        before = list(rings)
        lab.run_for(30)
        lab.acknowledge(server, is_ready=False)
        lab.acknowledge(server, is_ready=False)
        assert rings == [*before, 4]
        lab.cancel("r1")
        lab.run_for(2)
        assert rings == [*before, 4, 7]


class BusyStore(FakeStore):
    """Somebody else changes each row at the same time, so many times."""

    faster = 0

    @contextmanager
    def begin(self) -> Iterator[FakeWork]:
        with super().begin() as work:
            yield work
            if self.faster:
                self.faster -= 1
                raise StaleVersion("made up")


class TestWhoGoes:
    """What comes of it."""

    def test_whoever_is_let_go_goes_at_once_and_the_others_stay_until_their_deadline(self) -> None:
        lab = Lab()
        first, *others = noticed(lab)
        lab.acknowledge(first)
        lab.run_for(EARLY)
        assert first.gone_at is not None
        assert [one.deletes for one in others] == [[], []]
        assert lab.notices_of(first)[0].state is NoticeState.TERMINATED
        lab.run_until(lab.reclaim.evict_at - 1)
        assert [one.deletes for one in others] == [[], []]
        lab.run_until(lab.reclaim.start_at)
        assert lab.reclaim.state is State.READY
        assert [len(one.deletes) for one in (first, *others)] == [1, 1, 1]
        assert lab.store.breaches == []

    def test_that_it_is_only_known_changes_nothing(self) -> None:
        lab = Lab()
        victims = noticed(lab)
        for one in victims:
            lab.acknowledge(one, is_ready=False)
        lab.run_until(lab.reclaim.evict_at - 1)
        assert [one.deletes for one in victims] == [[], [], []]

    def test_a_host_that_all_have_left_early_is_clean_and_ready_at_its_instant(self) -> None:
        lab = Lab()
        victims = noticed(lab)
        for one in victims:
            lab.acknowledge(one)
        lab.run_for(EARLY)
        assert all(one.gone_at for one in victims)
        assert lab.whole.witnesses.is_clean("host01")
        assert lab.reclaim.state is State.NOTIFIED
        lab.run_until(lab.reclaim.evict_at + 1)
        assert lab.reclaim.state is State.READY

    def test_one_that_is_younger_than_it_was_promised_to_become_goes_and_no_promise_is_broken(self) -> None:
        lab = Lab()
        lab.book("r1", lab.clock.now() + 3000)
        lab.run_until(lab.reclaim.fence_at - 30)
        (young,) = lab.boot()
        lab.run_until(lab.reclaim.notice_at + 2)
        lab.acknowledge(young)
        lab.run_for(EARLY)
        assert young.launched_at is not None
        assert young.deletes[0] < young.launched_at + POLICY.min_uptime
        assert lab.store.breaches == []

    def test_one_whose_notice_could_never_be_read_may_be_let_go_as_well(self) -> None:
        lab = Lab()
        (server,) = lab.boot_and_run(1)
        lab.book("r1", lab.clock.now() + 3000)
        lab.run_until(lab.reclaim.notice_at - 1)
        lab.cloud.fails("write_metadata", Unreachable("made up"), times=10_000)
        lab.run_for(5)
        lab.acknowledge(server)
        lab.run_for(EARLY)
        assert server.gone_at is not None

    @pytest.mark.parametrize("mode", [Mode.PROTECT, Mode.ENFORCE])
    def test_nobody_goes_where_nobody_is_evicted_and_nothing_is_said_to_be_late_for_it(self, mode: Mode) -> None:
        lab = Lab(mode=mode)
        victims = noticed(lab)
        if mode is Mode.ENFORCE:
            with lab.store.begin() as work:
                work.put_switch(replace(work.switch(), paused_at=lab.clock.now(), reason="a test"))
        for one in victims:
            lab.acknowledge(one)
        lab.run_until(lab.reclaim.evict_at - 1)
        assert [one.deletes for one in victims] == [[], [], []]
        assert not [deed for deed in lab.store.deeds if deed.what == "withheld"]
        lab.run_for(2)
        assert [deed.what for deed in lab.store.deeds].count("withheld") == 1

    def test_a_lease_that_is_deleted_before_it_was_asked_to_go_spares_it(self) -> None:
        lab = Lab()
        server, *_ = noticed(lab)
        lab.acknowledge(server)
        lab.cancel("r1")
        lab.run_for(EARLY)
        assert server.deletes == []
        assert not server.metadata.keys() & set(KEYS)
        assert lab.notices_of(server)[0].state is NoticeState.WITHDRAWN

    def test_a_lease_that_is_put_off_keeps_it_until_notices_are_due_again(self) -> None:
        lab = Lab()
        server, *_ = noticed(lab)
        lab.acknowledge(server)
        lab.move("r1", lab.calendar["r1"][0].start_at + 600)
        lab.second()
        lab.run_until(lab.reclaim.notice_at - 1)
        assert server.deletes == []
        lab.run_for(EARLY)
        assert server.gone_at is not None

    def test_one_that_is_only_marked_as_deleted_is_pursued_until_it_is_gone(self) -> None:
        lab = Lab()
        server, *_ = noticed(lab)
        lab.cloud.soft_delete = True
        lab.acknowledge(server)
        lab.run_for(EARLY)
        assert server.gone_at is not None
        (eviction,) = lab.store.evictions
        assert eviction.measure is Measure.FORCE

    def test_no_more_go_at_a_time_than_are_allowed(self) -> None:
        lab = Lab(policy=replace(POLICY, parallel_deletes=2, spots_per_host=8))
        lab.cloud.delete_takes = 5
        victims = noticed(lab, 6)
        for one in victims:
            lab.acknowledge(one)
        most = 0
        for _ in range(2 * EARLY):
            lab.second()
            most = max(most, sum(one.is_being_destroyed and one.gone_at is None for one in victims))
        assert all(one.gone_at for one in victims)
        assert most == 2

    def test_in_the_last_seconds_before_others_are_due_nobody_begins_to_go_early(self) -> None:
        lab = Lab()
        server, *_ = noticed(lab)
        lab.run_until(lab.reclaim.evict_at - POLICY.delete_p99)
        lab.acknowledge(server)
        lab.run_until(lab.reclaim.evict_at - 1)
        assert server.deletes == []
        lab.run_for(1)
        assert server.deletes == [lab.reclaim.evict_at]

    def test_those_who_have_to_go_are_asked_before_those_who_may(self) -> None:
        lab = Lab(hosts=2, policy=replace(POLICY, parallel_deletes=2))
        due = lab.boot_and_run(3, "host01")
        early = lab.boot_and_run(3, "host02")
        start = lab.clock.now() + 3000
        lab.book("r1", start, hosts=1)
        taken = lab.calendar["r1"][0].host
        due, early = (due, early) if taken == "host01" else (early, due)
        lab.book("r2", start + 600, hosts=1)
        lab.run_until(next(one.evict_at for one in lab.store.reclaims if one.host == taken) - POLICY.delete_p99)
        for one in early:
            lab.acknowledge(one)
        lab.run_for(POLICY.delete_p99 + EARLY)
        assert max(one.deletes[0] for one in due) <= min(one.deletes[0] for one in early)
        assert all(one.gone_at for one in early)

    def test_on_a_shared_host_it_goes_instead_of_those_who_were_only_told(self) -> None:
        lab = Lab()
        victims = lab.boot_and_run(8, "host01")
        lab.book_slots("r1", lab.clock.now() + 3000, 1, {"CUSTOM_GPU": 2})
        lab.run_until(lab.reclaim.notice_at + 2)
        told = [one for one in victims if lab.notices_of(one)]
        assert len(told) == 2
        lab.acknowledge(told[1])
        lab.run_for(EARLY)
        assert (told[0].gone_at, bool(told[1].gone_at)) == (None, True)
        lab.run_until(lab.reclaim.start_at)
        assert [one for one in victims if one.gone_at is not None] == told
