# SPDX-License-Identifier: Apache-2.0
"""How far the engine goes: its mode, the operator's switch, and its pace while nothing works."""

from collections.abc import Sequence
from dataclasses import replace

import pytest

from blazar_spot.core.errors import Unreachable
from blazar_spot.core.reclaim import State
from blazar_spot.core.record import Cause
from blazar_spot.core.switch import Mode, Switch
from blazar_spot.enforcement.loop import Health, Pace, run
from blazar_spot.enforcement.pulse import Pulse
from blazar_spot.ports.compute import Server
from blazar_spot.testing.lab import POLICY, Lab

HOUR = 3600


def turn(lab: Lab, *, paused: bool) -> None:
    with lab.store.begin() as work:
        paused_at = lab.clock.now() if paused else None
        work.put_switch(replace(work.switch(), paused_at=paused_at, reason="a test"))


def test_an_engine_that_observes_keeps_plans_and_writes_nothing_to_the_cloud() -> None:
    lab = Lab(mode=Mode.OBSERVE)
    lab.boot_and_run(2)
    lab.book("r1", lab.clock.now() + 2 * HOUR)
    lab.run_until(lab.reclaim.start_at)
    assert lab.cloud.writes == []
    assert lab.reclaim.state is State.PLANNED
    assert len(lab.store.instances) == 2


def test_an_engine_that_protects_fences_and_tells_and_evicts_nobody() -> None:
    lab = Lab(mode=Mode.PROTECT)
    (victim,) = lab.boot_and_run(1)
    lab.book("r1", lab.clock.now() + 2 * HOUR)
    lab.run_until(lab.reclaim.start_at + 60)
    assert lab.cloud.closed() == {"host01": True}
    assert victim.metadata
    assert not victim.deletes
    assert lab.reclaim.state is State.OVERDUE


def test_a_pause_stops_evictions_at_once_and_says_once_what_will_be_late() -> None:
    lab = Lab()
    (victim,) = lab.boot_and_run(1)
    lab.book("r1", lab.clock.now() + 2 * HOUR)
    lab.run_until(lab.reclaim.evict_at - 1)
    turn(lab, paused=True)
    lab.run_until(lab.reclaim.start_at + 60)
    assert not victim.deletes
    assert [deed.what for deed in lab.store.deeds].count("withheld") == 1
    assert [breach.cause for breach in lab.store.breaches] == [Cause.WITHHELD]
    turn(lab, paused=False)
    lab.run_for(10)
    assert victim.gone_at is not None
    assert lab.reclaim.state is State.READY


def test_a_switch_that_nobody_touched_is_on() -> None:
    assert Switch().paused_at is None


def test_while_instances_are_deleted_the_engine_looks_more_often() -> None:
    pace = Pace(tick_seconds=5, deleting_seconds=2, backoff_seconds=40)
    assert (pace.after(False, 0), pace.after(True, 0)) == (5, 2)


@pytest.mark.parametrize(("failures", "wait"), [(1, 5), (2, 10), (3, 20), (4, 40), (5, 40), (1000, 40)])
def test_while_nothing_works_the_engine_waits_longer_and_longer_up_to_a_bound(failures: int, wait: int) -> None:
    assert Pace(tick_seconds=5, deleting_seconds=2, backoff_seconds=40).after(None, failures) == wait


def test_the_time_that_a_tick_took_is_part_of_the_time_between_ticks() -> None:
    lab = Lab()
    waits: list[float] = []
    whole_look = lab.cloud.spot_changes

    def slow_look(since: int) -> Sequence[Server]:
        lab.clock.advance(3)
        return whole_look(since)

    def pause(seconds: float) -> bool:
        waits.append(seconds)
        return len(waits) == 2

    lab.cloud.spot_changes = slow_look  # type: ignore[method-assign]
    run(lab.whole.engine, lab.clock, pause, Pace(5, 2, 40), ready=lambda: None)
    assert waits == [2, 2]


