# SPDX-License-Identifier: Apache-2.0
"""What can be seen of a reclaim while things fail: by its owner, by its guests, in Nova's record and in ours.

Whoever looks while a service is down sees nothing then and looks again. Nothing is judged here.
"""

import math
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from blazarclient.exception import BlazarClientException
from keystoneauth1.exceptions import ClientException
from openstack.exceptions import SDKException

from blazar_spot.core.record import Cause
from blazar_spot.demo.sights import Notice
from blazar_spot.devcloud.waiting import GaveUp
from tests.e2e.receivers import Ear
from tests.e2e.stages import instant_of, rows
from tests.faults.scene import Scene, instant

BLIND = (BlazarClientException, ClientException, SDKException, OSError, ValueError)
"""What looking may raise while a service is down."""

LOOK_SECONDS = 4
"""After which one look at a lease is given up: Blazar hangs for a minute while RabbitMQ is down, and whoever waits for
it misses what can be seen meanwhile."""

TO_BE_WHOLE_SECONDS = 120
"""How much longer than to be ACTIVE a lease may take to be whole before that is what was seen."""

TO_HEAR_SECONDS = 120
"""How long after a story its receiver may still be told: what an engine was saying when it died is held for 30."""

LATENESS = {cause.value for cause in Cause} - {Cause.FENCE_LATE.value, Cause.SLOW_BOOT.value}
"""Causes of a host that is not clean at its start."""


@dataclass(frozen=True)
class LeaseSight:
    """The lease as its owner saw it from then on."""

    at: float
    status: str
    is_degraded: bool

    @property
    def is_whole(self) -> bool:
        return self.status == "ACTIVE" and not self.is_degraded


@dataclass
class Seen:
    """All of it."""

    name: str
    start_at: int
    leases: list[LeaseSight] = field(default_factory=list)
    read: dict[str, list[Notice]] = field(default_factory=dict)
    deletes: dict[str, list[int]] = field(default_factory=dict)
    left_behind: set[str] | None = None
    """Spot instances that the hypervisor itself still ran when the lease was whole."""
    notices: list[dict[str, Any]] = field(default_factory=list)
    heard: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    """What a receiver took of each guest's notice, in the order in which it took it."""
    given_up: set[str] = field(default_factory=set)
    """The messages that it could not be told before their deadline: a notice is shorter here than the time for which a
    dead engine keeps what it was saying."""
    breaches: list[str] = field(default_factory=list)
    became: dict[str, float] = field(default_factory=dict)
    serves: list[str] = field(default_factory=list)
    reservation_id: str = ""
    host: str = ""
    struck: list[str] = field(default_factory=list)
    diagnosis: list[str] = field(default_factory=list)

    def first(self, meets: Callable[[LeaseSight], bool]) -> float | None:
        """How many seconds after its start the lease was first seen so."""
        return next((sight.at - self.start_at for sight in self.leases if meets(sight)), None)

    def longest(self, status: str) -> float:
        """For how many seconds on end the lease was seen in this status; for ever, if it was to the last."""
        ends = [sight.at for sight in self.leases[1:]] + [math.inf]
        spans = (end - sight.at for sight, end in zip(self.leases, ends, strict=True) if sight.status == status)
        return max(spans, default=0)

    @property
    def active_after(self) -> float | None:
        return self.first(lambda sight: sight.status == "ACTIVE")

    @property
    def whole_after(self) -> float | None:
        return self.first(lambda sight: sight.is_whole)

    def told(self) -> str:
        """A line for people."""
        deletes = sorted(at - self.start_at for asked in self.deletes.values() for at in asked)
        became = ", ".join(f"{state} {at - self.start_at:+.0f}" for state, at in self.became.items())
        return (
            f"{self.name}: ACTIVE {_signed(self.active_after)} s, whole {_signed(self.whole_after)} s after the start; "
            f"deletes at {deletes}; {became}; breaches: {', '.join(self.breaches) or 'none'}"
            + (f"; {len(self.left_behind)} LEFT BEHIND" if self.left_behind else "")
            + (f"; struck while {', '.join(self.struck)}" if self.struck else "")
        )


