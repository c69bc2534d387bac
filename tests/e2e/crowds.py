# SPDX-License-Identifier: Apache-2.0
"""A story of many: spot instances on several hosts, and several leases that start in the same minute.

The guests are read from Nova's list of servers, which has everybody's metadata in one answer, and how long each lease
takes to start from Blazar's own table, which tells it to the twentieth of a second.
"""

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from sqlalchemy import bindparam, create_engine, text

from blazar_spot.demo.cast import Cast, notice_in
from blazar_spot.demo.sights import Lease, Notice
from blazar_spot.devcloud.cloud import Cloud
from blazar_spot.devcloud.waiting import wait_until
from tests.e2e.stages import SOON_SECONDS, alike, soon_after
from tests.e2e.stories import later, start_in


@dataclass
class Member:
    """One spot instance; its notices as they were read, in order."""

    host: str
    launched_at: int
    notices: list[Notice] = field(default_factory=list)
    delete_asked_at: int | None = None


@dataclass
class Begun:
    """One lease; seconds count from its start."""

    hosts: int
    statuses: list[tuple[str, bool]] = field(default_factory=list)
    """Each status with whether it was degraded then."""
    active_after: float | None = None
    starting: tuple[float, float] | None = None
    """From when to when it was STARTING, which is when its hosts were being handed over."""

    @property
    def starting_for(self) -> float | None:
        return self.starting and self.starting[1] - self.starting[0]


@dataclass(frozen=True)
class Crowd:
    """All of them."""

    start_at: int
    members: dict[str, Member]
    leases: dict[str, Begun]
    left_behind: set[str]
    """Who the hypervisors still had when all leases were whole."""
    reserved: list[str]
    """The statuses of the owner's servers, which fill the first lease's hosts if that was asked for."""


def crowd(
    cast: Cast, cloud: Cloud, spots: int = 8, sizes: tuple[int, ...] = (1, 1), ahead: float = 80, servers: int = 0
) -> Crowd:
    """So many spot instances give way to leases of so many hosts each, the first of which gets so many servers."""
    hosts = alike(cloud, cast.stage.host)
    for number in range(spots):
        cast.spot_user.boot(f"spot-{number:03d}")
    members = _all_active(cast, cloud, spots)
    start = start_in(ahead)
    booked = [cast.owner.ask(start, later(start, hours=1), hosts=size) for size in sizes]
    leases = [lease for lease in booked if isinstance(lease, Lease)]
    assert len(leases) == len(sizes), booked
    begun = {lease.id: Begun(size) for lease, size in zip(leases, sizes, strict=True)}
    start_at = leases[0].start_at
    is_over = threading.Event()
    with ThreadPoolExecutor(max_workers=1) as threads:
        pace = threads.submit(_pace, cloud, list(begun), is_over)
        try:
            wait_until(
                lambda: _look(cloud, members, begun, start_at),
                "all leases are whole",
                at_most=soon_after(start_at),
                every=1.0,
            )
        finally:
            is_over.set()
        for lease, (began, ended) in pace.result().items():
            begun[lease].starting = (began - start_at, ended - start_at)
    left_behind = {guest for host in hosts for guest in cloud.guests_on(host)} & members.keys()
    for server, member in members.items():
        member.delete_asked_at = cast.onlooker.deletion_asked_at(server)
    return Crowd(start_at, members, begun, left_behind, _fill(cast, cloud, leases[0], servers))


def _fill(cast: Cast, cloud: Cloud, lease: Lease, servers: int) -> list[str]:
    booted = {cast.owner.boot(f"reserved-{number:03d}", lease.reservation_id) for number in range(servers)}
    seen: dict[str, str] = {}

    def are_built() -> bool:
        listed = cloud.connection("owner").compute.servers()
        seen.update((server.id, server.status) for server in listed if server.id in booted)
        return sum(status in ("ACTIVE", "ERROR") for status in seen.values()) == servers

    wait_until(are_built, f"{servers} reserved servers are built", at_most=SOON_SECONDS + 2 * servers, every=1.0)
    return list(seen.values())


def _all_active(cast: Cast, cloud: Cloud, spots: int) -> dict[str, Member]:
    members: dict[str, Member] = {}

    def are_active() -> bool:
        guests = [guest for guest in cast.onlooker.guests() if guest.is_spot]
        assert all(guest.status != "ERROR" for guest in guests), guests
        members.update(
            (guest.id, Member(guest.host, guest.launched_at))
            for guest in guests
            if guest.status == "ACTIVE" and guest.host and guest.launched_at
        )
        return len(members) == spots

    wait_until(are_active, f"{spots} spot instances are ACTIVE", at_most=SOON_SECONDS + 2 * spots, every=1.0)
    return members


def _look(cloud: Cloud, members: dict[str, Member], begun: dict[str, Begun], start_at: int) -> bool:
    """Take down what is new; whether all leases are whole."""
    for server in cloud.connection("demo").compute.servers():
        if server.id not in members:
            continue
        notice = notice_in(server.metadata)
        if notice and notice not in members[server.id].notices:
            members[server.id].notices.append(notice)
    # One question for all of them: the manager that answers is the one whose starts are timed.
    leases = {lease["id"]: lease for lease in cloud.blazar("owner").lease.list()}
    for lease_id, one in begun.items():
        lease = leases[lease_id]
        now = (lease["status"], bool(lease["degraded"]))
        if now not in one.statuses:
            one.statuses.append(now)
        if lease["status"] == "ACTIVE" and one.active_after is None:
            one.active_after = time.time() - start_at
    return all(one.statuses[-1] == ("ACTIVE", False) for one in begun.values())


def _pace(cloud: Cloud, leases: list[str], is_over: threading.Event) -> dict[str, tuple[float, float]]:
    """When each lease was first seen STARTING, and when it was not any more."""
    query = text("SELECT id, status FROM leases WHERE id IN :ids").bindparams(bindparam("ids", expanding=True))
    began: dict[str, float] = {}
    ended: dict[str, float] = {}
    engine = create_engine(cloud.site.database_url("blazar"), isolation_level="AUTOCOMMIT")
    try:
        with engine.connect() as connection:
            while not is_over.wait(0.05):
                for lease, status in connection.execute(query, {"ids": leases}).all():
                    if status == "STARTING":
                        began.setdefault(lease, time.time())
                    elif status == "ACTIVE" and lease in began:
                        ended.setdefault(lease, time.time())
    finally:
        engine.dispose()
    return {lease: (began[lease], ended[lease]) for lease in ended}
