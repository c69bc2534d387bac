# SPDX-License-Identifier: Apache-2.0
"""A host is clean when its instances were really destroyed, and not when their rows are gone."""

import logging
from dataclasses import replace

import pytest

from blazar_spot.core.errors import Forbidden, Unreachable
from blazar_spot.core.reclaim import State
from blazar_spot.core.record import Cause
from blazar_spot.testing.lab import SPOT, Lab
from blazar_spot.testing.things import FakeServer

REAPER = 300


def booked(count: int = 2, **options: int) -> tuple[Lab, list[FakeServer]]:
    """A lab with as many victims, just before the first delete."""
    lab = Lab(reaper_seconds=REAPER, **options)
    victims = lab.boot_and_run(count, "host01")
    lab.book("r1", lab.clock.now() + 7200)
    lab.run_until(lab.reclaim.evict_at - 1)
    return lab, victims


def handed_over(lab: Lab) -> bool:
    """Whether the gate lets the host through."""
    aggregate = lab.cloud.add_aggregate("r1", zone="blazar_r1")
    return not lab.whole.handover.hand_over("r1", aggregate.id, lab.candidates()[:1])


def test_each_victim_is_asked_about_once_when_its_row_is_gone() -> None:
    lab, victims = booked()
    lab.run_until(lab.reclaim.start_at)
    assert lab.reclaim.state is State.READY
    assert lab.cloud.calls["last_deletion"] == len(victims)
    assert handed_over(lab)
    assert lab.cloud.calls["last_deletion"] == len(victims)


def test_a_host_on_which_only_rows_were_deleted_is_late_until_its_compute_must_have_looked(
    caplog: pytest.LogCaptureFixture,
) -> None:
    lab, victims = booked()
    lab.cloud.deletes_rows_alone, lab.cloud.reaps_after = True, REAPER - 20
    with caplog.at_level(logging.ERROR):
        lab.run_until(lab.reclaim.start_at)
    assert lab.reclaim.state is State.OVERDUE
    assert [breach.cause for breach in lab.store.breaches] == [Cause.UNPROVEN]
    alarms = [record.getMessage() for record in caplog.records if "may still run on host01" in record.getMessage()]
    assert [alarm.split()[0] for alarm in alarms] == [victim.id for victim in victims]
    assert not handed_over(lab)
    missed_at = min(instance.missed_at or 0 for instance in lab.store.instances)
    lab.run_until(missed_at + REAPER - 1)
    assert lab.reclaim.state is State.OVERDUE
    lab.run_for(2)
    assert lab.reclaim.state is State.READY
    assert handed_over(lab)


def test_the_time_of_a_compute_begins_anew_when_its_host_was_not_seen() -> None:
    lab, _ = booked()
    lab.cloud.deletes_rows_alone = True
    lab.run_until(lab.reclaim.start_at)
    lab.cloud.fails("servers_on", Unreachable("down"), times=None)
    lab.run_for(2 * REAPER)
    lab.cloud.heals("servers_on")
    lab.run_for(REAPER - 1)
    assert lab.reclaim.state is State.OVERDUE
    lab.run_for(3)
    assert lab.reclaim.state is State.READY


def test_an_instance_whose_owner_deletes_it_while_its_compute_is_down_holds_its_host_up_too() -> None:
    lab, [victim, _] = booked()
    lab.run_until(lab.reclaim.evict_at - 20)
    lab.cloud.deletes_rows_alone = True
    lab.cloud.begin_delete(victim, force=False)
    lab.cloud.deletes_rows_alone = False
    lab.run_until(lab.reclaim.start_at)
    assert lab.reclaim.state is State.OVERDUE
    assert not handed_over(lab)


def test_a_gate_without_an_engine_looks_for_itself() -> None:
    for is_row_alone in (False, True):
        lab, victims = booked()
        lab.cloud.deletes_rows_alone = is_row_alone
        for victim in victims:
            lab.cloud.begin_delete(victim, force=True)
        lab.clock.advance(30)
        assert handed_over(lab) is not is_row_alone