def _signed(seconds: float | None) -> str:
    return "never" if seconds is None else f"{seconds:+.0f}"


def watch(scene: Scene, is_over: threading.Event, active_within: float) -> Seen:
    """Look every second until the fault is over and the lease is whole, or it has had its time."""
    seen = Seen(
        scene.stage.name, scene.lease.start_at, reservation_id=scene.lease.reservation_id, host=scene.stage.host
    )
    scene.cloud.connection("owner").session.timeout = LOOK_SECONDS

    def is_done() -> bool:
        _look(scene, seen)
        return is_over.is_set() and bool(seen.leases) and seen.leases[-1].is_whole

    patience = seen.start_at + active_within + TO_BE_WHOLE_SECONDS - time.time()
    try:
        scene.wait_until(is_done, f"the lease of {seen.name} is whole", at_most=patience, every=1.0)
    except GaveUp:
        pass  # The lease's last sight says so.
    return seen


def _look(scene: Scene, seen: Seen) -> None:
    try:
        body = scene.cloud.blazar("owner").lease.get(scene.lease.id)
        now = LeaseSight(time.time(), body["status"], bool(body["degraded"]))
        if not seen.leases or (now.status, now.is_degraded) != (seen.leases[-1].status, seen.leases[-1].is_degraded):
            seen.leases.append(now)
        if now.is_whole and seen.left_behind is None:
            seen.left_behind = scene.cloud.guests_on(scene.stage.host) & scene.spots.keys()
    except BLIND:
        pass  # Blazar cannot be asked now.
    for server, name in scene.spots.items():
        read = seen.read.setdefault(name, [])
        try:
            notice = scene.cast.spot_user.notice(server)
        except BLIND:
            continue  # The guest cannot read now.
        if notice is not None and notice not in read:
            read.append(notice)


def _heard(scene: Scene, seen: Seen, ear: Ear) -> dict[str, list[dict[str, Any]]]:
    """What the receiver took of these guests, once it has the end of each notice or has had its time."""

    def messages() -> dict[str, list[dict[str, Any]]]:
        told = ear.messages
        return {name: [one["data"] for one in told if one["subject"] == server] for server, name in scene.spots.items()}

    wanted = {row["instance_id"]: row["revision"] for row in seen.notices}

    def have_all() -> bool:
        last = {name: several[-1]["revision"] if several else 0 for name, several in messages().items()}
        return {name: wanted.get(server, 0) for server, name in scene.spots.items()} == last

    try:
        scene.wait_until(have_all, f"the receiver has heard of {seen.name}", at_most=TO_HEAR_SECONDS, every=1.0)
    except GaveUp:
        pass  # What it has heard says so.
    return messages()


def look_back(scene: Scene, seen: Seen, ear: Ear) -> Seen:
    """What is on record in the end, and what the project's receiver has heard."""
    compute = scene.cloud.connection().compute
    for server, name in scene.spots.items():
        asked = [one for one in compute.server_actions(server) if one.action in ("delete", "forceDelete")]
        seen.deletes[name] = sorted(instant(one.start_time) for one in asked)
        seen.notices += rows(scene.cloud, "SELECT * FROM notices WHERE instance_id = :id", id=server)
    seen.heard = _heard(scene, seen, ear)
    seen.given_up = {one["id"] for one in ear.deliveries if one["state"] == "abandoned"}
    host = scene.stage.host
    breaches = rows(scene.cloud, "SELECT cause FROM breaches WHERE host = :host ORDER BY at", host=host)
    seen.breaches = [row["cause"] for row in breaches]
    deeds = rows(
        scene.cloud, "SELECT what, at FROM deeds WHERE host = :host AND what LIKE 'is %' ORDER BY at", host=host
    )
    for deed in deeds:
        seen.became.setdefault(deed["what"].removeprefix("is "), instant_of(deed["at"]))
    seen.serves = [one.name for one in compute.aggregates() if host in (one.hosts or ())]
    seen.struck, seen.diagnosis = scene.struck, scene.diagnosis
    return seen
