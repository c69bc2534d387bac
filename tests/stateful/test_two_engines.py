# SPDX-License-Identifier: Apache-2.0
"""Two engines over one database: at every effect and commit of the one, the other takes a whole turn.

They share the work by the versions of rows alone: one notice for each instance, one delete, and nothing is lost.
"""

from collections.abc import Callable
from contextlib import contextmanager
from dataclasses import dataclass, field

import pytest

from blazar_spot.core.promises import NoticeState
from blazar_spot.core.reclaim import State
from blazar_spot.enforcement.assembly import Whole, assemble
from blazar_spot.enforcement.loop import tick
from blazar_spot.testing.lab import Lab
from tests.stateful.fragile import FragileCloud, FragileStore, Fuse
from tests.stateful.test_crash import QUICK


@dataclass
class Other:
    """The other engine, which takes its turn when the fuse blows."""

    turns: int = 0
    engine: list[Whole] = field(default_factory=list)

    def take_turn(self) -> None:
        for whole in self.engine:
            self.turns += 1
            tick(whole.engine)


class SharedStore(FragileStore):
    """Lets the other engine in only between transactions, as a database does."""

    @contextmanager
    def begin(self):  # type: ignore[no-untyped-def]
        with super(FragileStore, self).begin() as work:
            yield work
        if work.writes:
            self._fuse.burn()


def played(blows_at: int, act: Callable[[Lab], None]) -> tuple[Lab, Fuse, Other]:
    """Two instances, one lease, an act in the middle, and the other engine once at this place."""
    other = Other()
    fuse = Fuse(other.take_turn)
    lab = Lab(policy=QUICK, cloud=lambda clock: FragileCloud(clock, fuse), store=lambda: SharedStore(fuse))
    lab.boot_and_run(2)
    lab.book("r1", lab.clock.now() + 120)
    other.engine.append(assemble(lab.store, lab.cloud, lab.cloud, lab.clock, lab.policy))
    fuse.burnt, fuse.blows_at = 0, blows_at
    run_until(lab, lab.reclaim.notice_at + 5)
    act(lab)
    run_until(lab, lab.reclaim.start_at)
    return lab, fuse, other


def run_until(lab: Lab, instant: int) -> None:
    """Let time pass as for a process, whose loop survives a tick that is cut short because the other was faster."""
    while lab.clock.now() < instant:
        lab.clock.advance(1)
        lab.whole.publishing.publish([entry for booked in lab.calendar.values() for entry in booked], frozenset())
        tick(lab.whole.engine)


def places(act: Callable[[Lab], None]) -> range:
    _, fuse, _ = played(0, act)
    assert fuse.burnt > 10
    return range(1, fuse.burnt + 1)


def test_two_engines_give_one_notice_and_one_delete_whenever_they_meet() -> None:
    for place in places(lambda lab: None):
        lab, _, other = played(place, lambda lab: None)
        assert other.turns == 1
        assert lab.reclaim.state is State.READY
        for victim in lab.cloud.servers.values():
            (notice,) = lab.notices_of(victim)
            assert notice.state is NoticeState.TERMINATED
            assert notice.given_at is not None
            assert victim.deletes[0] >= notice.deadline_at >= notice.given_at + QUICK.notice
            assert len(victim.deletes) == 1, place
        told = [write for write in lab.cloud.writes if write.operation == "write_metadata"]
        # Both may write the same words at the same moment; nobody can tell that from once.
        assert len(told) <= 2 * 2, place
        assert len({(write.target, str(write.details)) for write in told}) == 2


def test_two_engines_withdraw_together_and_leave_nothing_behind() -> None:
    def cancel(lab: Lab) -> None:
        lab.cancel("r1")

    for place in places(cancel):
        lab, _, _ = played(place, cancel)
        assert lab.reclaim.state is State.CANCELLED
        assert lab.cloud.closed() == {"host01": False}
        for server in lab.cloud.servers.values():
            assert not server.deletes
            assert not server.metadata
            assert [notice.state for notice in lab.notices_of(server)] == [NoticeState.WITHDRAWN]


def test_two_engines_let_one_go_early_once_and_the_other_one_at_its_deadline() -> None:
    def let_one_go(lab: Lab) -> None:
        lab.acknowledge(next(iter(lab.cloud.servers.values())))

    for place in places(let_one_go):
        lab, _, other = played(place, let_one_go)
        assert other.turns == 1
        assert lab.reclaim.state is State.READY
        early, late = lab.cloud.servers.values()
        assert early.deletes[0] < lab.reclaim.evict_at <= late.deletes[0]
        assert [len(early.deletes), len(late.deletes)] == [1, 1], place
        assert [one.revision for one in (*lab.notices_of(early), *lab.notices_of(late))] == [3, 2]
        assert lab.store.breaches == []


@pytest.mark.parametrize("steps", [1, 2])
def test_two_engines_that_tick_in_turn_do_no_more_than_one(steps: int) -> None:
    lab = Lab(policy=QUICK)
    second = assemble(lab.store, lab.cloud, lab.cloud, lab.clock, lab.policy)
    victims = lab.boot_and_run(3)
    lab.book("r1", lab.clock.now() + 120)
    while lab.clock.now() < lab.reclaim.start_at:
        lab.second()
        for _ in range(steps):
            second.engine.tick()
    assert lab.reclaim.state is State.READY
    assert [len(victim.deletes) for victim in victims] == [1, 1, 1]
    assert sum(write.operation == "write_metadata" for write in lab.cloud.writes) == 3
    assert sum(deed.what == "is ready" for deed in lab.store.deeds) == 1
