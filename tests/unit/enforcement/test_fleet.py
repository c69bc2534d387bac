# SPDX-License-Identifier: Apache-2.0
"""What is known of all spot servers: from changes, from a list read a page a tick, and from nothing after a restart."""

from collections.abc import Iterable, Sequence
from dataclasses import replace

import pytest

from blazar_spot.core.errors import Unreachable
from blazar_spot.core.notice import TERMINATION_KEY
from blazar_spot.enforcement import fleet as module
from blazar_spot.enforcement.fleet import OVERLAP_SECONDS, Fleet
from blazar_spot.enforcement.ledger import Ledger
from blazar_spot.ports.compute import Server
from blazar_spot.testing.cloud import FakeCloud
from blazar_spot.testing.lab import PLAIN, SPOT, Lab

HOUR = 3600


class DeafCloud(FakeCloud):
    """Tells of no change."""

    def spot_changes(self, since: int) -> Sequence[Server]:
        super().spot_changes(since)
        return []


class NewlyTelling(FakeCloud):
    """Each list is made of new values, as one that was read from an answer is."""

    def spot_servers(self) -> Sequence[Server]:
        return [replace(server) for server in super().spot_servers()]


class Watched(Lab):
    """A cloud whose fleet is looked at; lists are an hour apart."""

    def __init__(self, cloud: type[FakeCloud] = FakeCloud) -> None:
        super().__init__(hosts=2, cloud=cloud)
        self.fleet = Fleet(self.cloud, Ledger(self.store), list_seconds=HOUR)

    def refresh(self) -> set[str]:
        self.clock.advance(5)
        self.fleet.refresh(self.clock.now())
        return set(self.fleet.ids)

    def kept(self) -> set[str]:
        """Those that the ledger takes for present."""
        with self.store.begin() as work:
            return set(work.present_instances())


def ids(servers: Iterable[object]) -> set[str]:
    return {str(server.id) for server in servers}  # type: ignore[attr-defined]


def test_the_first_look_is_the_whole_list_and_later_ones_are_what_has_changed() -> None:
    lab = Watched()
    old = lab.boot(3)
    assert lab.refresh() == ids(old)
    lists = lab.cloud.calls["spot_servers"]
    new = lab.boot(1)
    lab.cloud.delete(old[0].id, force=True)
    lab.refresh()
    assert lab.refresh() == ids([*old[1:], *new])
    assert lab.cloud.calls["spot_servers"] == lists
    assert lab.kept() == ids([*old[1:], *new])


def test_a_server_that_is_told_again_as_it_was_stays_the_same_value() -> None:
    lab = Watched(NewlyTelling)
    same, other = lab.boot_and_run(2)
    lab.refresh()
    before = [lab.fleet.get(one.id) for one in (same, other)]
    lab.cloud.write_metadata(other.id, {TERMINATION_KEY: "1"})
    lab.clock.advance(HOUR)
    lab.refresh()
    after = [lab.fleet.get(one.id) for one in (same, other)]
    assert after[0] is before[0]
    assert after[1] != before[1]
    assert ids(lab.fleet.marked()) == {other.id}


def test_servers_are_found_by_host_by_notice_and_when_they_are_still_being_built() -> None:
    lab = Watched()
    lab.cloud.placed_after = 20
    [built] = lab.boot(1, "host01")
    lab.refresh()
    assert lab.fleet.on("host01", building=[]) == []
    assert ids(lab.fleet.on("host01", building=[built.id])) == {built.id}
    lab.clock.advance(20)
    lab.refresh()
    assert ids(lab.fleet.on("host01", building=[])) == {built.id}
    assert lab.fleet.on("host02", building=[built.id]) == []
    lab.cloud.write_metadata(built.id, {TERMINATION_KEY: "1"})
    lab.refresh()
    assert ids(lab.fleet.marked()) == {built.id}
    lab.cloud.remove_metadata(built.id, [TERMINATION_KEY])
    lab.refresh()
    assert lab.fleet.marked() == []


def test_changes_are_asked_for_from_before_the_last_time_so_that_none_falls_in_between() -> None:
    asked: list[int] = []

    class AskedCloud(FakeCloud):
        def spot_changes(self, since: int) -> Sequence[Server]:
            asked.append(since)
            return super().spot_changes(since)

    lab = Watched(AskedCloud)
    lab.refresh()
    before = lab.clock.now()
    asked.clear()
    lab.refresh()
    assert asked == [before - OVERLAP_SECONDS]


def test_what_could_not_be_written_down_is_told_again() -> None:
    lab = Watched()
    lab.refresh()
    [server] = lab.boot(1)
    lab.clock.advance(1)
    lab.store.is_down = True
    for _ in range(OVERLAP_SECONDS):
        with pytest.raises(Unreachable):
            lab.refresh()
    lab.store.is_down = False
    assert lab.refresh() == lab.kept() == {server.id}