def test_between_two_looks_each_second_the_room_of_ended_deletes_is_used() -> None:
    lab = Lab(policy=replace(POLICY, parallel_deletes=2))
    victims = lab.boot_and_run(6)
    lab.book("r1", lab.clock.now() + 3000)
    lab.run_until(lab.reclaim.evict_at - 1)
    lab.cloud.row_outlives_allocation_by = 0
    start = lab.clock.now()

    def pause(seconds: float) -> bool:
        lab.clock.advance(int(seconds))
        return lab.clock.now() >= start + 12

    run(lab.whole.engine, lab.clock, pause, Pace(1, 10, 40), ready=lambda: None)
    assert sorted(victim.deletes[0] - lab.reclaim.evict_at for victim in victims) == [0, 0, 3, 3, 6, 6]


def test_each_engine_writes_down_that_it_lives_and_since_when_nothing_works() -> None:
    lab = Lab()
    pulse = Pulse(lab.store, lab.clock, Mode.ENFORCE, "ctl-1", 7)
    seen: list[tuple[int | None, int | None]] = []

    def pause(seconds: float) -> bool:
        lab.clock.advance(int(seconds))
        with lab.store.begin() as work:
            [heartbeat] = work.heartbeats()
        seen.append((heartbeat.worked_at, heartbeat.failing_since))
        lab.cloud.fails("spot_changes", Unreachable("down"), times=None)
        return len(seen) == 3

    start = lab.clock.now()
    run(lab.whole.engine, lab.clock, pause, Pace(5, 2, 40), lambda: None, pulse.beat)
    assert seen == [(start, None), (start, start + 5), (start, start + 5)]


def test_a_sign_of_life_that_somebody_removed_is_given_again_and_a_dead_database_stops_nobody() -> None:
    lab = Lab()
    pulse = Pulse(lab.store, lab.clock, Mode.ENFORCE, "ctl-1", 7)
    pulse.beat(None)
    with lab.store.begin() as work:
        work.drop_heartbeats(lab.clock.now() + 1)
    lab.store.is_down = True
    pulse.beat(None)
    lab.store.is_down = False
    for _ in range(2):
        pulse.beat(None)
    with lab.store.begin() as work:
        assert [one.pid for one in work.heartbeats()] == [7]


def test_an_engine_writes_down_when_it_last_heard_of_an_instance_and_is_woken_by_it() -> None:
    lab = Lab()
    pulse = Pulse(lab.store, lab.clock, Mode.ENFORCE, "ctl-1", 7)
    woken: list[int] = []
    hear = pulse.hearing(lambda: woken.append(lab.clock.now()))
    at = lab.clock.now()
    for told in (None, at + 3):
        pulse.beat(None)
        lab.clock.advance(3)
        pulse.beat(None)
        with lab.store.begin() as work:
            assert [one.heard_at for one in work.heartbeats()] == [told]
        hear()
    assert len(woken) == 2


def test_health_says_since_when_nothing_works_and_forgets_it_when_something_does() -> None:
    health = Health()
    for now in (100, 110):
        health.note(went_through=False, now=now)
    assert (health.failing_since, health.failures) == (100, 2)
    health.note(went_through=True, now=120)
    assert (health.failing_since, health.failures) == (None, 0)


def test_an_engine_goes_on_after_the_cloud_came_back(caplog: pytest.LogCaptureFixture) -> None:
    lab = Lab()
    waits: list[float] = []

    def pause(seconds: float) -> bool:
        waits.append(seconds)
        if len(waits) == 3:
            lab.cloud.heals("spot_changes")
        lab.clock.advance(int(seconds))
        return len(waits) == 5

    lab.cloud.fails("spot_changes", Unreachable("down"), times=None)
    told: list[bool] = []
    run(lab.whole.engine, lab.clock, pause, Pace(5, 2, 40), ready=lambda: told.append(True))
    assert waits == [5, 10, 20, 5, 5]
    assert told == [True]
    assert "It works again, after 35 s without" in caplog.text
