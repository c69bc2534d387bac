# SPDX-License-Identifier: Apache-2.0
"""What there is to look at in Horizon: spot instances, and three leases that are differently far.

One lease has its host, one waits for spot instances that have their notice, and one lies far ahead. The notice runs for
ten minutes, so there is time to look. Next: `horizon`, which leaves it to people.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from blazar_spot.demo.cast import Owner, Refusal, SpotUser, Stage
from blazar_spot.demo.compressed_time import options
from blazar_spot.demo.sights import Lease, clock_time
from blazar_spot.demo.story import LEASE_FORMAT, Stuck
from blazar_spot.devcloud.cloud import Cloud
from blazar_spot.devcloud.hosts import HostSpec
from blazar_spot.devcloud.site import Options, Override
from blazar_spot.devcloud.waiting import wait_until

HOSTS = 4
GUESTS = 6
TRIES = 4
PATIENCE_SECONDS = 120
"""For what happens soon, however slow the machine is."""
SERVING, WAITING, PLANNED = "inference", "training", "workshop"
"""The leases."""
_PATIENT = {"notice_seconds": 600, "min_uptime_seconds": 600}


@dataclass(frozen=True)
class Scenery:
    """What was made."""

    leases: dict[str, Lease]
    guests: list[str]


def scenery_options() -> Options:
    """A cloud with Horizon, where a notice runs for ten minutes."""
    usual = options("spot", [HostSpec()] * HOSTS)
    patient = tuple(Override("spot", "policy", option, str(value)) for option, value in _PATIENT.items())
    return replace(usual, dashboard=True, overrides=(*usual.overrides, *patient))


def set_up(cloud: Cloud, report: Callable[[str], None]) -> Scenery:
    """Make it all; a notice is out when this returns."""
    stage = Stage(name="render", host="", gpus=0)
    owner = Owner(cloud, stage)
    serving = _booked(owner.ask("now", _ahead(days=1), name=SERVING))
    _wait(lambda: _status(owner, serving) == "ACTIVE", f"lease {SERVING} is ACTIVE", PATIENCE_SECONDS)
    report(f"lease {SERVING} has its host")
    guests = _boot(cloud, stage)
    report(f"{len(guests)} spot instances run on the other hosts")
    waiting = _soonest(owner)
    planned = _booked(owner.ask(_ahead(days=2), _ahead(days=3), hosts=2, name=PLANNED))
    report(f"lease {WAITING} is booked for {clock_time(waiting.start_at)} UTC, {PLANNED} for the day after tomorrow")
    told_within = waiting.start_at - _PATIENT["notice_seconds"] - time.time()
    _wait(lambda: any(one["given_at"] for one in _events(cloud)), "a notice is given", told_within + PATIENCE_SECONDS)
    report("the first notices are given")
    return Scenery({SERVING: serving, WAITING: waiting, PLANNED: planned}, guests)


def _boot(cloud: Cloud, stage: Stage) -> list[str]:
    compute = cloud.connection("demo").compute
    spot_user = SpotUser(cloud, stage)
    guests = [spot_user.boot(str(number)) for number in range(1, GUESTS + 1)]
    _wait(lambda: {one.status for one in compute.servers()} == {"ACTIVE"}, "the spot instances run", PATIENCE_SECONDS)
    return guests


def _soonest(owner: Owner) -> Lease:
    """Ask for now, then for the start that is offered, and again if that was not fast enough."""
    start: str | None = "now"
    answer: Lease | Refusal | None = None
    for _ in range(TRIES):
        if start is None:
            break
        answer = owner.ask(start, _ahead(days=1), hosts=2, name=WAITING)
        if isinstance(answer, Lease):
            return answer
        start = answer.earliest_start
    raise Stuck(f"lease {WAITING} cannot be had: {answer}", "blazar-manager")


def _booked(answer: Lease | Refusal) -> Lease:
    if isinstance(answer, Refusal):
        raise Stuck(answer.sentence, "blazar-manager")
    return answer


def _status(owner: Owner, lease: Lease) -> str | None:
    found = owner.lease(lease.id)
    return found.status if found else None


def _events(cloud: Cloud) -> list[dict[str, Any]]:
    answer = cloud.connection("demo").session.get("/v1/events", endpoint_filter={"service_type": "spot"})
    found: list[dict[str, Any]] = answer.json()["events"]
    return found


def _ahead(*, days: int) -> str:
    return (datetime.now(UTC) + timedelta(days=days)).strftime(LEASE_FORMAT)


def _wait(condition: Callable[[], bool], what: str, at_most: float) -> None:
    wait_until(condition, what, at_most=at_most, every=0.5)
