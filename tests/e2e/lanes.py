# SPDX-License-Identifier: Apache-2.0
"""Many stories on one cloud: each lane has hosts of its own and plays its stories one after another.

Lanes are played side by side, since most of a story is waiting; a story finds its stage empty, whatever became of the
one before. Only what the tests of this run ask for is played.
"""

import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from typing import Any

import pytest

from blazar_spot.demo.cast import Cast, Stage
from blazar_spot.demo.compressed_time import GPUS
from blazar_spot.devcloud.cloud import Cloud
from blazar_spot.devcloud.hosts import HostSpec
from tests.e2e import stages

Play = Callable[[Cast, Cloud], Any]
Played = Mapping[str, Future[Any]]


AT_ONCE = 4
"""So many stories may be played at the same time; with more of them two slow cores are late for what they measure."""

HOST = HostSpec(vcpus=96, memory_gib=384, gpus=GPUS)


@dataclass(frozen=True)
class Lane:
    """So many hosts that are alike, and the stories on them in their order."""

    plays: Mapping[str, Play]
    hosts: int = 1
    spec: HostSpec = HOST


Lanes = Mapping[str, Lane]


def asked(session: pytest.Session, lanes: Lanes) -> Lanes:
    """What the tests of this run are about: they name the story as a fixture or as a parameter."""
    tests = [item for item in session.items if isinstance(item, pytest.Function)]
    named: list[object] = [name for test in tests for name in test.fixturenames]
    named += [value for test in tests if hasattr(test, "callspec") for value in test.callspec.params.values()]
    left = {
        name: replace(lane, plays={story: play for story, play in lane.plays.items() if story in named})
        for name, lane in lanes.items()
    }
    return {name: lane for name, lane in left.items() if lane.plays}


def specs(lanes: Lanes) -> list[HostSpec]:
    """The hosts of all lanes, told apart by the model of their GPUs."""
    return [replace(lane.spec, gpu_model=name) for name, lane in lanes.items() for _ in range(lane.hosts)]


@contextmanager
def played(cloud: Cloud, lanes: Lanes) -> Iterator[Played]:
    """Every story by its name, when all are over: while a test begins or ends pytest changes the environment, which a
    story that is asking for something may just be reading."""
    places = stages.furnish(cloud, list(lanes))
    turns = threading.BoundedSemaphore(AT_ONCE)
    threads = {name: ThreadPoolExecutor(max_workers=1) for name in lanes}
    try:
        all_played = {
            story: threads[name].submit(_play, turns, play, cloud, replace(places[name], name=story))
            for name, lane in lanes.items()
            for story, play in lane.plays.items()
        }
        wait(all_played.values())
        yield all_played
    finally:
        for thread in threads.values():
            thread.shutdown(cancel_futures=True)


@contextmanager
def played_in_turn(cloud: Cloud, rounds: Iterable[Lanes], wanted: Lanes) -> Iterator[Played]:
    """Likewise, and the lanes of a round wait until those of the rounds before it are over."""
    all_played: dict[str, Future[Any]] = {}
    with ExitStack() as stack:
        for some in rounds:
            mine = {name: lane for name, lane in wanted.items() if name in some}
            all_played |= stack.enter_context(played(cloud, mine))
        yield all_played


def _play(turns: threading.BoundedSemaphore, play: Play, cloud: Cloud, stage: Stage) -> Any:
    """Each story has connections of its own: they are not made for several threads."""
    own = Cloud(cloud.state_dir)
    with turns:
        try:
            return play(Cast(own, stage), own)
        finally:
            stages.clear(own, stage)
