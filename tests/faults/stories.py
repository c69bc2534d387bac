# SPDX-License-Identifier: Apache-2.0
"""The faults: what is broken, when, and for how long, told from the instants of the reclaim that is under way.

Each story has a host and a lease of its own; what is broken is often everybody's, so the leases start one after
another. ``ALL`` names them, and the documentation has a row for each.
"""

import itertools
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass

from blazar_spot.core.reclaim import State
from blazar_spot.devcloud.control import RunningService
from tests.e2e.programme import ON_TIME_SECONDS
from tests.e2e.stages import SOON_SECONDS
from tests.faults.scene import Scene

OPEN = (State.PLANNED, State.FENCED, State.NOTIFIED, State.EVICTING, State.VERIFYING, State.READY)
"""What a reclaim goes through, in this order."""

SERVICE_DOWN_SECONDS = 30
"""After which Nova takes a compute for dead, in the dev cloud."""

OUTAGE_SECONDS = 8
"""How long a service is down while the notices run."""

Play = Callable[[Scene], None]


@dataclass(frozen=True)
class Story:
    """``minutes`` later the next one may start. ``active_within`` seconds of its start the lease is ACTIVE, and never
    longer than ``in_error`` seconds on end in ERROR, which is what Blazar makes of a start without Keystone."""

    play: Play
    minutes: int = 1
    active_within: int = ON_TIME_SECONDS
    in_error: int = 0
    is_nightly: bool = False


def engine_killed(scene: Scene) -> None:
    """kill -9 in each state. The deletes hang until VERIFYING has been seen."""
    kill_in_turn(scene, scene.service("spot-engine"))


def kill_in_turn(scene: Scene, *engines: RunningService) -> None:
    """In each state one of them dies. It comes back while the next state is waited for: with another one at work that
    state may come sooner, and be over sooner, than a process is up."""
    scene.cloud.delete_seconds(600, host=scene.stage.host)
    starting: dict[str, Future[None]] = {}
    with ThreadPoolExecutor(len(engines)) as threads:
        for state, engine in zip(OPEN, itertools.cycle(engines)):
            scene.reaches(state)
            if engine.name in starting:
                starting[engine.name].result()
            engine.kill()
            try:
                scene.wait_until(lambda: scene.state() != "", "MariaDB answers", at_most=SOON_SECONDS)
                scene.struck.append(scene.state())
            finally:
                starting[engine.name] = threads.submit(engine.start)
            if state is State.VERIFYING:
                scene.cloud.delete_seconds(0, host=scene.stage.host)
    for start in starting.values():
        start.result()


def two_engines(scene: Scene) -> None:
    """A second engine works beside the first, from before the fence to after the start."""
    second = scene.service("spot-engine-2")
    scene.comes(scene.instants()["fence_at"] - 3)
    second.start()
    scene.reaches(State.HANDED_OVER)
    second.stop()


def one_of_two_killed(scene: Scene) -> None:
    """Of two engines now the one and now the other dies, one of them in each state."""
    second = scene.service("spot-engine-2")
    second.start()
    kill_in_turn(scene, scene.service("spot-engine"), second)
    second.stop()


def outages(service: str) -> Play:
    """The service is down while the notices run, and again across the deadline."""

    def play(scene: Scene) -> None:
        instants = scene.instants()
        scene.comes(instants["notice_at"])
        scene.reaches(State.NOTIFIED)
        # The lease of the story before starts at about this time, and this outage is not its own.
        scene.wait_until(scene.nobody_starts, "no lease is being started", at_most=SOON_SECONDS)
        with scene.without(service, 0, time.time() + OUTAGE_SECONDS):
            pass
        with scene.without(service, instants["evict_at"] - 3, instants["evict_at"] + 3):
            pass

    return play


def outage_across_the_start(service: str) -> Play:
    """The service is down from before the deadline until after the start."""

    def play(scene: Scene) -> None:
        instants = scene.instants()
        with scene.without(service, instants["evict_at"] - 3, instants["start_at"] + 10):
            pass

    return play


def keystone_at_the_start(scene: Scene) -> None:
    """Keystone is down when the lease should start."""
    start_at = scene.instants()["start_at"]
    with scene.without("keystone", start_at - 5, start_at + 12):
        pass


def manager_killed(scene: Scene) -> None:
    """blazar-manager is dead when the lease should start."""
    start_at = scene.instants()["start_at"]
    with scene.without("blazar-manager", start_at - 8, start_at + 12, crash=True):
        pass


def manager_killed_while_starting(scene: Scene) -> None:
    """blazar-manager dies when it has marked the lease as STARTING, and comes back at once."""
    manager = scene.service("blazar-manager")
    scene.comes(scene.lease.start_at - 5)
    scene.wait_until(lambda: scene.status() == "STARTING", "the lease is STARTING", at_most=SOON_SECONDS, every=0.02)
    manager.kill()
    scene.struck.append(scene.status())
    manager.start()


def compute_long_dead(scene: Scene) -> None:
    """nova-compute of the host has been dead for so long at T that Nova knows, and comes back after the start."""
    instants = scene.instants()
    name = f"compute-{scene.stage.host}"
    with scene.without(name, instants["evict_at"] - SERVICE_DOWN_SECONDS - 10, instants["start_at"] + 20, crash=True):
        pass


def compute_killed(scene: Scene) -> None:
    """nova-compute of the host is dead when its instances should go, and comes back after the start."""
    instants = scene.instants()
    name = f"compute-{scene.stage.host}"
    with scene.without(name, instants["evict_at"] - 3, instants["start_at"] + 20, crash=True):
        scene.reaches(State.OVERDUE)
        scene.ask_the_doctor()


ALL: dict[str, Story] = {
    "engine_killed": Story(engine_killed),
    "mariadb": Story(outages("mariadb")),
    "nova_api": Story(outages("nova-api")),
    "two_engines": Story(two_engines, minutes=0),
    "compute_killed": Story(compute_killed, minutes=2),
    "rabbitmq": Story(outages("rabbitmq"), is_nightly=True),
    "placement": Story(outages("placement"), is_nightly=True),
    "one_of_two_killed": Story(one_of_two_killed, is_nightly=True),
    "manager_killed": Story(manager_killed, active_within=45, is_nightly=True),
    "manager_killed_while_starting": Story(manager_killed_while_starting, active_within=180, is_nightly=True),
    "keystone_at_the_start": Story(keystone_at_the_start, active_within=60, in_error=15, is_nightly=True),
    "compute_long_dead": Story(compute_long_dead, minutes=2, is_nightly=True),
    "rabbitmq_across_the_start": Story(
        outage_across_the_start("rabbitmq"), minutes=2, active_within=60, is_nightly=True
    ),
    "mariadb_across_the_start": Story(outage_across_the_start("mariadb"), minutes=2, active_within=60, is_nightly=True),
    "nova_api_across_the_start": Story(
        outage_across_the_start("nova-api"), minutes=2, active_within=60, is_nightly=True
    ),
}