def test_who_is_elsewhere_or_never_ran_need_not_have_been_destroyed() -> None:
    lab = Lab(hosts=2, reaper_seconds=REAPER)
    moved, shelved = lab.boot_and_run(2, "host01")
    (failed,) = lab.boot(1, "host01")
    lab.run_for(2)
    lab.book("r1", lab.clock.now() + 7200)
    failed.status, failed.host = "ERROR", None
    lab.cloud.hosts["host01"].rows.discard(failed.id)
    lab.cloud._release(failed)
    lab.cloud.shelve(shelved.id)
    lab.cloud.migrate(moved.id, "host02")
    lab.run_until(lab.reclaim.start_at)
    assert lab.reclaim.state is State.READY
    assert moved.host == "host02"


def test_what_a_compute_began_and_finished_after_a_restart_is_believed_after_a_while() -> None:
    lab, _ = booked(1)
    last_deletion = lab.cloud.last_deletion
    lab.cloud.last_deletion = lambda server: replace(last_deletion(server), is_done=False)  # type: ignore[method-assign,type-var]
    lab.run_until(lab.reclaim.evict_at + lab.cloud.delete_takes + 10)
    assert lab.reclaim.state is not State.READY
    lab.run_for(1)
    assert lab.reclaim.state is State.READY


def test_an_account_that_may_not_ask_waits_for_time_to_be_the_proof() -> None:
    lab, _ = booked()
    lab.cloud.fails("last_deletion", Forbidden("no events"), times=None)
    lab.run_until(lab.reclaim.start_at)
    assert lab.reclaim.state is State.OVERDUE
    lab.run_for(REAPER)
    assert lab.reclaim.state is State.READY


def test_nobody_is_asked_if_the_operator_says_so() -> None:
    lab = Lab(reaper_seconds=0)
    lab.boot_and_run(1)
    lab.book("r1", lab.clock.now() + 7200)
    lab.cloud.deletes_rows_alone = True
    lab.run_until(lab.reclaim.start_at)
    assert lab.reclaim.state is State.READY
    assert not lab.cloud.calls["last_deletion"]


def test_a_part_of_a_host_waits_for_the_room_of_whoever_may_still_run() -> None:
    lab = Lab(reaper_seconds=REAPER)
    lab.boot_and_run(7, "host01")
    lab.book_slots("r1", lab.clock.now() + 7200, 1, {"CUSTOM_GPU": 4, "VCPU": 4})
    lab.run_until(lab.reclaim.evict_at - 1)
    lab.cloud.deletes_rows_alone, lab.cloud.reaps_after = True, REAPER - 20
    lab.run_until(lab.reclaim.start_at)
    assert lab.reclaim.state is State.OVERDUE
    assert [breach.cause for breach in lab.store.breaches] == [Cause.UNPROVEN]
    aggregate = lab.cloud.add_aggregate("r1")
    hosts = [replace(one, slots=1) for one in lab.candidates()]
    assert lab.admit("r1", aggregate, hosts) == hosts
    lab.run_for(REAPER)
    assert lab.reclaim.state is State.READY
    assert lab.admit("r1", aggregate, hosts) == []


def test_a_part_of_a_host_with_room_beside_them_waits_for_nobody() -> None:
    lab = Lab(reaper_seconds=REAPER)
    [victim, *_] = lab.boot_and_run(2, "host01")
    lab.book_slots("r1", lab.clock.now() + 7200, 1, {"CUSTOM_GPU": 4, "VCPU": 4})
    lab.cloud.deletes_rows_alone = True
    lab.cloud.begin_delete(victim, force=False)
    lab.run_until(lab.reclaim.start_at)
    assert lab.reclaim.state is State.READY
    assert not lab.store.breaches


def test_a_size_that_was_never_written_down_may_be_all_of_the_host() -> None:
    lab = Lab(reaper_seconds=REAPER)
    (victim,) = lab.boot_and_run(1, "host01")
    lab.book_slots("r1", lab.clock.now() + 7200, 1, {"CUSTOM_GPU": 1})
    lab.cloud.deletes_rows_alone = True
    lab.run_until(lab.reclaim.evict_at - 1)
    lab.cloud.begin_delete(victim, force=False)
    lab.run_for(1)
    with lab.store.begin() as work:
        work.put_instances([replace(one, size=None) for one in work.instances_by_id([victim.id])])
    lab.run_until(lab.reclaim.start_at)
    assert lab.reclaim.state is State.OVERDUE
    assert SPOT.extra_specs["resources:CUSTOM_GPU"] == "1"
