# SPDX-License-Identifier: Apache-2.0
"""What every store must do, whatever is underneath: the contract of ``ports.store`` as tests.

A store is held to it by a subclass that gives the ``store`` fixture: empty, and safe to use from several threads.
"""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from threading import Barrier
from typing import Any

import pytest

from blazar_spot.core.closures import Closure
from blazar_spot.core.errors import StaleVersion
from blazar_spot.core.events import Event, News
from blazar_spot.core.evictions import Eviction, Measure, Outcome
from blazar_spot.core.heartbeat import Heartbeat
from blazar_spot.core.incidents import Incident, Place, Progress, Wanted
from blazar_spot.core.outbox import Letter
from blazar_spot.core.promises import Claim, Instance, Notice, NoticeState, Purpose, Reclaim, Standing
from blazar_spot.core.reclaim import ENDED, State
from blazar_spot.core.record import Cause, breach, deed
from blazar_spot.core.switch import Switch
from blazar_spot.ports.store import Store, Work
from tests.contract.read_store import ReadStoreContract
from tests.contract.webhook_store import WebhookStoreContract

NOON = 1_800_000_000
PATIENCE_SECONDS = 60

CLAIM = Claim(
    id="claim-1",
    reservation_id="reservation-1",
    lease_id="lease-1",
    host="gpu-1",
    service_host="compute-1",
    start_at=NOON,
    end_at=NOON + 3600,
    standing=Standing.HELD,
    held_until=NOON - 3480,
)
RECLAIM = Reclaim(
    id="claim-1",
    host="gpu-1",
    state=State.PLANNED,
    fence_at=NOON - 2000,
    notice_at=NOON - 1000,
    evict_at=NOON - 60,
    start_at=NOON,
)
NOTICE = Notice(
    id="notice-1",
    instance_id="instance-1",
    project_id="project-1",
    host="gpu-1",
    decided_at=NOON - 1000,
    deadline_at=NOON - 60,
    given_at=None,
    state=NoticeState.SCHEDULED,
)
INSTANCE = Instance(
    id="instance-1",
    host="gpu-1",
    project_id="project-1",
    name="boost",
    flavor="boost-preemptible-c8m12-gpu-1080-1",
    created_at=NOON - 9000,
    running_since=None,
)

EVICTION = Eviction(
    id="instance-1",
    host="gpu-1",
    asked_at=NOON - 60,
    measure=Measure.DELETE,
    tried_at=NOON - 60,
    outcome=Outcome.SENT,
)
VALUES = [CLAIM, RECLAIM, NOTICE, INSTANCE, EVICTION]
BREACH = breach(Cause.LEAD_SHORT, NOON, "claim-1", "gpu-1", details="Größe 🚀")
DEED = deed("is fenced", NOON, "claim-1", "gpu-1")


def put(store: Store, *values: Claim | Reclaim | Notice | Instance | Eviction) -> list[Any]:
    """Store these values in one unit of work."""
    with store.begin() as work:
        return [putter_of(work, value)(value) for value in values]


def putter_of(work: Work, value: Claim | Reclaim | Notice | Instance | Eviction) -> Callable[[Any], Any]:
    """The method that stores this kind of value."""
    putters: dict[type, Callable[[Any], Any]] = {
        Claim: work.put_claim,
        Reclaim: work.put_reclaim,
        Notice: lambda notice: work.put_notices([notice])[0],
        Instance: lambda instance: work.put_instances([instance])[0],
        Eviction: work.put_eviction,
    }
    return putters[type(value)]


def put_incident(store: Store, name: str, **fields: Any) -> None:
    """A notice of this name, and an instance, a project and a flavor of its own."""
    instance = replace(INSTANCE, id=f"instance-{name}", project_id=f"project-{name}", flavor=f"flavor-{name}")
    put(store, instance, replace(NOTICE, id=name, instance_id=instance.id, project_id=instance.project_id, **fields))


def ids(values: Any) -> list[str]:
    return [value.id for value in values]


