# SPDX-License-Identifier: Apache-2.0
"""The engine is killed before and after every single effect on the cloud and every commit, and started again.

Whatever was cut off, the promises hold and the host is ready: nothing that matters is remembered in the process.
"""

from collections.abc import Callable

import pytest

from blazar_spot.core.closures import Stage
from blazar_spot.core.interruptions import Order
from blazar_spot.core.policy import Policy
from blazar_spot.core.promises import NoticeState, Purpose
from blazar_spot.core.reclaim import State
from blazar_spot.testing.lab import Lab
from tests.stateful.fragile import FragileCloud, FragileStore, Fuse

QUICK = Policy(
    min_uptime=30,
    notice=20,
    notice_slack=5,
    boot_allowance=10,
    lead_floor=10,
    delete_takes=3,
    delete_p99=6,
    spots_per_host=4,
)


class Killed(BaseException):
    """Not an Exception: nothing in the engine may survive it."""


def kill() -> None:
    raise Killed


def fragile_lab(fuse: Fuse) -> Lab:
    return Lab(policy=QUICK, cloud=lambda clock: FragileCloud(clock, fuse), store=lambda: FragileStore(fuse))


def carry_on_until(lab: Lab, instant: int) -> int:
    """Let time pass; a process that is killed is started again. How often that was."""
    kills = 0
    while lab.clock.now() < instant:
        try:
            lab.second()
        except Killed:
            kills += 1
            lab.restarted()
    return kills


def persistently(lab: Lab, order: Callable[[], object]) -> None:
    """Somebody orders it, and orders it again if the process was killed meanwhile."""
    try:
        order()
    except Killed:
        lab.restarted()
        order()


def play_reclaim(fuse: Fuse, blows_at: int) -> int:
    """One reclaim from the committed lease to the ready host, cut off once; how many places there were for it."""
    lab = fragile_lab(fuse)
    victims = lab.boot_and_run(2)
    lab.book("r1", lab.clock.now() + 120)
    reclaim = lab.reclaim
    fuse.burnt, fuse.blows_at = 0, blows_at
    kills = carry_on_until(lab, reclaim.start_at)
    assert kills == (1 if 0 < blows_at <= fuse.burnt else 0)

    assert lab.reclaim.state is State.READY
    for victim in victims:
        (notice,) = lab.notices_of(victim)
        assert notice.state is NoticeState.TERMINATED
        assert notice.given_at is not None
        assert victim.launched_at is not None
        assert victim.deletes[0] >= notice.deadline_at >= notice.given_at + QUICK.notice
        assert victim.deletes[0] - victim.launched_at >= QUICK.min_uptime
    return fuse.burnt


def play_withdrawal(fuse: Fuse, blows_at: int) -> int:
    """One lease that is deleted while its notices run, cut off once."""
    lab = fragile_lab(fuse)
    victims = lab.boot_and_run(2)
    lab.book("r1", lab.clock.now() + 120)
    lab.run_until(lab.reclaim.notice_at + 5)
    lab.cancel("r1")
    fuse.burnt, fuse.blows_at = 0, blows_at
    carry_on_until(lab, lab.clock.now() + 5)

    assert lab.cloud.closed() == {"host01": False}
    assert lab.reclaim.state is State.CANCELLED
    for victim in victims:
        assert not victim.deletes
        assert not victim.metadata
        assert [notice.state for notice in lab.notices_of(victim)] == [NoticeState.WITHDRAWN]
    return fuse.burnt


def play_early_end(fuse: Fuse, blows_at: int) -> int:
    """Two instances of which one is let go by its holder, who asks again when there was no answer, cut off once."""
    lab = fragile_lab(fuse)
    early, late = lab.boot_and_run(2)
    lab.book("r1", lab.clock.now() + 120)
    reclaim = lab.reclaim
    lab.run_until(reclaim.notice_at + 5)
    fuse.burnt, fuse.blows_at = 0, blows_at
    try:
        lab.acknowledge(early)
    except Killed:
        lab.restarted()
        lab.acknowledge(early)
    carry_on_until(lab, reclaim.evict_at - QUICK.delete_p99)
    assert early.gone_at is not None
    assert not late.deletes
    carry_on_until(lab, reclaim.start_at)

    assert lab.reclaim.state is State.READY
    assert len(early.deletes) in ((1, 2) if blows_at else (1,))
    assert late.deletes[0] >= reclaim.evict_at
    notices = [lab.notices_of(one) for one in (early, late)]
    assert [[(one.state, one.revision) for one in several] for several in notices] == [
        [(NoticeState.TERMINATED, 3)],
        [(NoticeState.TERMINATED, 2)],
    ]
    assert lab.store.breaches == []
    return fuse.burnt


def play_drain(fuse: Fuse, blows_at: int) -> int:
    """A host that is drained, whose operator asks again when there was no answer, and that is opened afterwards."""
    lab = fragile_lab(fuse)
    victims = lab.boot_and_run(2)
    fuse.burnt, fuse.blows_at = 0, blows_at
    ordered_at = lab.clock.now()
    persistently(lab, lambda: lab.whole.draining.drain("host01", None, "a new fan"))
    carry_on_until(lab, ordered_at + 60)
    assert lab.whole.closing.on("host01").stage is Stage.DRAINED
    assert lab.cloud.closed() == {"host01": True}
    for victim in victims:
        (notice,) = lab.notices_of(victim)
        assert (notice.state, notice.given_at is not None) == (NoticeState.TERMINATED, True)
        assert victim.deletes[0] >= notice.deadline_at >= (notice.given_at or 0) + QUICK.notice
    persistently(lab, lambda: lab.whole.closing.open("host01") if lab.whole.closing.closed() else None)
    carry_on_until(lab, lab.clock.now() + 2)
    assert lab.cloud.closed() == {"host01": False}
    assert lab.store.breaches == []
    return fuse.burnt


def play_orders(fuse: Fuse, blows_at: int) -> int:
    """One instance that is interrupted and one that rehearses it, ordered again when there was no answer."""
    lab = fragile_lab(fuse)
    going, staying = lab.boot_and_run(2)
    fuse.burnt, fuse.blows_at = 0, blows_at
    for server, evicts in ((going, True), (staying, False)):
        order = Order(evicts=evicts)
        persistently(
            lab, lambda one=server, order=order: lab.notices_of(one) or lab.whole.interrupting.interrupt(one.id, order)
        )
    carry_on_until(lab, lab.clock.now() + 60)
    (notice,) = lab.notices_of(going)
    assert (notice.purpose, notice.state) == (Purpose.INTERRUPTION, NoticeState.TERMINATED)
    assert going.deletes[0] >= notice.deadline_at >= (notice.given_at or 0) + QUICK.notice
    (rehearsed,) = lab.notices_of(staying)
    assert (rehearsed.purpose, rehearsed.state) == (Purpose.REHEARSAL, NoticeState.WITHDRAWN)
    assert (staying.deletes, staying.metadata) == ([], {})
    return fuse.burnt


@pytest.mark.parametrize("play", [play_reclaim, play_withdrawal, play_early_end, play_drain, play_orders])
def test_promises_survive_a_kill_before_and_after_every_effect_and_commit(play) -> None:  # type: ignore[no-untyped-def]
    places = play(Fuse(kill), 0)
    assert places > 10
    for place in range(1, places + 1):
        play(Fuse(kill), place)
