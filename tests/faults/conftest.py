# SPDX-License-Identifier: Apache-2.0
"""One cloud for all faults that are asked for, a host for each, and leases that start minute after minute.

All spot instances are booted, all leases booked and a webhook registered while everything works. Then each story is
played on a thread of its own, which waits for the instants of its own reclaim.
"""

import threading
import time
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import replace

import pytest

from blazar_spot.demo.cast import SPOT_PROJECT
from blazar_spot.demo.compressed_time import GPUS, options
from blazar_spot.devcloud.cloud import Cloud
from blazar_spot.devcloud.fixture import cloud
from blazar_spot.devcloud.hosts import HostSpec
from blazar_spot.devcloud.site import Options, Override
from blazar_spot.devcloud.waiting import wait_until
from tests.e2e import stages
from tests.e2e.receivers import Ear, receiving
from tests.faults import sights, stories
from tests.faults.scene import Scene
from tests.faults.sights import Seen
from tests.faults.stories import Story

__all__ = ["cloud"]

LEAD_SECONDS = 30
"""Longer than in the demo: an engine that dies three times between the first delete and the start needs time to."""

FENCED_SECONDS = LEAD_SECONDS + 40
"""From the fence to the start, by the demo's policy."""

BOOKED_SECONDS = 4
"""Within so many seconds each lease is booked, so that nothing is closed for the first one yet when all are."""

POLICY = (
    Override("spot", "policy", "lead_floor_seconds", str(LEAD_SECONDS)),
    Override("spot", "policy", "delete_p99_seconds", "20"),
    Override("spot", "engine", "backoff_seconds", "4"),
)

TOLD = pytest.StashKey[list[str]]()


@pytest.fixture(scope="session")
def asked(request: pytest.FixtureRequest) -> dict[str, Story]:
    """The stories that the tests of this run are about."""
    names = {item.callspec.params["seen"] for item in request.session.items if isinstance(item, pytest.Function)}
    return {name: story for name, story in stories.ALL.items() if name in names}


@pytest.fixture(scope="session")
def cloud_options(asked: dict[str, Story]) -> Options:
    """A host for each story, told apart by the model of its GPUs."""
    hosts = [HostSpec(vcpus=96, memory_gib=384, gpus=GPUS, gpu_model=name) for name in asked]
    usual = options("spot", hosts)
    return replace(usual, overrides=(*usual.overrides, *POLICY))


@pytest.fixture(scope="session")
def played(request: pytest.FixtureRequest, cloud: Cloud, asked: dict[str, Story]) -> dict[str, Future[Seen]]:
    """Every story by its name. The record is read when all are over, since one story's outage is everybody's."""
    places = stages.furnish(cloud, list(asked))
    called_off = threading.Event()
    scenes = {name: Scene(cloud, places[name], called_off) for name in asked}
    for scene in scenes.values():
        scene.boot()
    for scene in scenes.values():
        wait_until(
            scene.are_active,
            f"the spot instances of {scene.stage.name} are ACTIVE",
            at_most=stages.SOON_SECONDS,
            every=0.5,
        )
    with (
        receiving(stages.api_of(cloud, SPOT_PROJECT), "faults") as ear,
        ThreadPoolExecutor(max_workers=2 * len(scenes)) as threads,
    ):
        book(scenes)
        watched = {name: threads.submit(play, threads, scene, asked[name]) for name, scene in scenes.items()}
        try:
            wait(watched.values())
        except BaseException:
            called_off.set()  # Else Ctrl-C would have to wait for the last lease.
            raise
        futures = {name: threads.submit(look_back, scenes[name], future, ear) for name, future in watched.items()}
        wait(futures.values())
    request.config.stash[TOLD] = [future.result().told() for future in futures.values() if not future.exception()]
    return futures


def book(scenes: dict[str, Scene]) -> None:
    """One lease after another, from the first whole minute on that leaves time to book them all."""
    start_at = -(-int(time.time() + BOOKED_SECONDS * len(scenes) + FENCED_SECONDS) // 60) * 60
    for name, scene in scenes.items():
        scene.book(start_at)
        start_at += 60 * stories.ALL[name].minutes


def play(threads: ThreadPoolExecutor, scene: Scene, story: Story) -> Seen:
    """Play the story while somebody watches; what that one saw."""
    is_over = threading.Event()
    watcher = threads.submit(sights.watch, scene.seen_by_another(), is_over, story.active_within)
    try:
        story.play(scene)
    finally:
        is_over.set()
    return watcher.result()


def look_back(scene: Scene, watched: Future[Seen], ear: Ear) -> Seen:
    """What was seen while it was played, and what is on record."""
    return sights.look_back(scene, watched.result(), ear)


@pytest.fixture
def seen(request: pytest.FixtureRequest, played: dict[str, Future[Seen]]) -> Seen:
    """What was seen of the story that the test names."""
    return played[request.param].result()


@pytest.fixture
def story(request: pytest.FixtureRequest) -> Story:
    """The story that the test names."""
    found: Story = stories.ALL[request.node.callspec.params["seen"]]
    return found


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """The figures behind the table in the documentation."""
    for line in config.stash.get(TOLD, []):
        terminalreporter.write_line(line)