def at_once(*actions: Callable[[], Any]) -> list[Any]:
    """Run all actions in threads that start together: what each returned, or its error if it was told to be stale."""
    start = Barrier(len(actions))

    def run(action: Callable[[], Any]) -> Any:
        start.wait(PATIENCE_SECONDS)
        try:
            return action()
        except StaleVersion as error:
            return error

    with ThreadPoolExecutor(len(actions)) as threads:
        return [done.result(PATIENCE_SECONDS) for done in [threads.submit(run, action) for action in actions]]


def count_stale(results: list[Any]) -> int:
    return sum(isinstance(result, StaleVersion) for result in results)


EVENT = Event(
    id="notice-1-1",
    news=News.SCHEDULED,
    at=NOON,
    incident="notice-1",
    revision=1,
    instance_id="instance-1",
    instance_name="Größe 🚀",
    project_id="project-1",
    flavor="boost-preemptible",
    host="gpu-1",
    decided_at=NOON,
    deadline_at=NOON + 900,
)
LETTER = Letter(id="notice-1-1/bus", channel="bus", event=EVENT, written_at=NOON, due_at=NOON)
HEARTBEAT = Heartbeat(id="engine-1", host="ctl-1", pid=7, mode="enforce", started_at=NOON - 60, beat_at=NOON)


