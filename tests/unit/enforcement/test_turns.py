# SPDX-License-Identifier: Apache-2.0
"""A service that hangs holds a tick up for a few answers' time, and if it hangs for some the others have theirs."""

from collections import Counter

from blazar_spot.core.errors import Unreachable
from blazar_spot.core.promises import NoticeState
from blazar_spot.enforcement.pools import PATIENCE
from blazar_spot.enforcement.telling import WRITES_AT_ONCE
from blazar_spot.enforcement.turns import Turns
from blazar_spot.testing.cloud import FakeCloud
from blazar_spot.testing.lab import Lab


def test_whoever_got_no_answer_comes_last_until_there_is_one() -> None:
    turns = Turns(patience=9)
    assert turns.begin("abc") == ["a", "b", "c"]
    turns.note("a", is_answered=False)
    assert turns.begin("abc") == ["b", "c", "a"]
    turns.note("a", is_answered=True)
    assert turns.begin("abc") == ["a", "b", "c"]


def test_patience_is_for_one_tick() -> None:
    turns = Turns(patience=2)
    turns.begin("abc")
    turns.note("a", is_answered=False)
    turns.note("a", is_answered=False)
    assert not turns.is_over
    turns.note("b", is_answered=False)
    assert turns.is_over
    turns.begin("abc")
    assert not turns.is_over


class CrippledCloud(FakeCloud):
    """Gives no answer about some hosts and servers, and counts how often it is asked about each of them."""

    def __init__(self, *arguments: object) -> None:
        super().__init__(*arguments)  # type: ignore[arg-type]
        self.silent: set[str] = set()
        self.asked: Counter[str] = Counter()

    def close(self, host: str) -> None:
        self._listen(host)
        super().close(host)

    def keep(self, host, fence, seen):  # type: ignore[no-untyped-def]
        if host in self.silent:
            raise Unreachable("it hangs")
        return super().keep(host, fence, seen)

    def write_metadata(self, server_id, entries):  # type: ignore[no-untyped-def]
        self._listen(server_id)
        super().write_metadata(server_id, entries)

    def _listen(self, name: str) -> None:
        self.asked[name] += 1
        if name in self.silent:
            raise Unreachable("it hangs")


def test_pools_that_placement_says_nothing_about_keep_no_others_open() -> None:
    lab = Lab(hosts=PATIENCE + 3, cloud=CrippledCloud)
    assert isinstance(lab.cloud, CrippledCloud)
    lab.book("r1", lab.clock.now() + 7200, hosts=len(lab.hosts))
    lab.second()
    fence_at = min(reclaim.fence_at for reclaim in lab.store.reclaims)
    lab.run_until(fence_at - 1)
    lab.cloud.silent = set(lab.hosts[: PATIENCE + 1])
    lab.second()
    assert lab.cloud.asked.total() == PATIENCE
    lab.second()
    lab.second()
    assert [host for host, is_closed in lab.cloud.closed().items() if is_closed] == lab.hosts[PATIENCE + 1 :]


def test_guests_that_nova_says_nothing_about_keep_no_others_from_their_notices() -> None:
    lab = Lab(hosts=8, cloud=CrippledCloud)
    assert isinstance(lab.cloud, CrippledCloud)
    servers = lab.boot_and_run(3 * WRITES_AT_ONCE)
    lab.book("r1", lab.clock.now() + 7200, hosts=8)
    lab.second()
    mute = sorted(server.id for server in servers)[: 2 * WRITES_AT_ONCE]
    lab.cloud.silent = set(mute)
    lab.run_until(min(reclaim.notice_at for reclaim in lab.store.reclaims))
    assert lab.cloud.asked.total() < len(servers)
    lab.run_for(3)
    given = {one.instance_id for one in lab.store.notices if one.given_at and one.state is NoticeState.SCHEDULED}
    assert given == {server.id for server in servers} - set(mute)
