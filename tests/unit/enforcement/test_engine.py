# SPDX-License-Identifier: Apache-2.0
"""A reclaim from the booking to the hand-over, on a whole cloud in memory."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace

import pytest

from blazar_spot.core.errors import NotFound, NotNow, Permanent, Refused, SpotError, StaleVersion, Unreachable
from blazar_spot.core.fences import Fence
from blazar_spot.core.notice import KEYS, SCHEDULED_KEY, TERMINATION_KEY
from blazar_spot.core.promises import NoticeState, Reclaim, Standing
from blazar_spot.core.reclaim import State
from blazar_spot.enforcement.fleet import OVERLAP_SECONDS
from blazar_spot.enforcement.reclaims import LOOK_AT_READY_EVERY
from blazar_spot.ports.pool import Sight
from blazar_spot.testing.cloud import FakeCloud
from blazar_spot.testing.lab import PLAIN, POLICY, Lab
from blazar_spot.testing.store import FakeStore, FakeWork

HOUR = 3600


class ChangingCloud(FakeCloud):
    """Something happens while it is asked who is on a host."""

    meanwhile: Callable[[], None] | None = None

    def servers_on(self, host: str) -> frozenset[str]:
        if self.meanwhile:
            happens, self.meanwhile = self.meanwhile, None
            happens()
        return super().servers_on(host)


class ContestedWork(FakeWork):
    """A reclaim of this host cannot be written."""

    host = ""
    error: SpotError = StaleVersion("somebody else was faster")

    def put_reclaim(self, reclaim: Reclaim) -> Reclaim:
        if reclaim.host == self.host:
            raise self.error
        return super().put_reclaim(reclaim)


class CountingStore(FakeStore):
    """Counts the units of work that wrote something."""

    kind = ContestedWork
    commits = 0

    @contextmanager
    def begin(self) -> Iterator[FakeWork]:
        before = self.writes
        with super().begin() as work:
            yield work
        self.commits += self.writes > before


def booked_ahead(lab: Lab) -> None:
    """A lease for the only host, in fifty minutes."""
    lab.book("r1", lab.clock.now() + 3000)


def test_host_is_fenced_noticed_evicted_and_ready_at_its_instants() -> None:
    lab = Lab()
    victims = lab.boot_and_run(4)
    booked_ahead(lab)
    reclaim = lab.reclaim

    lab.run_until(reclaim.fence_at - 1)
    assert lab.cloud.closed() == {"host01": False}
    lab.run_until(reclaim.fence_at)
    assert lab.cloud.closed() == {"host01": True}

    lab.run_until(reclaim.notice_at - 1)
    assert not lab.store.notices
    lab.run_until(reclaim.notice_at + 1)
    for victim in victims:
        assert victim.metadata[TERMINATION_KEY] == str(reclaim.evict_at)
        assert int(victim.metadata[SCHEDULED_KEY]) == reclaim.notice_at

    lab.run_until(reclaim.evict_at - 1)
    assert not any(victim.deletes for victim in victims)
    lab.run_until(reclaim.start_at)
    assert all(victim.gone_at for victim in victims)
    assert lab.reclaim.state is State.READY


def test_a_host_that_is_ready_is_looked_at_now_and_then_and_who_comes_to_it_is_seen() -> None:
    lab = Lab()
    lab.boot_and_run()
    booked_ahead(lab)
    lab.run_until_true(lambda: lab.reclaim.state is State.READY, within=3000)
    before = lab.cloud.calls["servers_on"]
    lab.run_for(2 * LOOK_AT_READY_EVERY)
    assert lab.cloud.calls["servers_on"] - before == 2
    lab.cloud.boot(PLAIN.name, host="host01")
    lab.run_for(LOOK_AT_READY_EVERY)
    assert lab.reclaim.state is not State.READY


def test_every_instance_gets_exactly_one_notice_of_the_promised_length_and_uptime() -> None:
    lab = Lab()
    victims = lab.boot_and_run(4)
    booked_ahead(lab)
    lab.run_until(lab.reclaim.start_at)
    for victim in victims:
        (notice,) = lab.notices_of(victim)
        assert notice.state is NoticeState.TERMINATED
        assert notice.given_at is not None
        assert victim.deletes[0] >= notice.deadline_at >= notice.given_at + POLICY.notice
        assert victim.launched_at is not None
        assert victim.deletes[0] - victim.launched_at >= POLICY.min_uptime
        assert len(victim.deletes) == 1


def test_instance_that_boots_just_before_the_fence_keeps_its_minimum_uptime_and_host_is_in_time() -> None:
    lab = Lab()
    booked_ahead(lab)
    lab.run_until(lab.reclaim.fence_at - 1)
    (late,) = lab.boot()
    lab.run_until(lab.reclaim.start_at)
    assert late.launched_at is not None
    assert late.deletes[0] - late.launched_at >= POLICY.min_uptime
    assert lab.reclaim.state is State.READY


def test_nothing_can_boot_behind_the_fence() -> None:
    lab = Lab()
    booked_ahead(lab)
    lab.run_until(lab.reclaim.fence_at)
    (refused,) = lab.boot()
    assert refused.status == "ERROR"
    assert refused.host is None


def test_two_ticks_without_a_change_write_nothing() -> None:
    lab = Lab()
    lab.boot_and_run(2)
    booked_ahead(lab)
    for instant in (lab.reclaim.fence_at, lab.reclaim.notice_at, lab.reclaim.evict_at + 30):
        lab.run_until(instant + 5)
        before = (lab.store.writes, len(lab.cloud.writes))
        lab.run_for(2)
        assert (lab.store.writes, len(lab.cloud.writes)) == before


def test_withdrawn_claim_withdraws_notices_and_opens_the_pool_within_one_tick() -> None:
    lab = Lab()
    victims = lab.boot_and_run(2)
    booked_ahead(lab)
    lab.run_until(lab.reclaim.notice_at + 60)
    lab.cancel("r1")
    lab.second()
    assert lab.claim.standing is Standing.WITHDRAWN
    assert lab.reclaim.state is State.CANCELLED
    assert lab.cloud.closed() == {"host01": False}
    for victim in victims:
        assert not victim.metadata.keys() & set(KEYS)
        (notice,) = lab.notices_of(victim)
        assert notice.state is NoticeState.WITHDRAWN
    lab.run_for(2 * HOUR)
    assert all(victim.status == "ACTIVE" for victim in victims)


def test_lease_moved_later_moves_the_deadline_later() -> None:
    lab = Lab()
    (victim,) = lab.boot_and_run(1)
    booked_ahead(lab)
    start = lab.reclaim.start_at
    lab.run_until(lab.reclaim.notice_at + 60)
    lab.move("r1", start + 600)
    lab.run_for(2)
    assert victim.metadata[TERMINATION_KEY] == str(lab.reclaim.evict_at)
    assert lab.reclaim.start_at == start + 600
    lab.run_until(start + 600)
    (notice,) = lab.notices_of(victim)
    assert victim.deletes[0] >= notice.deadline_at == lab.reclaim.evict_at
    assert lab.reclaim.state is State.READY


def test_lease_moved_earlier_after_the_notice_never_moves_the_deadline() -> None:
    lab = Lab()
    (victim,) = lab.boot_and_run(1)
    booked_ahead(lab)
    lab.run_until(lab.reclaim.notice_at + 60)
    deadline = lab.notices_of(victim)[0].deadline_at
    lab.move("r1", lab.reclaim.start_at - 300)
    lab.run_until(deadline + 60)
    assert lab.notices_of(victim)[0].deadline_at == deadline
    assert victim.deletes[0] >= deadline


def test_two_leases_on_one_host_give_one_notice() -> None:
    lab = Lab()
    (victim,) = lab.boot_and_run(1)
    now = lab.clock.now()
    lab.book("r1", now + 2 * HOUR)
    lab.book("r2", now + 3 * HOUR)
    lab.run_until(now + 2 * HOUR)
    assert len(lab.notices_of(victim)) == 1


@pytest.mark.parametrize(("gap", "opens"), [(POLICY.min_uptime // 2, False), (3 * HOUR, True)])
def test_the_pool_opens_between_two_leases_if_the_second_ones_fence_is_not_due_yet(gap: int, opens: bool) -> None:
    lab = Lab()
    start = lab.clock.now() + HOUR
    end = start + HOUR
    lab.book("r1", start)
    lab.book("r2", end + gap)
    lab.run_until(start)
    assert lab.cloud.closed() == {"host01": True}
    lab.run_until(end)
    lab.cancel("r1")  # as Blazar does with what is over
    lab.run_until(end + 2)
    assert lab.cloud.closed() == {"host01": not opens}
    lab.run_until(end + gap)
    assert lab.cloud.closed() == {"host01": True}


def test_metadata_that_the_tenant_erased_comes_back() -> None:
    lab = Lab()
    (victim,) = lab.boot_and_run(1)
    booked_ahead(lab)
    lab.run_until(lab.reclaim.notice_at + 10)
    told = dict(victim.metadata)
    for seconds in (1, OVERLAP_SECONDS + 1):  # in the second case Nova does not tell the server as changed any more
        lab.run_for(seconds)
        victim.metadata.clear()
        lab.run_for(1)
        assert victim.metadata == told


def test_erased_metadata_of_many_comes_back_one_after_another() -> None:
    lab = Lab()
    victims = lab.boot_and_run(8)
    booked_ahead(lab)
    lab.run_until(lab.reclaim.notice_at + OVERLAP_SECONDS + 5)
    for victim in victims:
        victim.metadata.clear()
    lab.run_for(len(victims))
    assert all(victim.metadata.keys() == set(KEYS) for victim in victims)


def test_keys_that_were_removed_are_not_asked_for_again() -> None:
    lab = Lab()
    lab.boot_and_run(8)
    booked_ahead(lab)
    lab.run_until(lab.reclaim.notice_at + 10)
    lab.cancel("r1")
    lab.run_for(1)
    asked = lab.cloud.calls["remove_metadata"], lab.cloud.calls["server"]
    lab.run_for(10)
    assert (lab.cloud.calls["remove_metadata"], lab.cloud.calls["server"]) == asked


def test_notice_that_cannot_be_written_runs_all_the_same() -> None:
    lab = Lab()
    (victim,) = lab.boot_and_run(1)
    booked_ahead(lab)
    lab.run_until(lab.reclaim.fence_at)
    victim.status = "RESCUED"
    lab.run_until(lab.reclaim.notice_at + 10)
    (notice,) = lab.notices_of(victim)
    assert notice.given_at is not None
    assert not victim.metadata


def test_notice_that_was_written_late_still_has_its_full_length() -> None:
    lab = Lab()
    (victim,) = lab.boot_and_run(1)
    booked_ahead(lab)
    lab.run_until(lab.reclaim.notice_at - 1)
    lab.cloud.fails("write_metadata", Unreachable("down"), times=None)
    lab.run_for(POLICY.notice_slack + 120)
    lab.cloud.heals("write_metadata")
    lab.run_for(2)
    (notice,) = lab.notices_of(victim)
    assert notice.given_at is not None
    assert notice.deadline_at == notice.given_at + POLICY.notice > lab.reclaim.evict_at
    assert victim.metadata[TERMINATION_KEY] == str(notice.deadline_at)
    lab.run_until(notice.deadline_at + 30)
    assert victim.deletes[0] >= notice.deadline_at
    assert lab.reclaim.state is State.READY


def test_stranger_on_the_host_is_never_deleted_and_makes_it_overdue() -> None:
    lab = Lab()
    lab.boot_and_run(1)
    stranger = lab.cloud.servers[lab.cloud.boot(PLAIN.name, host="host01")]
    booked_ahead(lab)
    lab.run_until(lab.reclaim.start_at + 300)
    assert lab.reclaim.state is State.OVERDUE
    assert not stranger.deletes
    lab.cloud.begin_delete(stranger, force=True)
    lab.run_for(10)
    assert lab.reclaim.state is State.READY


def test_unknown_is_never_clean() -> None:
    lab = Lab()
    booked_ahead(lab)
    lab.cloud.fails("servers_on", Unreachable("down"), times=None)
    lab.run_until(lab.reclaim.start_at)
    assert lab.reclaim.state is State.OVERDUE
    lab.cloud.heals("servers_on")
    lab.run_for(2)
    assert lab.reclaim.state is State.READY


def test_row_that_outlives_its_allocation_keeps_the_host_from_being_ready() -> None:
    lab = Lab()
    lab.cloud.row_outlives_allocation_by = 20
    lab.boot_and_run(1)
    booked_ahead(lab)
    lab.run_until(lab.reclaim.evict_at + lab.cloud.delete_takes + 10)
    assert not lab.cloud.consumers("host01")
    assert lab.reclaim.state is State.VERIFYING
    lab.run_for(15)
    assert lab.reclaim.state is State.READY


def test_minimum_uptime_counts_from_the_first_start_and_not_from_the_last_rebuild() -> None:
    lab = Lab()
    (victim,) = lab.boot_and_run(1)
    booked_ahead(lab)
    lab.run_until(lab.reclaim.notice_at - 5)
    victim.launched_at = lab.clock.now()
    lab.run_until(lab.reclaim.start_at)
    assert victim.gone_at is not None
    assert lab.reclaim.state is State.READY


def test_held_claim_that_is_never_committed_expires_and_opens_its_pool() -> None:
    lab = Lab()
    booked_ahead(lab)
    lab.leave_uncommitted("r1")
    lab.run_for(POLICY.hold_for + 1)
    assert lab.claim.standing is Standing.WITHDRAWN
    assert lab.reclaim.state is State.CANCELLED


def test_no_notice_is_given_for_a_claim_that_is_only_held() -> None:
    lab = Lab(policy=replace(POLICY, hold_for=4 * HOUR))
    lab.boot_and_run(1)
    booked_ahead(lab)
    lab.leave_uncommitted("r1")
    lab.run_until(lab.reclaim.start_at - 1)
    assert not lab.store.notices
    assert lab.cloud.closed() == {"host01": True}


def test_lease_that_starts_too_soon_is_refused_with_a_start_that_works() -> None:
    lab = Lab()
    lab.boot_and_run(4)
    now = lab.clock.now()
    with pytest.raises(Refused) as refusal:
        lab.book("r1", now)
    assert refusal.value.code == "spot_not_evictable"
    earliest = refusal.value.earliest_start
    assert earliest is not None
    assert earliest % 60 == 0
    assert not lab.store.claims
    lab.run_for(POLICY.answer_allowance)
    lab.book("r1", earliest)
    lab.run_until(earliest)
    assert lab.reclaim.state is State.READY


def test_young_instances_postpone_the_earliest_start_to_their_minimum_uptime() -> None:
    lab = Lab()
    (young,) = lab.boot()
    lab.run_for(10)
    with pytest.raises(Refused) as refusal:
        lab.book("r1", lab.clock.now() + HOUR // 2)
    assert young.launched_at is not None
    exact = young.launched_at + POLICY.min_uptime + POLICY.lead_for_hosts(1)
    assert refusal.value.earliest_start == POLICY.answer(exact)


def test_short_notice_booking_closes_the_pool_before_it_looks() -> None:
    lab = Lab()
    lab.boot_and_run(1)
    instants = POLICY.instants(lab.clock.now() + 1100, POLICY.lead_for_hosts(1))
    assert instants.fence_at < lab.clock.now() < instants.notice_at
    lab.book("r1", instants.start_at)
    assert lab.cloud.closed() == {"host01": True}
    lab.run_until(instants.start_at)
    assert lab.reclaim.state is State.READY


def test_short_notice_booking_finds_an_instance_that_nobody_has_seen_yet() -> None:
    lab = Lab()
    lab.run_for(1)
    lab.boot()
    with pytest.raises(Refused, match=r"earliest_start=.* code=spot_not_evictable"):
        lab.book("r1", lab.clock.now() + 1100)
    assert lab.claim.standing is Standing.WITHDRAWN
    lab.second()
    assert lab.cloud.closed() == {"host01": False}


def test_a_pool_that_a_booking_closes_while_the_engine_means_to_open_it_stays_closed() -> None:
    lab = Lab()
    instants = POLICY.instants(lab.clock.now() + 1100, POLICY.lead_for_hosts(1))
    lab.book("r1", instants.start_at)
    lab.second()
    keep_pool = lab.cloud.keep

    def open_too_late(host: str, fence: Fence, seen: Sight | None) -> bool:
        lab.book("r2", instants.start_at)
        return keep_pool(host, fence, seen)

    lab.cancel("r1")
    lab.cloud.keep = open_too_late  # type: ignore[method-assign]
    lab.second()
    assert lab.cloud.closed() == {"host01": True}


def test_free_host_can_be_had_now() -> None:
    lab = Lab(hosts=2)
    lab.boot_and_run(1, host="host01")
    (chosen,) = lab.book("r1", lab.clock.now())
    assert chosen.host == "host02"
    aggregate = lab.cloud.add_aggregate("r1", zone="blazar_r1")
    assert lab.whole.handover.hand_over("r1", aggregate.id, [chosen]) == []
    assert aggregate.hosts == ["host02"]


def test_booking_that_cannot_be_judged_is_refused() -> None:
    lab = Lab()
    lab.store.is_down = True
    with pytest.raises(Refused) as refusal:
        lab.book("r1", lab.clock.now() + HOUR)
    assert refusal.value.code == "cannot_judge"
    lab.store.is_down = False
    lab.cloud.fails("close", Unreachable("down"))
    with pytest.raises(Refused) as refusal:
        lab.book("r1", lab.clock.now() + 60)
    assert refusal.value.code == "cannot_judge"
    assert lab.claim.standing is Standing.WITHDRAWN


def test_hand_over_waits_for_nobody_and_moves_only_clean_hosts() -> None:
    lab = Lab(hosts=2)
    lab.boot_and_run(1, host="host01")
    chosen = lab.book("r1", lab.clock.now() + 2 * HOUR, hosts=2)
    aggregate = lab.cloud.add_aggregate("r1", zone="blazar_r1")
    late = lab.whole.handover.hand_over("r1", aggregate.id, chosen)
    assert [host.host for host in late] == ["host01"]
    assert aggregate.hosts == ["host02"]
    assert [host.host for host in lab.whole.handover.missing("r1", chosen)] == ["host01"]
    lab.run_until(max(reclaim.start_at for reclaim in lab.store.reclaims))
    assert lab.whole.handover.hand_over("r1", aggregate.id, lab.whole.handover.missing("r1", chosen)) == []
    assert aggregate.hosts == ["host02", "host01"]
    assert {reclaim.state for reclaim in lab.store.reclaims} == {State.HANDED_OVER}


def test_host_that_was_handed_over_without_a_record_is_served_whoever_is_on_it_now() -> None:
    lab = Lab()
    chosen = lab.book("r1", lab.clock.now())
    aggregate = lab.cloud.add_aggregate("r1", zone="blazar_r1")
    join = lab.cloud.join_aggregate

    def join_and_lose_the_database(aggregate_id: int, service_host: str) -> None:
        join(aggregate_id, service_host)
        lab.store.is_down = True

    lab.cloud.join_aggregate = join_and_lose_the_database  # type: ignore[method-assign]
    with pytest.raises(Unreachable):
        lab.whole.handover.hand_over("r1", aggregate.id, chosen)
    lab.store.is_down = False
    owners = lab.cloud.servers[lab.cloud.boot(PLAIN.name, host="host01")]
    lab.run_for(30)
    assert lab.whole.handover.hand_over("r1", aggregate.id, lab.whole.handover.missing("r1", chosen)) == []
    assert lab.reclaim.state is State.HANDED_OVER
    assert owners.status == "ACTIVE"


def test_host_that_cannot_join_goes_back_to_the_freepool() -> None:
    lab = Lab()
    chosen = lab.book("r1", lab.clock.now())
    late = lab.whole.handover.hand_over("r1", 4711, chosen)
    assert late == chosen
    assert lab.cloud.freepool.hosts == ["host01"]


def test_pool_stays_closed_until_the_lease_has_ended() -> None:
    lab = Lab()
    chosen = lab.book("r1", lab.clock.now() + 2 * HOUR)
    lab.run_until(lab.reclaim.start_at)
    aggregate = lab.cloud.add_aggregate("r1", zone="blazar_r1")
    lab.whole.handover.hand_over("r1", aggregate.id, chosen)
    lab.run_for(HOUR // 2)
    assert lab.cloud.closed() == {"host01": True}
    lab.cancel("r1")
    lab.second()
    assert lab.claim.standing is Standing.ENDED
    assert lab.cloud.closed() == {"host01": False}


def test_host_whose_pool_cannot_be_made_does_not_hold_up_the_others() -> None:
    lab = Lab(hosts=2)
    lab.cloud.add_host("host03", {"VCPU": 4})
    lab.cloud.fails("keep", NotFound("no provider"))
    lab.run_for(2)
    assert set(lab.cloud.pools()) == {"host01", "host02", "host03"}


def test_missing_freepool_does_not_hold_up_a_reclaim() -> None:
    lab = Lab()
    lab.boot_and_run(1)
    booked_ahead(lab)
    lab.cloud.fails("freepool_hosts", NotFound("no freepool"), times=None)
    lab.run_until(lab.reclaim.start_at)
    assert lab.reclaim.state is State.READY


def test_instance_that_cannot_be_deleted_does_not_hold_up_the_others() -> None:
    lab = Lab()
    victims = lab.boot_and_run(2)
    booked_ahead(lab)
    lab.cloud.fails("delete", NotNow("locked"))
    lab.run_until(lab.reclaim.start_at)
    assert all(victim.gone_at for victim in victims)


def test_instance_that_comes_back_after_it_was_gone_is_known_again_with_its_uptime() -> None:
    lab = Lab()
    (victim,) = lab.boot_and_run(1)
    del lab.cloud.alive[victim.id]
    lab.second()
    lab.cloud.alive[victim.id] = victim
    victim.launched_at = lab.clock.now()
    lab.run_for(2)
    (known,) = lab.store.instances
    assert known.gone_at is None
    assert known.running_since is not None
    assert known.running_since < lab.clock.now() - POLICY.min_uptime


def test_lease_that_moves_far_away_while_a_delete_fails_gives_no_notice_twice() -> None:
    lab = Lab()
    (victim,) = lab.boot_and_run(1)
    booked_ahead(lab)
    lab.run_until(lab.reclaim.evict_at - 1)
    lab.cloud.fails("delete", Unreachable("down"), times=None)
    lab.run_for(5)
    lab.move("r1", lab.reclaim.start_at + 120 * HOUR)
    lab.run_for(60)
    assert [notice.state for notice in lab.notices_of(victim)] == [NoticeState.WITHDRAWN]
    assert lab.reclaim.state is State.PLANNED
    assert lab.cloud.closed() == {"host01": False}


def test_instance_that_boots_too_slowly_does_not_block_a_booking_for_longer_than_its_allowance() -> None:
    lab = Lab()
    lab.cloud.build_takes = 600
    (slow,) = lab.boot()
    lab.run_for(650)
    with pytest.raises(Refused) as refusal:
        lab.book("r1", lab.clock.now() + 60)
    exact = slow.created_at + POLICY.boot_allowance + POLICY.min_uptime + POLICY.lead_for_hosts(1)
    assert refusal.value.earliest_start == POLICY.answer(exact)


def test_pool_is_closed_in_time_although_the_compute_service_is_down() -> None:
    lab = Lab()
    booked_ahead(lab)
    lab.run_until(lab.reclaim.fence_at - 1)
    lab.cloud.fails("spot_changes", Unreachable("a cell is down"), times=None)
    with pytest.raises(Unreachable):
        lab.second()
    assert lab.cloud.closed() == {"host01": True}


def test_lease_that_is_deleted_while_the_engine_looks_costs_nobody_anything() -> None:
    lab = Lab(cloud=ChangingCloud)
    (victim,) = lab.boot_and_run(1)
    booked_ahead(lab)
    lab.run_until(lab.reclaim.evict_at - 1)
    assert isinstance(lab.cloud, ChangingCloud)

    def delete_the_lease() -> None:
        lab.cancel("r1")
        lab.whole.publishing.publish([], frozenset())

    lab.cloud.meanwhile = delete_the_lease
    lab.run_for(3)
    assert not victim.deletes
    assert [notice.state for notice in lab.notices_of(victim)] == [NoticeState.WITHDRAWN]


class TestStatesOfSeveralReclaims:
    """They are written down together."""

    def fenced(self, monkeypatch: pytest.MonkeyPatch, contested: str) -> tuple[Lab, CountingStore]:
        """Three hosts at the instant of their fences, before the tick."""
        store = CountingStore()
        lab = Lab(hosts=3, store=lambda: store)
        lab.book("r1", lab.clock.now() + 3000, hosts=3)
        lab.second()
        lab.run_until(lab.store.reclaims[0].fence_at - 1)
        lab.clock.advance(1)
        store.commits = 0
        monkeypatch.setattr(ContestedWork, "host", contested)
        return lab, store

    def test_in_one_transaction(self, monkeypatch: pytest.MonkeyPatch) -> None:
        lab, store = self.fenced(monkeypatch, contested="")
        lab.whole.engine.tick()
        assert [one.state for one in store.reclaims] == [State.FENCED] * 3
        assert store.commits == 1

    @pytest.mark.parametrize("error", [StaleVersion("somebody else was faster"), Permanent("not this one")])
    def test_one_that_cannot_be_written_keeps_no_other(self, monkeypatch: pytest.MonkeyPatch, error: SpotError) -> None:
        lab, store = self.fenced(monkeypatch, contested="host02")
        monkeypatch.setattr(ContestedWork, "error", error)
        lab.whole.engine.tick()
        states = {one.host: one.state for one in store.reclaims}
        assert states == {"host01": State.FENCED, "host02": State.PLANNED, "host03": State.FENCED}
        monkeypatch.setattr(ContestedWork, "host", "")
        lab.second()
        assert {one.state for one in store.reclaims} == {State.FENCED}
