# SPDX-License-Identifier: Apache-2.0
"""What every store must answer to people who look: the contract of ``ports.reads`` as tests."""

from dataclasses import replace
from typing import Any

import pytest

from blazar_spot.core.outlooks import Sought, mark_of
from blazar_spot.core.overviews import Asked, By, Counts, Told
from blazar_spot.core.pages import Mark
from blazar_spot.core.promises import Claim, Instance, Notice, NoticeState, Reclaim, Standing
from blazar_spot.core.reclaim import State
from blazar_spot.core.record import Breach, Cause, Deed, breach, deed
from blazar_spot.core.reservable import ReservableHost
from blazar_spot.ports.store import Store

NOON = 1_800_000_000

Value = Claim | Reclaim | Notice | Instance | Breach | Deed


def instance(name: str, **fields: Any) -> Instance:
    usual = {"host": "gpu-1", "project_id": "ours", "name": "Größe 🚀", "flavor": "spot", "created_at": NOON}
    return Instance(**{**usual, "id": name, "running_since": NOON, **fields})


def notice(name: str, of: str, **fields: Any) -> Notice:
    usual = {"project_id": "ours", "host": "gpu-1", "decided_at": NOON, "deadline_at": NOON + 9, "given_at": None}
    return Notice(**{**usual, "id": name, "instance_id": of, "state": NoticeState.SCHEDULED, **fields})


def claim(name: str, **fields: Any) -> Claim:
    usual = {
        "reservation_id": "r1",
        "lease_id": "lease-1",
        "host": "gpu-1",
        "service_host": "compute-1",
        "start_at": NOON,
        "end_at": NOON + 3600,
        "standing": Standing.FIRM,
        "held_until": NOON,
        "project_id": "ours",
        "lease_name": "Größe 🚀",
    }
    return Claim(**{**usual, "id": name, **fields})


def reclaim(name: str, **fields: Any) -> Reclaim:
    usual = {"host": "gpu-1", "state": State.PLANNED, "fence_at": NOON - 9, "notice_at": NOON - 6, "start_at": NOON}
    return Reclaim(**{**usual, "id": name, "evict_at": NOON - 3, **fields})


def keep(store: Store, *values: Value) -> None:
    """Store these values."""
    with store.begin() as work:
        for value in values:
            match value:
                case Claim():
                    work.put_claim(value)
                case Reclaim():
                    work.put_reclaim(value)
                case Notice():
                    work.put_notices([value])
                case Instance():
                    work.put_instances([value])
                case _:
                    assert work.add(value)


def names(found: Any) -> str:
    """The ids, of pairs those of the first ones."""
    return "".join((one[0] if isinstance(one, tuple) else one).id for one in found)


