# SPDX-License-Identifier: Apache-2.0
"""What every database must count: the contract of ``ports.figures`` as tests, over what a store has written."""

from dataclasses import replace

import pytest

from blazar_spot.core.deliveries import DeliveryState
from blazar_spot.core.figures import WINDOW, Figures, Waiting
from blazar_spot.core.outbox import Letter
from blazar_spot.core.promises import NoticeState
from blazar_spot.core.reclaim import State
from blazar_spot.core.record import Cause, breach, deed
from blazar_spot.core.switch import turned
from blazar_spot.db.engine import Database
from blazar_spot.db.figures import SqlStatistics
from blazar_spot.db.store import SqlStore
from tests.contract.store import EVICTION, HEARTBEAT, INSTANCE, LETTER, NOON, NOTICE, RECLAIM, put
from tests.contract.webhook_store import keep, sent

NOW = NOON
LONG_AGO = NOW - WINDOW - 1


def counted(database: Database) -> Figures:
    return SqlStatistics(database).figures(NOW)


class FiguresContract:
    """The promises of the figures."""

    @pytest.fixture
    def store(self, database: Database) -> SqlStore:
        return SqlStore(database)

    def test_of_an_empty_database_everything_is_nothing(self, database: Database) -> None:
        empty = {"working": 0, "failing": 0, "silent": 0}
        assert counted(database) == replace(
            Figures(at=NOW), engines=empty, start_delays=[], notice_leads=[], deletions=[]
        )

    def test_reclaims_are_counted_by_state_until_they_have_ended(self, database: Database, store: SqlStore) -> None:
        states = (State.FENCED, State.FENCED, State.OVERDUE, State.HANDED_OVER, State.CANCELLED)
        put(store, *(replace(RECLAIM, id=f"r{number}", state=state) for number, state in enumerate(states)))
        assert counted(database).reclaims == {"fenced": 2, "overdue": 1}

    def test_broken_promises_of_the_last_hour_are_counted_by_cause(self, database: Database, store: SqlStore) -> None:
        with store.begin() as work:
            work.add(breach(Cause.STUCK, NOW - 5, "r1", "gpu-1"))
            work.add(breach(Cause.STUCK, NOW - 5, "r2", "gpu-1"))
            work.add(breach(Cause.STRANGER, LONG_AGO, "r1", "gpu-1"))
        assert counted(database).breaches == {"stuck": 2}

    def test_a_hand_over_is_as_late_as_it_came_after_the_start(self, database: Database, store: SqlStore) -> None:
        put(store, *(replace(RECLAIM, id=one, start_at=NOW - 100) for one in ("in time", "late", "long ago")))
        with store.begin() as work:
            work.add(deed("is handed_over", NOW - 130, "in time", "gpu-1"))
            work.add(deed("is handed_over", NOW - 60, "late", "gpu-1"))
            work.add(deed("is handed_over", LONG_AGO, "long ago", "gpu-1"))
            work.add(deed("is ready", NOW - 60, "late", "gpu-1"))
        assert sorted(counted(database).start_delays) == [0, 40]

    def test_a_notice_leads_from_when_it_could_be_read(self, database: Database, store: SqlStore) -> None:
        given = replace(NOTICE, given_at=NOW - 10, deadline_at=NOW + 890)
        withdrawn = {"state": NoticeState.WITHDRAWN, "instance_id": "i2"}
        put(
            store,
            given,
            replace(given, id="n2", **withdrawn),
            replace(given, id="n3", instance_id="i3", given_at=None),
            replace(given, id="n4", instance_id="i4", given_at=LONG_AGO),
        )
        assert counted(database).notice_leads == [900]

    def test_deletions_take_until_the_instance_is_seen_gone(self, database: Database, store: SqlStore) -> None:
        put(
            store,
            replace(EVICTION, id="e1", asked_at=NOW - 20, gone_at=NOW - 8),
            replace(EVICTION, id="e2", asked_at=NOW - 20),
            replace(EVICTION, id="e3", asked_at=LONG_AGO - 9, gone_at=LONG_AGO),
        )
        assert counted(database).deletions == [12]

    def test_letters_wait_since_the_first_of_their_channel(self, database: Database, store: SqlStore) -> None:
        letters = [("l1", "a", 30), ("l2", "a", 20), ("l3", "b", 10)]
        with store.begin() as work:
            work.put_letters([_letter(one, channel, NOW - age) for one, channel, age in letters])
        assert counted(database).letters == {"a": Waiting(2, NOW - 30), "b": Waiting(1, NOW - 10)}

    def test_deliveries_are_counted_by_outcome_and_those_that_wait(self, database: Database, store: SqlStore) -> None:
        keep(
            store,
            sent(1, state=DeliveryState.DELIVERED, done_at=NOW - 5),
            sent(2, state=DeliveryState.ABANDONED, done_at=NOW - 5),
            sent(3, state=DeliveryState.DELIVERED, done_at=LONG_AGO),
            sent(4, written_at=NOW - 50),
            sent(5, written_at=NOW - 40),
        )
        found = counted(database)
        assert found.deliveries == {"delivered": 1, "abandoned": 1}
        assert found.deliveries_waiting == Waiting(2, NOW - 50)

    def test_instances_count_while_they_are_there_and_hosts_once(self, database: Database, store: SqlStore) -> None:
        put(
            store,
            *(replace(INSTANCE, id=f"i{number}", host=host) for number, host in enumerate(["a", "a", "b"])),
            replace(INSTANCE, id="gone", host="c", gone_at=NOW),
        )
        found = counted(database)
        assert (found.instances, found.hosts_with_instances) == (3, 2)

    def test_what_instances_hold_is_added_up_while_they_are_there(self, database: Database, store: SqlStore) -> None:
        sizes = [{"VCPU": 8, "CUSTOM_GPU": 1}, {"VCPU": 8, "CUSTOM_GPU": 1}, {"VCPU": 2}, None]
        put(
            store,
            *(replace(INSTANCE, id=f"i{number}", size=size) for number, size in enumerate(sizes)),
            replace(INSTANCE, id="gone", size=sizes[0], gone_at=NOW),
        )
        assert counted(database).held == {"VCPU": 18, "CUSTOM_GPU": 2}

    def test_engines_work_fail_or_are_silent_and_evictions_may_be_paused(
        self, database: Database, store: SqlStore
    ) -> None:
        with store.begin() as work:
            for one, beat_at, failing_since in (("a", NOW, None), ("b", NOW, NOW - 9), ("c", NOW - 9999, None)):
                work.put_heartbeat(replace(HEARTBEAT, id=one, beat_at=beat_at, failing_since=failing_since))
            work.put_switch(turned(work.switch(), NOW, is_paused=True, reason="why not"))
        found = counted(database)
        assert found.engines == {"working": 1, "failing": 1, "silent": 1}
        assert found.is_paused


def _letter(name: str, channel: str, written_at: int) -> Letter:
    return replace(LETTER, id=name, channel=channel, written_at=written_at)