class StoreContract(WebhookStoreContract, ReadStoreContract):
    """The promises of a store."""

    def test_an_engines_sign_of_life_is_read_as_it_was_written_and_forgotten_when_it_is_old(self, store: Store) -> None:
        failing = replace(HEARTBEAT, id="engine-2", pid=8, worked_at=NOON - 9, failing_since=NOON - 5, beat_at=NOON + 1)
        failing = replace(failing, heard_at=NOON - 7)
        with store.begin() as work:
            first, second = work.put_heartbeat(HEARTBEAT), work.put_heartbeat(failing)
        with store.begin() as work:
            assert work.heartbeats() == [first, second] == [replace(one, version=1) for one in (HEARTBEAT, failing)]
            work.put_heartbeat(replace(second, beat_at=NOON + 2))
            work.drop_heartbeats(NOON + 1)
        with store.begin() as work:
            assert [(one.id, one.beat_at) for one in work.heartbeats()] == [("engine-2", NOON + 2)]

    def test_who_may_still_run_on_a_host_is_whoever_is_not_known_to_have_left_it(self, store: Store) -> None:
        alive = replace(INSTANCE, id="alive")
        ended = replace(INSTANCE, id="ended", gone_at=NOON)
        missed = replace(INSTANCE, id="missed", gone_at=NOON - 9000, missed_at=NOON - 8000)
        put(store, alive, ended, missed)
        put(store, replace(INSTANCE, id="long gone", gone_at=NOON - 1), replace(ended, id="left", left_at=NOON))
        put(store, replace(missed, id="missed and left", left_at=NOON), replace(alive, id="elsewhere", host="gpu-2"))
        with store.begin() as work:
            assert ids(work.instances_not_known_to_have_left(["gpu-1"], NOON)) == ["alive", "ended", "missed"]
            assert ids(work.instances_not_known_to_have_left(["gpu-2", "gpu-3"], NOON)) == ["elsewhere"]
            assert work.instances_not_known_to_have_left([], NOON) == []

    def test_a_claim_is_read_as_it_was_written(self, store: Store) -> None:
        put(store, CLAIM)
        with store.begin() as work:
            assert work.open_claims() == [replace(CLAIM, version=1)]

    def test_a_reclaim_is_read_as_it_was_written(self, store: Store) -> None:
        put(store, RECLAIM)
        with store.begin() as work:
            assert work.open_reclaims() == [replace(RECLAIM, version=1)]

    @pytest.mark.parametrize("at", [None, NOON - 995])
    def test_a_notice_is_read_as_it_was_written(self, store: Store, at: int | None) -> None:
        notice = replace(NOTICE, given_at=at, acknowledged_at=at, ready_at=at, revision=3, purpose=Purpose.REHEARSAL)
        put(store, notice)
        with store.begin() as work:
            assert work.open_notices() == [replace(notice, version=1)]

    def test_several_are_stored_together_new_ones_and_known_ones(self, store: Store) -> None:
        known = put(store, INSTANCE)
        moved = [replace(one, host="gpu-2") for one in known]
        with store.begin() as work:
            stored = work.put_instances([*moved, replace(INSTANCE, id="instance-2")])
        assert [(one.id, one.version) for one in stored] == [("instance-1", 2), ("instance-2", 1)]
        with store.begin() as work:
            assert work.instances() == stored
            assert work.present_instances() == {"instance-1", "instance-2"}

    def test_of_several_none_is_stored_if_one_is_stale(self, store: Store) -> None:
        first, second = put(store, NOTICE, replace(NOTICE, id="notice-2", instance_id="instance-2"))
        put(store, replace(second, given_at=NOON))
        later = [replace(one, deadline_at=NOON) for one in (first, second)]
        with pytest.raises(StaleVersion), store.begin() as work:
            work.put_notices(later)
        with store.begin() as work:
            assert [one.deadline_at for one in work.open_notices()] == [NOTICE.deadline_at] * 2

    def test_deeds_that_are_there_already_are_left_out_of_several(self, store: Store) -> None:
        other = deed("is ready", NOON + 9, "claim-1", "gpu-1")
        for entries in ([DEED], [DEED, other], []):
            with store.begin() as work:
                work.add_all(entries)
        with store.begin() as work:
            assert ids(work.deeds(0)) == [DEED.id, other.id]

    @pytest.mark.parametrize("running_since", [None, NOON - 8000])
    def test_an_instance_is_read_as_it_was_written(self, store: Store, running_since: int | None) -> None:
        instance = replace(INSTANCE, running_since=running_since, name="Größe 🚀 'quoted' ", tags=("Größe 🚀", "b"))
        put(store, instance)
        with store.begin() as work:
            assert work.instances() == [replace(instance, version=1)]

    @pytest.mark.parametrize("amounts", [None, {}, {"CUSTOM_GPU": 2, "MEMORY_MB": 2**40}])
    def test_amounts_are_read_as_they_were_written(self, store: Store, amounts: dict[str, int] | None) -> None:
        put(store, replace(CLAIM, room=amounts), replace(INSTANCE, size=amounts, min_uptime=0, notice=90))
        with store.begin() as work:
            assert [claim.room for claim in work.open_claims()] == [amounts]
            assert [instance.size for instance in work.instances()] == [amounts]

    @pytest.mark.parametrize(
        "value", [CLAIM, RECLAIM, NOTICE, INSTANCE, EVICTION], ids=lambda value: type(value).__name__
    )
    def test_each_write_is_counted_in_the_version(self, store: Store, value: Any) -> None:
        [first] = put(store, value)
        [second] = put(store, replace(first, host="gpu-2"))
        assert (first.version, second.version) == (1, 2)
        assert second == replace(value, host="gpu-2", version=2)

    @pytest.mark.parametrize(
        "value", [CLAIM, RECLAIM, NOTICE, INSTANCE, EVICTION], ids=lambda value: type(value).__name__
    )
    def test_a_write_on_old_knowledge_is_stale(self, store: Store, value: Any) -> None:
        [first] = put(store, value)
        put(store, first)
        with pytest.raises(StaleVersion):
            put(store, first)

    @pytest.mark.parametrize(
        "value", [CLAIM, RECLAIM, NOTICE, INSTANCE, EVICTION], ids=lambda value: type(value).__name__
    )
    def test_a_new_value_with_the_id_of_a_stored_one_is_stale(self, store: Store, value: Any) -> None:
        put(store, value)
        with pytest.raises(StaleVersion):
            put(store, value)

    def test_a_version_of_a_row_that_was_never_stored_is_stale(self, store: Store) -> None:
        with pytest.raises(StaleVersion):
            put(store, replace(CLAIM, version=1))

    def test_a_unit_of_work_sees_what_it_wrote(self, store: Store) -> None:
        with store.begin() as work:
            written = work.put_claim(CLAIM)
            assert work.open_claims() == [written]
            assert work.put_claim(written).version == 2

    def test_claims_are_stored_together_with_their_reclaims_or_not_at_all(self, store: Store) -> None:
        both = [(replace(CLAIM, id=one), replace(RECLAIM, id=one)) for one in ("one", "another")]
        with store.begin() as work:
            work.put_claims_with_reclaims(both)
        third = (replace(CLAIM, id="third"), replace(RECLAIM, id="third"))
        with pytest.raises(StaleVersion), store.begin() as work:
            work.put_claims_with_reclaims([third, both[0]])
        with store.begin() as work:
            stored = [(claim.id, reclaim and reclaim.id) for claim, reclaim in work.claims_with_reclaims()]
        assert stored == [("another", "another"), ("one", "one")]

    def test_nothing_is_stored_when_the_block_raises(self, store: Store) -> None:
        def crash_after_writing() -> None:
            with store.begin() as work:
                work.put_claim(CLAIM)
                work.put_reclaim(RECLAIM)
                raise ZeroDivisionError

        with pytest.raises(ZeroDivisionError):
            crash_after_writing()
        with store.begin() as work:
            assert (work.open_claims(), work.open_reclaims()) == ([], [])

    def test_nothing_is_stored_after_a_failed_write_even_if_its_error_was_swallowed(self, store: Store) -> None:
        def swallow() -> None:
            with store.begin() as work:
                work.put_reclaim(RECLAIM)
                with pytest.raises(StaleVersion):
                    work.put_claim(replace(CLAIM, version=7))

        with pytest.raises(StaleVersion):
            swallow()
        with store.begin() as work:
            assert work.open_reclaims() == []

    def test_open_claims_are_the_held_and_the_firm_ones_by_start_and_id(self, store: Store) -> None:
        put(
            store,
            replace(CLAIM, id="later", start_at=NOON + 60, standing=Standing.FIRM),
            replace(CLAIM, id="b"),
            replace(CLAIM, id="C"),
            replace(CLAIM, id="a-2"),
            replace(CLAIM, id="a1"),
            replace(CLAIM, id="ended", standing=Standing.ENDED),
            replace(CLAIM, id="withdrawn", standing=Standing.WITHDRAWN),
        )
        with store.begin() as work:
            assert ids(work.open_claims()) == ["C", "a-2", "a1", "b", "later"]

    def test_claims_of_a_reservation_are_its_open_ones_by_id(self, store: Store) -> None:
        put(
            store,
            replace(CLAIM, id="b"),
            replace(CLAIM, id="a", start_at=NOON + 60),
            replace(CLAIM, id="withdrawn", standing=Standing.WITHDRAWN),
            replace(CLAIM, id="other", reservation_id="reservation-2"),
        )
        with store.begin() as work:
            assert ids(work.claims_of("reservation-1")) == ["a", "b"]
            assert work.claims_of("unknown") == []

    def test_open_reclaims_are_those_that_have_not_ended_by_start_and_id(self, store: Store) -> None:
        put(store, *[replace(RECLAIM, id=state.value, state=state) for state in State])
        put(store, replace(RECLAIM, id="first", start_at=NOON - 60))
        with store.begin() as work:
            assert ids(work.open_reclaims()) == ["first", *sorted(state.value for state in set(State) - ENDED)]

    def test_reclaims_of_open_claims_include_ended_ones_and_no_others(self, store: Store) -> None:
        put(
            store,
            replace(CLAIM, id="a", standing=Standing.FIRM),
            replace(RECLAIM, id="a", state=State.HANDED_OVER, start_at=NOON + 60),
            replace(CLAIM, id="b"),
            replace(RECLAIM, id="b"),
            replace(CLAIM, id="gone", standing=Standing.ENDED),
            replace(RECLAIM, id="gone"),
            replace(CLAIM, id="without a reclaim"),
        )
        with store.begin() as work:
            assert ids(work.reclaims_of_open_claims()) == ["b", "a"]

    def test_open_claims_are_told_with_their_reclaims(self, store: Store) -> None:
        put(
            store,
            replace(CLAIM, id="later", start_at=NOON + 60),
            replace(CLAIM, id="planned"),
            replace(RECLAIM, id="planned", state=State.HANDED_OVER),
            replace(CLAIM, id="gone", standing=Standing.ENDED),
            replace(RECLAIM, id="gone"),
        )
        with store.begin() as work:
            claims = {claim.id: claim for claim in work.open_claims()}
            (reclaim,) = work.reclaims_of_open_claims()
            assert list(work.claims_with_reclaims()) == [(claims["planned"], reclaim), (claims["later"], None)]

    def test_instances_are_told_with_the_notices_that_run(self, store: Store) -> None:
        put(
            store,
            replace(INSTANCE, id="b", size={"VCPU": 4}),
            replace(NOTICE, instance_id="b"),
            replace(NOTICE, id="old", instance_id="b", state=NoticeState.WITHDRAWN),
            replace(INSTANCE, id="a"),
            replace(NOTICE, id="over", instance_id="a", state=NoticeState.TERMINATED),
            replace(INSTANCE, id="gone", gone_at=NOON),
            replace(INSTANCE, id="elsewhere", host="gpu-2"),
        )
        with store.begin() as work:
            a, b = work.instances(["gpu-1"])
            (notice,) = work.open_notices()
            assert list(work.instances_with_notices(["gpu-1", "gpu-3"])) == [(a, None), (b, notice)]
            assert list(work.instances_with_notices([])) == []

    def test_open_notices_are_the_scheduled_ones_by_deadline_and_id(self, store: Store) -> None:
        put(
            store,
            replace(NOTICE, id="later", instance_id="1", deadline_at=NOON),
            replace(NOTICE, id="b", instance_id="2"),
            replace(NOTICE, id="a", instance_id="3"),
            replace(NOTICE, id="withdrawn", instance_id="4", state=NoticeState.WITHDRAWN),
            replace(NOTICE, id="terminated", instance_id="5", state=NoticeState.TERMINATED),
        )
        with store.begin() as work:
            assert ids(work.open_notices()) == ["a", "b", "later"]

    def test_an_instance_has_one_scheduled_notice_at_a_time(self, store: Store) -> None:
        put(store, NOTICE)
        with pytest.raises(StaleVersion):
            put(store, replace(NOTICE, id="notice-2"))
        with store.begin() as work:
            assert ids(work.open_notices()) == ["notice-1"]

    def test_an_instance_may_be_told_again_after_its_notice_was_withdrawn(self, store: Store) -> None:
        [first] = put(store, NOTICE)
        [withdrawn] = put(store, replace(first, state=NoticeState.WITHDRAWN))
        put(store, replace(NOTICE, id="notice-2", state=NoticeState.WITHDRAWN))
        put(store, replace(NOTICE, id="notice-3"))
        with pytest.raises(StaleVersion):
            put(store, replace(withdrawn, state=NoticeState.SCHEDULED))
        with store.begin() as work:
            assert ids(work.open_notices()) == ["notice-3"]

    def test_instances_are_those_that_are_not_gone_of_these_hosts_by_id(self, store: Store) -> None:
        put(
            store,
            replace(INSTANCE, id="b"),
            replace(INSTANCE, id="a", host="gpu-2"),
            replace(INSTANCE, id="c", host="gpu-3"),
            replace(INSTANCE, id="gone", gone_at=NOON),
        )
        with store.begin() as work:
            assert ids(work.instances()) == ["a", "b", "c"]
            assert ids(work.instances(host for host in ("gpu-1", "gpu-2"))) == ["a", "b"]
            assert work.instances([]) == []
            assert work.instances(["GPU-1"]) == []

    def test_instances_are_found_by_id_also_when_they_are_gone(self, store: Store) -> None:
        with store.begin() as work:
            gone = replace(INSTANCE, id="instance-0", gone_at=NOON)
            present, gone, _ = work.put_instances([INSTANCE, gone, replace(INSTANCE, id="instance-2")])
        with store.begin() as work:
            assert list(work.instances_by_id(["instance-1", "instance-0", "never-seen"])) == [gone, present]
            assert list(work.instances_by_id([])) == []

    def test_instances_by_id_are_those_that_were_ever_seen_gone_ones_too(self, store: Store) -> None:
        put(store, replace(INSTANCE, id="b"), replace(INSTANCE, id="a", gone_at=NOON), replace(INSTANCE, id="c"))
        with store.begin() as work:
            assert ids(work.instances_by_id(iter(["b", "a", "unseen"]))) == ["a", "b"]
            assert work.instances_by_id([]) == []

    @pytest.mark.parametrize("planned_at", [None, NOON - 9000])
    def test_a_reclaim_tells_when_it_was_planned(self, store: Store, planned_at: int | None) -> None:
        put(store, replace(RECLAIM, planned_at=planned_at))
        with store.begin() as work:
            assert [reclaim.planned_at for reclaim in work.open_reclaims()] == [planned_at]

    def test_claims_that_a_host_serves_or_has_served_are_the_firm_and_the_ended_ones(self, store: Store) -> None:
        put(
            store,
            *[replace(CLAIM, id=standing.value, standing=standing) for standing in Standing],
            replace(CLAIM, id="earlier", start_at=NOON - 60, standing=Standing.ENDED),
            replace(CLAIM, id="elsewhere", host="gpu-2", standing=Standing.FIRM),
        )
        with store.begin() as work:
            assert ids(work.claims_served_by("gpu-1")) == ["earlier", "ended", "firm"]

    def test_evictions_are_open_until_the_instance_is_gone_and_known_afterwards(self, store: Store) -> None:
        gone = replace(EVICTION, id="gone", gone_at=NOON, outcome=Outcome.ACCEPTED, measure=Measure.RESET)
        put(store, EVICTION, gone, replace(gone, id="long ago", gone_at=NOON - 1))
        with store.begin() as work:
            assert work.open_evictions() == [replace(EVICTION, version=1)]
            assert work.evictions_ended(NOON) == [replace(gone, version=1)]
            assert ids(work.evictions_by_id(["long ago", "gone", "never"])) == ["gone", "long ago"]
            assert work.evictions_by_id([]) == []

    def test_what_is_recorded_is_recorded_once_and_read_as_it_was_written(self, store: Store) -> None:
        for is_new in (True, False):
            with store.begin() as work:
                assert work.add(BREACH) is is_new
                assert work.add(replace(DEED, at=DEED.at + (not is_new))) is is_new
        with store.begin() as work:
            assert work.breaches(NOON) == [replace(BREACH, version=1)]
            assert work.deeds(NOON) == [replace(DEED, version=1)]
            assert (work.breaches(NOON + 1), work.deeds(NOON + 1)) == ([], [])

    def test_a_closure_is_read_as_it_was_written_until_it_is_dropped(self, store: Store) -> None:
        closed = [Closure(id=host, closed_at=NOON, reason="Größe 🚀") for host in ("gpu-2", "gpu-1")]
        with store.begin() as work:
            second, first = [work.put_closure(one) for one in closed]
        with store.begin() as work:
            assert work.closures() == [first, second] == [replace(one, version=1) for one in reversed(closed)]
            work.drop_closure(first)
        with store.begin() as work:
            assert work.closures() == [second]

    def test_a_host_is_closed_once(self, store: Store) -> None:
        def close() -> None:
            with store.begin() as work:
                work.put_closure(Closure(id="gpu-1", closed_at=NOON))

        assert count_stale(at_once(close, close)) == 1

    def test_a_closure_that_has_changed_or_is_gone_cannot_be_dropped(self, store: Store) -> None:
        with store.begin() as work:
            first = work.put_closure(Closure(id="gpu-1", closed_at=NOON))
        with store.begin() as work:
            second = work.put_closure(replace(first, reason="another one"))
        with pytest.raises(StaleVersion), store.begin() as work:
            work.drop_closure(first)
        with store.begin() as work:
            assert work.closures() == [second]
            work.drop_closure(second)
        with pytest.raises(StaleVersion), store.begin() as work:
            work.drop_closure(second)

    def test_the_switch_is_on_until_somebody_touches_it(self, store: Store) -> None:
        with store.begin() as work:
            assert work.switch() == Switch()
            paused = work.put_switch(replace(work.switch(), paused_at=NOON, reason="a test"))
        with store.begin() as work:
            assert work.switch() == paused
            assert (paused.paused_at, paused.version) == (NOON, 1)

    def test_of_two_threads_that_turn_the_switch_for_the_first_time_exactly_one_is_stale(self, store: Store) -> None:
        def turn() -> None:
            with store.begin() as work:
                work.put_switch(Switch(reason="a test"))

        assert count_stale(at_once(turn, turn)) == 1

    def test_instances_of_very_many_hosts_can_be_asked_for(self, store: Store) -> None:
        put(store, INSTANCE)
        with store.begin() as work:
            assert ids(work.instances(f"gpu-{number}" for number in range(10_000))) == ["instance-1"]

    def test_of_two_threads_that_write_one_row_exactly_one_is_stale(self, store: Store) -> None:
        [stored] = put(store, CLAIM)
        results = at_once(*[lambda host=host: put(store, replace(stored, host=host)) for host in ("gpu-2", "gpu-3")])
        assert count_stale(results) == 1
        with store.begin() as work:
            assert [work.open_claims()] == [result for result in results if not isinstance(result, StaleVersion)]

    def test_of_two_threads_that_store_one_new_id_exactly_one_is_stale(self, store: Store) -> None:
        assert count_stale(at_once(lambda: put(store, CLAIM), lambda: put(store, CLAIM))) == 1

    def test_of_two_threads_that_schedule_a_notice_for_one_instance_exactly_one_wins(self, store: Store) -> None:
        notices = [replace(NOTICE, id="notice-1"), replace(NOTICE, id="notice-2")]
        results = at_once(*[lambda notice=notice: put(store, notice) for notice in notices])
        assert count_stale(results) == 1
        with store.begin() as work:
            assert len(work.open_notices()) == 1

    def test_no_update_is_lost_when_threads_read_decide_and_write_again(self, store: Store) -> None:
        put(store, CLAIM)

        def move_ten_times() -> None:
            moved = 0
            while moved < 10:
                try:
                    with store.begin() as work:
                        [claim] = work.open_claims()
                        work.put_claim(replace(claim, end_at=claim.end_at + 1))
                except StaleVersion:
                    continue
                moved += 1

        at_once(*[move_ten_times] * 4)
        with store.begin() as work:
            [claim] = work.open_claims()
            assert (claim.end_at, claim.version) == (CLAIM.end_at + 40, 41)

    def test_a_projects_number_is_raised_by_one_each_time_and_by_nobody_else(self, store: Store) -> None:
        for projects in (["a", "b"], ["b", "b"], [], iter(["b"])):
            with store.begin() as work:
                work.count_news(projects)
        with store.begin() as work:
            assert work.incarnations(["a", "b", "never"]) == {"a": 1, "b": 3, "never": 0}
            assert work.incarnations([]) == {}

    def test_news_that_were_not_stored_are_not_counted(self, store: Store) -> None:
        def crash_after_counting() -> None:
            with store.begin() as work:
                work.count_news(["a"])
                assert work.incarnations(["a"]) == {"a": 1}
                raise ZeroDivisionError

        with pytest.raises(ZeroDivisionError):
            crash_after_counting()
        with store.begin() as work:
            assert work.incarnations(["a"]) == {"a": 0}

    @pytest.mark.parametrize("is_first", [True, False])
    def test_of_many_who_count_at_the_same_time_each_one_counts(self, store: Store, is_first: bool) -> None:
        def count(*projects: str) -> None:
            with store.begin() as work:
                work.open_notices()
                work.count_news(projects)

        if not is_first:
            count("a", "b")
        results = at_once(*[partial(count, "a", "b"), partial(count, "b", "a")] * 4)
        assert results == [None] * 8
        with store.begin() as work:
            assert set(work.incarnations(["a", "b"]).values()) == {8 if is_first else 9}

    def test_an_incident_is_a_notice_with_its_instance(self, store: Store) -> None:
        put(store, NOTICE, replace(NOTICE, id="notice-2", instance_id="forgotten"))
        [instance] = put(store, replace(INSTANCE, gone_at=NOON))
        with store.begin() as work:
            expected = Incident(notice=replace(NOTICE, version=1), instance_name=instance.name, flavor=instance.flavor)
            assert work.incident("notice-1") == expected
            assert work.incidents(Wanted(), None, 9) == [expected]
            assert work.incident("notice-2") is work.incident("nothing") is None

    def test_incidents_come_in_the_order_of_decisions_from_a_place_on(self, store: Store) -> None:
        decided = {"d": NOON, "a": NOON + 1, "c": NOON + 1, "b": NOON + 2}
        for name, at in decided.items():
            put_incident(store, name, decided_at=at)
        with store.begin() as work:
            every = [one.place for one in work.incidents(Wanted(), None, 9)]
            assert [place.id for place in every] == ["d", "a", "c", "b"]
            for number, place in enumerate(every):
                assert [one.place for one in work.incidents(Wanted(), place, 9)] == every[number + 1 :]
            between = [one.id for one in work.incidents(Wanted(), Place(NOON + 1, "b"), 1)]
            assert between == ["c"]

    @pytest.mark.parametrize(
        ("wanted", "expected"),
        [
            (Wanted(), "ab"),
            (Wanted(progress=frozenset({Progress.SCHEDULED})), "a"),
            (Wanted(progress=frozenset({Progress.ACKNOWLEDGED})), "b"),
            (Wanted(progress=frozenset({Progress.WITHDRAWN})), "c"),
            (Wanted(progress=frozenset({Progress.SCHEDULED, Progress.TERMINATED})), "ad"),
            (Wanted(progress=frozenset({Progress.ACKNOWLEDGED, Progress.TERMINATED})), "bd"),
            (Wanted(progress=frozenset(Progress)), "abcd"),
            (Wanted(project_id="project-a"), "a"),
            (Wanted(project_id="PROJECT-A"), ""),
            (Wanted(instance_id="instance-b"), "b"),
            (Wanted(flavor="flavor-a"), "a"),
            (Wanted(project_id="project-a", flavor="flavor-b"), ""),
        ],
    )
    def test_incidents_are_those_that_are_wanted(self, store: Store, wanted: Wanted, expected: str) -> None:
        put_incident(store, "a")
        put_incident(store, "b", acknowledged_at=NOON)
        put_incident(store, "c", state=NoticeState.WITHDRAWN)
        put_incident(store, "d", state=NoticeState.TERMINATED, acknowledged_at=NOON)
        with store.begin() as work:
            assert "".join(one.id for one in work.incidents(wanted, None, 9)) == expected

    def test_letters_wait_in_the_order_of_their_writing_and_for_their_channel(self, store: Store) -> None:
        later = replace(LETTER, id="a", written_at=NOON + 1)
        with store.begin() as work:
            work.put_letters([later, LETTER, replace(LETTER, id="elsewhere", channel="hooks")])
        with store.begin() as work:
            assert work.letters("bus", 10) == [replace(LETTER, version=1), replace(later, version=1)]
            assert work.letters("bus", 1) == [replace(LETTER, version=1)]
            assert work.letters("nobody's", 10) == []

    def test_of_two_who_take_a_letter_one_is_told_that_it_is_taken(self, store: Store) -> None:
        with store.begin() as work:
            (waiting,) = work.put_letters([LETTER])

        def take() -> object:
            with store.begin() as work:
                return work.put_letters([replace(waiting, due_at=NOON + 30, tries=1)])

        assert count_stale(at_once(take, take)) == 1

    def test_letters_that_are_thrown_away_are_gone_and_may_be_thrown_away_twice(self, store: Store) -> None:
        other = replace(LETTER, id="other")
        with store.begin() as work:
            work.put_letters([LETTER, other])
        for _ in range(2):
            with store.begin() as work:
                work.drop_letters([LETTER.id])
        with store.begin() as work:
            assert ids(work.letters("bus", 10)) == ["other"]
            work.drop_letters([])
