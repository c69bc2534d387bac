# SPDX-License-Identifier: Apache-2.0
"""The engine is killed before and after every single effect on the cloud and every commit, and started again.

Whatever was cut off, the promises hold and the host is ready: nothing that matters is remembered in the process.
"""

import pytest

from blazar_spot.core.policy import Policy
from blazar_spot.core.promises import NoticeState
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


@pytest.mark.parametrize("play", [play_reclaim, play_withdrawal, play_early_end])
def test_promises_survive_a_kill_before_and_after_every_effect_and_commit(play) -> None:  # type: ignore[no-untyped-def]
    places = play(Fuse(kill), 0)
    assert places > 10
    for place in range(1, places + 1):
        play(Fuse(kill), place)
