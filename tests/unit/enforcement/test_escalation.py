# SPDX-License-Identifier: Apache-2.0
"""How instances are made to go: whose they are, one measure after another, not too many at a time."""

from collections.abc import Sequence
from dataclasses import replace

import pytest

from blazar_spot.core.errors import NotNow, Unreachable
from blazar_spot.core.evictions import Measure
from blazar_spot.core.fences import OPEN
from blazar_spot.core.flavors import Flavor
from blazar_spot.core.promises import Standing
from blazar_spot.core.reclaim import State
from blazar_spot.core.record import Cause
from blazar_spot.ports.compute import Server
from blazar_spot.testing.cloud import FakeCloud
from blazar_spot.testing.lab import LIST_SECONDS, PLAIN, POLICY, SPOT, Lab

HOUR = 3600


def booked_with_victims(count: int, lab: Lab) -> list:  # type: ignore[type-arg]
    victims = lab.boot_and_run(count)
    lab.book("r1", lab.clock.now() + 2 * HOUR)
    return victims


def sent(lab: Lab, server: str) -> list[tuple[int, str, object]]:
    """What was done to this server after its notice, with the seconds since the eviction's instant."""
    at = lab.reclaim.evict_at
    return [
        (write.at - at, write.operation, write.details)
        for write in lab.cloud.writes
        if write.target == server and write.operation in ("delete", "reset_state", "shut_down")
    ]


def causes(lab: Lab) -> list[Cause]:
    return [breach.cause for breach in lab.store.breaches]


def test_one_measure_follows_another_when_its_time_is_over_and_none_is_sent_twice() -> None:
    lab = Lab()
    (victim,) = booked_with_victims(1, lab)
    victim.hangs = True
    lab.run_until(lab.reclaim.evict_at + 15 + 30 + 10)
    assert sent(lab, victim.id) == [
        (0, "delete", False),
        (15, "delete", True),
        (45, "reset_state", None),
        (45, "delete", True),
    ]
    assert lab.reclaim.state is State.READY
    (eviction,) = lab.store.evictions
    assert (eviction.measure, eviction.gone_at) == (Measure.RESET, eviction.asked_at + 45 + 4)
    assert not lab.store.breaches


def test_what_withstands_everything_is_an_alarm_on_record_and_is_tried_again_and_again() -> None:
    lab = Lab()
    (victim,) = booked_with_victims(1, lab)
    victim.is_being_destroyed = False
    lab.cloud.begin_delete = lambda server, *, force: None  # type: ignore[method-assign]
    lab.run_until(lab.reclaim.evict_at + 200)
    assert [moment for moment, what, _ in sent(lab, victim.id) if what == "delete"] == [
        0,
        15,
        45,
        75,
        105,
        135,
        165,
        195,
    ]
    assert sorted(causes(lab)) == [Cause.LEAD_SHORT, Cause.STUCK]
    assert lab.reclaim.state is State.OVERDUE


def test_a_guest_is_shut_down_first_if_the_policy_gives_it_time() -> None:
    lab = Lab(policy=replace(POLICY, shutdown_allowance=30))
    (victim,) = booked_with_victims(1, lab)
    lab.run_until(lab.reclaim.start_at)
    assert sent(lab, victim.id) == [(0, "shut_down", None), (30, "delete", False)]
    assert lab.reclaim.state is State.READY


def test_a_refused_delete_is_tried_again_on_the_next_tick_and_escalates_in_time() -> None:
    lab = Lab()
    (victim,) = booked_with_victims(1, lab)
    lab.run_until(lab.reclaim.evict_at - 1)
    lab.cloud.fails("delete", NotNow("locked"), times=15)
    lab.run_until(lab.reclaim.start_at)
    assert sent(lab, victim.id)[0] == (15, "delete", True)
    assert lab.reclaim.state is State.READY


def test_a_soft_deleted_row_is_removed_by_force_and_without_a_notice() -> None:
    lab = Lab()
    (victim,) = booked_with_victims(1, lab)
    lab.cloud.soft_delete = True
    lab.cloud.begin_delete(victim, force=False)
    lab.run_until(lab.reclaim.start_at)
    assert sent(lab, victim.id) == [(0, "delete", True)]
    assert not lab.store.notices
    assert lab.reclaim.state is State.READY