def test_the_list_finds_what_no_change_told_a_page_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "PAGE", 2)
    lab = Watched(DeafCloud)
    old = lab.boot(3)
    lab.refresh()
    new = lab.boot(3)
    lab.cloud.delete(old[0].id, force=True)
    assert lab.refresh() == ids(old)
    lab.clock.advance(HOUR)
    sizes = [len(lab.refresh() - ids(old)) for _ in range(3)]
    assert sizes == [0, 2, 3]
    assert set(lab.fleet.ids) == lab.kept() == ids([*old[1:], *new])


def test_one_that_the_list_leaves_out_is_asked_for_before_it_is_taken_for_gone() -> None:
    lab = Watched(DeafCloud)
    [server] = lab.boot(1)
    lab.refresh()
    lab.cloud.spot_servers = lambda: []  # type: ignore[method-assign]
    lab.clock.advance(HOUR)
    assert lab.refresh() == lab.kept() == {server.id}
    lab.cloud.delete(server.id, force=True)
    lab.clock.advance(HOUR)
    assert lab.refresh() == lab.kept() == set()


@pytest.mark.parametrize("cloud", [FakeCloud, DeafCloud])
def test_one_that_has_another_flavor_now_is_gone_from_them(cloud: type[FakeCloud]) -> None:
    lab = Watched(cloud)
    [resized, server] = lab.boot_and_run(2, "host01")
    lab.refresh()
    lab.cloud.resize(resized.id, PLAIN.name, "host02")
    lab.clock.advance(HOUR)
    lab.refresh()
    assert lab.refresh() == lab.kept() == {server.id}


def test_servers_that_never_were_spot_are_not_taken_in() -> None:
    lab = Watched()
    lab.refresh()
    lab.cloud.boot(PLAIN.name, host="host01")
    assert lab.refresh() == lab.kept() == set()


def test_a_list_that_breaks_off_says_nothing_about_who_is_gone_and_is_begun_again() -> None:
    lab = Watched(DeafCloud)
    [server] = lab.boot(1)
    lab.refresh()
    lab.cloud.fails("spot_servers", Unreachable("a cell is down"), times=None)
    lab.clock.advance(HOUR)
    assert lab.refresh() == lab.kept() == {server.id}
    new = lab.boot(1)
    lab.cloud.heals("spot_servers")
    assert lab.refresh() == ids([server, *new])


def test_a_new_process_ends_those_that_went_while_nobody_looked() -> None:
    lab = Watched()
    [server] = lab.boot_and_run(1)
    lab.cloud.delete(server.id, force=True)
    lab.clock.advance(HOUR)
    assert lab.kept() == {server.id}
    assert lab.refresh() == lab.kept() == set()
    assert SPOT.name == server.flavor.name


def test_a_new_process_takes_nobody_for_gone_whom_its_first_list_leaves_out() -> None:
    lab = Watched()
    [silent, gone] = lab.boot_and_run(2)
    lab.cloud.delete(gone.id, force=True)
    lab.clock.advance(HOUR)
    lab.cloud.spot_servers = lambda: []  # type: ignore[method-assign]
    lab.cloud.fails("server", Unreachable("its cell is down"), times=None)
    assert lab.refresh() == set()
    assert lab.kept() == {silent.id, gone.id}
    lab.cloud.heals("server")
    assert lab.refresh() == lab.kept() == {silent.id}


def test_those_that_a_list_left_out_are_asked_for_a_few_at_a_time_and_nobody_is_in_the_others_way() -> None:
    lab = Watched(DeafCloud)
    servers = lab.boot_and_run(7)
    for server in servers:
        lab.cloud.delete(server.id, force=True)
    lab.clock.advance(HOUR)
    lab.cloud.fails("server", Unreachable("hangs"))
    sizes = []
    for _ in range(5):
        lab.clock.advance(1)
        before = lab.cloud.calls["server"]
        lab.fleet.refresh(lab.clock.now(), questions=3)
        sizes.append((lab.cloud.calls["server"] - before, len(lab.kept())))
    assert sizes == [(1, 7), (3, 4), (3, 1), (1, 0), (0, 0)]


def test_one_that_was_left_out_and_has_another_flavor_now_is_asked_for_once() -> None:
    lab = Watched(DeafCloud)
    [resized] = lab.boot_and_run(1, "host01")
    lab.cloud.resize(resized.id, PLAIN.name, "host02")
    assert lab.refresh() == lab.kept() == set()
    calls = lab.cloud.calls["server"]
    lab.refresh()
    assert lab.cloud.calls["server"] == calls