class ReadStoreContract:
    """The promises to those who look."""

    @pytest.mark.parametrize(
        ("sought", "expected"),
        [
            (Sought(), "dba"),
            (Sought(project_id="ours"), "ba"),
            (Sought(project_id="OURS"), ""),
            (Sought(flavor="large"), "b"),
            (Sought(host="gpu-2"), "d"),
            (Sought(has_ended=True), "cfe"),
            (Sought(has_ended=True, project_id="theirs"), "e"),
        ],
        ids=str,
    )
    def test_instances_are_those_that_are_sought_and_are_read_page_by_page(
        self, store: Store, sought: Sought, expected: str
    ) -> None:
        keep(
            store,
            instance("a"),
            instance("b", flavor="large"),
            instance("c", gone_at=NOON + 2),
            instance("d", host="gpu-2", project_id="theirs"),
            instance("e", gone_at=NOON + 1, project_id="theirs"),
            instance("f", gone_at=NOON + 1),
        )
        with store.begin() as work:
            every = [one for one, _ in work.instance_page(sought, None, 9)]
            assert names(every) == expected
            assert names(work.instance_page(sought, None, 2)) == expected[:2]
            for number, one in enumerate(every):
                assert names(work.instance_page(sought, mark_of(one), 9)) == expected[number + 1 :]

    def test_an_instance_comes_with_the_notice_that_runs_and_with_no_other(self, store: Store) -> None:
        keep(store, instance("a"), instance("b"), notice("old", "a", state=NoticeState.WITHDRAWN), notice("new", "a"))
        keep(store, notice("over", "b", state=NoticeState.TERMINATED, decided_at=NOON - 1))
        with store.begin() as work:
            found = {one.id: running and running.id for one, running in work.instance_page(Sought(), None, 9)}
            assert found == {"a": "new", "b": None}
            assert [one.id for one in work.notices_of(["a", "b"])] == ["over", "new", "old"]
            assert work.notices_of([]) == []

    def test_a_host_is_freed_from_when_the_first_of_its_open_reclaims_deletes(self, store: Store) -> None:
        keep(store, reclaim("a", evict_at=NOON + 2), reclaim("b", evict_at=NOON + 1))
        keep(store, reclaim("c", evict_at=NOON, state=State.HANDED_OVER), reclaim("d", host="gpu-2"))
        with store.begin() as work:
            assert work.evictions_begin(["gpu-1", "gpu-3"]) == {"gpu-1": NOON + 1}
            assert work.evictions_begin([]) == {}

    def test_what_is_on_record_is_found_by_what_it_is_about(self, store: Store) -> None:
        keep(store, breach(Cause.STUCK, NOON + 1, "one", "gpu-1", "a"), breach(Cause.STUCK, NOON, "two", "gpu-1", "a"))
        keep(store, deed("x", NOON + 1, "one", "gpu-1", "a"), deed("y", NOON, "one", "gpu-1"))
        keep(store, deed("z", NOON, "", "gpu-1", "a"), deed("early", NOON - 1, "", "gpu-1", "a"))
        with store.begin() as work:
            assert [one.reclaim_id for one in work.breaches_about(["a", "b"])] == ["two", "one"]
            assert [one.at for one in work.breaches_of("one")] == [NOON + 1]
            assert [one.what for one in work.deeds_of("one")] == ["y", "x"]
            assert [one.what for one in work.deeds_about(["a"], NOON)] == ["z"]

    @pytest.mark.parametrize(
        ("asked", "expected"),
        [
            (Asked(), "cab"),
            (Asked(states=(State.HANDED_OVER, State.FENCED)), "bd"),
            (Asked(project_id="theirs"), "c"),
            (Asked(lease_id="lease-2"), "b"),
            (Asked(host="gpu-2", states=tuple(State)), "c"),
            (Asked(host="gpu-2", project_id="ours"), ""),
        ],
        ids=str,
    )
    def test_reclaims_are_those_that_are_asked_for_by_start_and_read_page_by_page(
        self, store: Store, asked: Asked, expected: str
    ) -> None:
        keep(
            store,
            *(claim("a"), reclaim("a", start_at=NOON + 1)),
            *(claim("b", lease_id="lease-2"), reclaim("b", start_at=NOON + 1, state=State.FENCED)),
            *(claim("c", host="gpu-2", project_id="theirs"), reclaim("c", host="gpu-2")),
            *(claim("d"), reclaim("d", start_at=NOON + 2, state=State.HANDED_OVER)),
            *(claim("unplanned"), reclaim("forgotten")),
        )
        with store.begin() as work:
            every = work.reclaim_page(asked, None, 9)
            assert names(every) == expected
            assert all(one.id == its.id for one, its in every)
            assert names(work.reclaim_page(asked, None, 1)) == expected[:1]
            for number, (_, its) in enumerate(every):
                assert names(work.reclaim_page(asked, Mark(its.start_at, its.id), 9)) == expected[number + 1 :]

    def test_a_reclaim_is_found_with_its_claim(self, store: Store) -> None:
        keep(store, claim("a"), reclaim("a"), claim("unplanned"), reclaim("forgotten"))
        with store.begin() as work:
            found = work.claim_and_reclaim("a")
            assert found is not None
            assert (found[0].lease_name, found[1].id) == ("Größe 🚀", "a")
            assert work.claim_and_reclaim("unplanned") is work.claim_and_reclaim("forgotten") is None

    def test_leases_are_listed_once_each_if_they_hold_something(self, store: Store) -> None:
        keep(store, claim("a"), claim("b"), claim("c", lease_id="lease-3", standing=Standing.HELD, project_id=""))
        keep(store, claim("d", lease_id="lease-2", standing=Standing.ENDED), claim("drain", lease_id=""))
        with store.begin() as work:
            assert work.lease_page(None, "", 9) == ["lease-1", "lease-3"]
            assert work.lease_page(None, "", 1) == ["lease-1"]
            assert work.lease_page(None, "lease-1", 9) == ["lease-3"]
            assert work.lease_page("ours", "", 9) == ["lease-1"]

    def test_the_claims_of_leases_come_lease_by_lease_each_with_its_reclaim(self, store: Store) -> None:
        keep(store, claim("d", lease_id="lease-2"), claim("a", start_at=NOON + 1), claim("b"), reclaim("b"))
        keep(store, claim("c", standing=Standing.ENDED, start_at=NOON + 2), claim("e", standing=Standing.WITHDRAWN))
        keep(store, claim("f", lease_id="lease-3"))
        with store.begin() as work:
            found = work.claims_of_leases(["lease-2", "lease-1"])
            assert [(one.id, its and its.id) for one, its in found] == [
                ("b", "b"),
                ("a", None),
                ("c", None),
                ("d", None),
            ]

    def test_the_claims_of_hosts_are_the_open_ones(self, store: Store) -> None:
        keep(store, claim("a", start_at=NOON + 1), claim("b"), reclaim("b"), claim("c", host="gpu-2"))
        keep(store, claim("d", standing=Standing.ENDED))
        with store.begin() as work:
            assert [(one.id, its and its.id) for one, its in work.claims_on(["gpu-1"])] == [("b", "b"), ("a", None)]

    def test_what_reclaims_come_to_is_counted(self, store: Store) -> None:
        keep(store, claim("one"), claim("two", lease_id="lease-2"), claim("three", host="gpu-2"))
        keep(store, instance("here"), instance("gone", gone_at=NOON), instance("moved", host="gpu-2"))
        keep(store, instance("left", host="gpu-9"))
        for what, subject in (("notice", "here"), ("delete", "here"), ("notice", "gone"), ("notice", "moved")):
            keep(store, deed(what, NOON, "one", "gpu-1", subject))
        keep(
            store, deed("stranger", NOON, "one", "gpu-1", "here", once="named"), deed("is fenced", NOON, "one", "gpu-1")
        )
        keep(store, deed("notice", NOON, "two", "gpu-1", "forgotten"), deed("notice", NOON, "three", "gpu-2", "moved"))
        keep(store, breach(Cause.STUCK, NOON, "one", "gpu-1", "a"), breach(Cause.STUCK, NOON, "one", "gpu-1", "b"))
        keep(store, breach(Cause.STUCK, NOON, "other", "gpu-1"))
        one = Counts({"one": Told(3, 1)}, {"one": 2}, {"gpu-1": 1})
        lease = Counts({"one": Told(3, 1), "three": Told(1, 1)}, {"one": 2}, {"gpu-1": 1, "gpu-2": 1})
        with store.begin() as work:
            assert work.counts(By.ID, ["one"]) == one
            assert work.counts(By.LEASE, ["lease-1"]) == lease
            assert work.counts(By.LEASE, ["lease-2"]) == Counts({}, {}, {"gpu-1": 1})
            assert work.counts(By.ID, []) == Counts()
            assert work.instance_counts(["gpu-1", "gpu-2", "gpu-3"]) == {"gpu-1": 1, "gpu-2": 1}

    def test_broken_promises_are_read_page_by_page_the_last_one_first(self, store: Store) -> None:
        for subject, at in (("a", NOON), ("b", NOON + 1), ("c", NOON + 1)):
            keep(store, breach(Cause.STUCK, at, "one", "gpu-1", subject))
        with store.begin() as work:
            every = work.breach_page(None, 9)
            assert [one.subject for one in every] == ["c", "b", "a"]
            assert list(work.breach_page(None, 2)) == list(every[:2])
            for number, one in enumerate(every):
                assert list(work.breach_page(Mark(one.at, one.id), 9)) == list(every[number + 1 :])

    def test_the_hosts_that_can_be_reserved_are_kept_with_what_is_said_of_them(self, store: Store) -> None:
        said = {"vcpus": 8, "status": None, "reservable": True, "gpu model": "Größe 🚀"}
        one = ReservableHost(id="1", host="gpu-1", service_host="compute-1", cleaning=60, properties=said)
        with store.begin() as work:
            (stored,) = work.put_reservable_hosts([one])
            work.put_reservable_hosts([replace(one, id="0")])
        with store.begin() as work:
            assert [host.id for host in work.reservable_hosts()] == ["0", "1"]
            assert work.reservable_hosts()[1] == stored == replace(one, version=1)
            work.put_reservable_hosts([replace(stored, cleaning=0)])
        for _ in range(2):
            with store.begin() as work:
                work.drop_reservable_hosts(["0"])
        with store.begin() as work:
            assert [(host.id, host.cleaning) for host in work.reservable_hosts()] == [("1", 0)]
            work.drop_reservable_hosts([])