def test_one_whose_delete_only_marks_it_goes_by_force_at_once() -> None:
    lab = Lab()
    (victim,) = booked_with_victims(1, lab)
    lab.cloud.soft_delete = True
    lab.run_until(lab.reclaim.evict_at + lab.cloud.delete_takes + 3)
    assert sent(lab, victim.id) == [(0, "delete", False), (1, "delete", True)]
    assert lab.reclaim.state is State.READY


def test_a_row_that_no_list_shows_any_more_is_not_given_up() -> None:
    lab = Lab()
    (victim,) = booked_with_victims(1, lab)
    lab.run_until(lab.reclaim.fence_at)
    hidden = lab.cloud.alive.pop(victim.id)
    lab.run_until(lab.reclaim.evict_at)
    assert sent(lab, victim.id) == [(0, "delete", False)]
    lab.cloud.alive[victim.id] = hidden
    lab.cloud.begin_delete(hidden, force=True)
    lab.run_until(lab.reclaim.start_at)
    assert lab.reclaim.state is State.READY


def test_a_living_server_that_a_list_left_out_keeps_its_promise() -> None:
    lab = Lab()
    (victim,) = booked_with_victims(1, lab)
    whole_list = lab.cloud.spot_servers
    lab.cloud.spot_servers = lambda: []  # type: ignore[method-assign]
    lab.run_until(lab.reclaim.notice_at + 30)
    lab.cloud.spot_servers = whole_list  # type: ignore[method-assign]
    lab.run_until(lab.reclaim.start_at + HOUR // 2)
    assert victim.deletes[0] >= max(notice.deadline_at for notice in lab.notices_of(victim))


def test_a_server_that_failed_before_it_ever_ran_blocks_nobody() -> None:
    lab = Lab()
    (failed,) = lab.boot()
    lab.run_for(2)
    failed.status = "ERROR"
    failed.is_being_destroyed = False
    lab.cloud._timeline.clear()
    lab.run_for(1)
    start = lab.clock.now() + 1100
    lab.book("r1", start)
    lab.run_until(start)
    assert not lab.store.notices
    assert lab.reclaim.state is State.READY


def test_a_spot_server_that_moved_away_is_confirmed_and_lives_on() -> None:
    lab = Lab(hosts=2)
    (victim,) = lab.boot_and_run(1, host="host01")
    lab.cloud.boot(SPOT.name, host="host02")
    lab.run_for(POLICY.boot_allowance + POLICY.min_uptime)
    (chosen,) = lab.book("r1", lab.clock.now() + 2 * HOUR)
    other = next(host for host in lab.hosts if host != chosen.host)
    mover = next(server for server in lab.cloud.servers.values() if server.host == chosen.host)
    lab.cloud.migrate(mover.id, other)
    lab.run_until(lab.reclaim.start_at)
    assert lab.reclaim.state is State.READY
    assert (mover.status, mover.host, mover.deletes) == ("ACTIVE", other, [])
    assert victim.gone_at is None


def test_what_an_evacuated_server_left_behind_is_named_once_and_the_server_is_left_alone() -> None:
    lab = Lab(hosts=2)
    lab.boot_and_run(1, host="host02")
    (victim,) = lab.boot_and_run(1, host="host01")
    (chosen,) = lab.book("r1", lab.clock.now() + 2 * HOUR)
    assert chosen.host == "host01"
    lab.cloud.evacuate(victim.id, "host02")
    lab.run_until(lab.reclaim.start_at + 60)
    assert lab.reclaim.state is State.OVERDUE
    assert not victim.deletes
    named = [deed for deed in lab.store.deeds if deed.what == "stranger"]
    assert [(deed.subject, "moved" in deed.details) for deed in named] == [(victim.id, True)]
    assert causes(lab) == [Cause.STRANGER]


def test_a_stranger_makes_its_own_host_late_and_no_other() -> None:
    lab = Lab(hosts=2)
    stranger = lab.cloud.boot(PLAIN.name, host="host01")
    lab.run_for(10)
    lab.book("r1", lab.clock.now() + 2 * HOUR, hosts=2)
    start = lab.store.reclaims[0].start_at
    lab.run_until(start)
    assert {reclaim.host: reclaim.state for reclaim in lab.store.reclaims} == {
        "host01": State.OVERDUE,
        "host02": State.READY,
    }
    (named,) = [deed for deed in lab.store.deeds if deed.what == "stranger"]
    assert named.subject == stranger
    assert named.details.startswith("neither spot nor of a reservation")


def test_a_server_of_the_reservation_before_is_expected_until_that_one_ends() -> None:
    lab = Lab()
    now = lab.clock.now()
    chosen = lab.book("r1", now)
    aggregate = lab.cloud.add_aggregate("r1", zone="blazar_r1")
    lab.second()
    assert lab.whole.handover.hand_over("r1", aggregate.id, lab.whole.handover.missing("r1", chosen)) == []
    mine = lab.cloud.servers[lab.cloud.boot(PLAIN.name, host="host01")]
    lab.book("r2", now + HOUR)
    lab.run_until(now + HOUR - 30)
    assert [deed for deed in lab.store.deeds if deed.what == "stranger"] == []
    lab.cancel("r1")
    lab.second()
    assert lab.store.claims[0].standing in (Standing.ENDED, Standing.FIRM)
    (named,) = [deed for deed in lab.store.deeds if deed.what == "stranger"]
    assert named.details.startswith("a server of a reservation that has ended")
    assert not mine.deletes


@pytest.mark.parametrize(("in_all", "per_host"), [(3, 20), (20, 3)])
def test_no_more_deletes_are_under_way_than_the_policy_allows(in_all: int, per_host: int) -> None:
    lab = Lab(policy=replace(POLICY, parallel_deletes=in_all, parallel_deletes_per_host=per_host))
    victims = booked_with_victims(8, lab)
    lab.run_until(lab.reclaim.evict_at)
    while lab.reclaim.state is not State.READY:
        under_way = [victim for victim in victims if victim.deletes and victim.gone_at is None]
        assert len(under_way) <= 3
        lab.second()
    assert all(len(victim.deletes) == 1 for victim in victims)


def test_deletes_that_hang_do_not_hold_up_the_others() -> None:
    lab = Lab(policy=replace(POLICY, parallel_deletes=2))
    victims = booked_with_victims(4, lab)
    for victim in sorted(victims, key=lambda one: one.id)[:2]:
        victim.hangs = True
    lab.run_until(lab.reclaim.evict_at + 15 + 4)
    assert sum(victim.gone_at is not None for victim in victims) == 2


def test_it_is_on_record_how_long_each_delete_took() -> None:
    lab = Lab()
    booked_with_victims(3, lab)
    lab.cloud.delete_takes = 7
    lab.run_until(lab.reclaim.start_at)
    with lab.store.begin() as work:
        took = [one.gone_at - one.asked_at for one in work.evictions_ended(lab.reclaim.evict_at) if one.gone_at]
    assert took == [8, 8, 8]


def test_a_lead_that_was_too_short_is_on_record() -> None:
    lab = Lab()
    booked_with_victims(1, lab)
    lab.cloud.delete_takes = 70
    lab.run_until(lab.reclaim.start_at + 30)
    assert causes(lab) == [Cause.LEAD_SHORT]
    assert lab.reclaim.state is State.READY


def test_a_fence_that_nobody_was_alive_to_close_is_on_record() -> None:
    lab = Lab()
    booked_with_victims(1, lab)
    lab.run_for(1)
    lab.clock.advance(lab.reclaim.fence_at - lab.clock.now() + POLICY.notice_slack + 1)
    lab.second()
    assert causes(lab) == [Cause.FENCE_LATE]


def test_a_booking_after_its_own_fence_breaks_no_promise() -> None:
    lab = Lab()
    lab.boot_and_run(1)
    lab.book("r1", lab.clock.now() + 1100)
    lab.run_until(lab.reclaim.start_at)
    assert causes(lab) == []


def test_an_instance_that_boots_behind_the_fence_is_on_record_and_keeps_its_promise() -> None:
    lab = Lab()
    booked_with_victims(1, lab)
    lab.run_until(lab.reclaim.evict_at - 10)
    lab.cloud.keep("host01", OPEN, lab.cloud.pools()["host01"])
    (late,) = lab.boot()
    lab.run_until(lab.reclaim.start_at + POLICY.min_uptime + POLICY.boot_allowance)
    assert [(breach.cause, breach.subject) for breach in lab.store.breaches] == [
        (Cause.UNFENCED_BOOT, late.id),
        (Cause.UNFENCED_BOOT, ""),
    ]
    assert late.launched_at is not None
    assert late.deletes[0] - late.launched_at >= POLICY.min_uptime


@pytest.mark.parametrize("flavor", [SPOT, PLAIN])
def test_one_that_has_left_the_host_is_not_deleted_though_it_is_listed_there_still(flavor: Flavor) -> None:
    class DeafCloud(FakeCloud):
        """Tells of no change."""

        def spot_changes(self, since: int) -> Sequence[Server]:
            return []

    lab = Lab(hosts=1, cloud=DeafCloud)
    [leaver, victim] = booked_with_victims(2, lab)
    lab.cloud.add_host("elsewhere", lab.cloud.hosts["host01"].own.totals, free=False)
    lab.run_until(lab.reclaim.evict_at - LIST_SECONDS // 2)
    lab.cloud.resize(leaver.id, flavor.name, "elsewhere")
    lab.cloud.confirm(leaver.id)
    lab.cloud.fails("spot_servers", Unreachable("slow"), times=None)
    lab.run_until(lab.reclaim.start_at)
    assert victim.deletes
    assert not leaver.deletes
    assert lab.reclaim.state is State.READY


def test_an_instance_that_boots_slowly_is_evicted_in_time_and_on_record() -> None:
    lab = Lab()
    lab.book("r1", lab.clock.now() + 2 * HOUR)
    lab.cloud.build_takes = POLICY.boot_allowance + 300
    lab.run_until(lab.reclaim.fence_at - 1)
    (slow,) = lab.boot()
    lab.run_until(lab.reclaim.start_at)
    assert slow.launched_at is not None
    assert lab.reclaim.state is State.READY
    assert [(breach.cause, breach.subject) for breach in lab.store.breaches] == [(Cause.SLOW_BOOT, slow.id)]


def test_the_servers_of_a_reservation_that_has_the_whole_host_are_not_asked_for_one_by_one() -> None:
    lab = Lab(hosts=2)
    start_at = lab.clock.now() + 2 * HOUR
    lab.book("r1", start_at, hosts=2)
    lab.run_until(start_at)
    lab.whole.handover.hand_over("r1", lab.cloud.add_aggregate("r1").id, lab.candidates())
    for host in lab.hosts * 2:
        lab.cloud.boot(PLAIN.name, host=host)
    lab.book("r2", start_at + HOUR, hosts=2)
    lab.run_until(start_at + HOUR - 10)
    assert lab.cloud.calls["server"] == 0
    assert not [deed for deed in lab.store.deeds if deed.what == "stranger"]
    lab.run_until(start_at + HOUR + 1)
    assert len([deed for deed in lab.store.deeds if deed.what == "stranger"]) == 4


def test_what_cannot_be_seen_is_the_cause_on_record() -> None:
    lab = Lab()
    booked_with_victims(1, lab)
    lab.cloud.fails("consumers", Unreachable("down"), times=None)
    lab.run_until(lab.reclaim.start_at)
    assert causes(lab) == [Cause.NOT_SEEN]


def test_the_life_of_a_reclaim_can_be_read_afterwards() -> None:
    lab = Lab()
    (victim,) = booked_with_victims(1, lab)
    lab.run_until(lab.reclaim.start_at)
    assert isinstance(lab.cloud, FakeCloud)
    story = [(deed.what, deed.subject) for deed in lab.store.deeds]
    assert sorted(story) == sorted(
        [
            ("is fenced", ""),
            ("notice", victim.id),
            ("is notified", ""),
            ("is evicting", ""),
            ("delete", victim.id),
            ("is verifying", ""),
            ("is ready", ""),
            ("notice ended", victim.id),
        ]
    )
