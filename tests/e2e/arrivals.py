# SPDX-License-Identifier: Apache-2.0
"""Stories about who comes at the wrong time: an instance that is being built when the fence closes, and a stranger."""

import time
from dataclasses import dataclass
from functools import partial
from typing import Any

from blazar_spot.demo.cast import Cast
from blazar_spot.demo.record import Life, Record
from blazar_spot.demo.sights import Guest, Lease, Picture
from blazar_spot.demo.story import watch
from blazar_spot.devcloud.cloud import Cloud
from blazar_spot.devcloud.stock import IMAGE, PLAIN_FLAVOR
from blazar_spot.devcloud.waiting import wait_until
from tests.e2e.stages import SOON_SECONDS, alike, follow, instant_of, on_host, rows, soon_after
from tests.e2e.stories import book, is_decided, is_whole, later, moves_in, settled, start_in

ASKED_BEFORE_SECONDS = 9
"""So long before its host is closed an instance is asked for; Nova may take as long to place it."""
NEVER_SECONDS = 600.0
"""It is in BUILD until its host is seen closed, before the boot allowance has run out."""


@dataclass(frozen=True)
class Built:
    """An instance is asked for just before the host is closed."""

    at_the_fence: Guest | None
    life: Life
    delete_asked_at: int | None
    decided: Picture
    breaches: list[str]


@dataclass(frozen=True)
class Estranged:
    """Somebody who is not spot stands on one of the two hosts of a lease."""

    stranger: str
    strangers_host: str
    decided: Picture
    served: dict[str, tuple[str, ...]]
    """By host, which aggregates it was in when the lease had begun."""
    stood: Guest | None
    """The stranger then."""
    warnings: list[str]
    breaches: list[str]
    reservation_id: str
    whole: Picture
    served_at_last: dict[str, tuple[str, ...]]


def building(cast: Cast, cloud: Cloud) -> Built:
    record = Record()
    cloud.spawn_seconds(NEVER_SECONDS, host=cast.stage.host)
    start = start_in(75)
    lease = cast.owner.ask(start, later(start, hours=1))
    assert isinstance(lease, Lease), lease
    cast.onlooker.lease_id = lease.id
    fence_at = _fence_at(cloud, cast.stage.host, lease)
    cast.spot_user.get_ready()
    wait_until(lambda: time.time() >= fence_at - ASKED_BEFORE_SECONDS, "the fence is near", at_most=120)
    spot = cast.spot_user.boot("spot")
    closed = follow(
        record, watch(cast.onlooker, lambda seen: bool(seen.is_closed), "it closes", SOON_SECONDS, "spot-engine")
    )
    cloud.spawn_seconds(0, host=cast.stage.host)
    patience = soon_after(lease.start_at)
    decided = follow(record, watch(cast.onlooker, is_decided, "the lease is decided", patience, "blazar-manager"))
    return Built(
        at_the_fence=closed.guest("spot"),
        life=record.lives[spot],
        delete_asked_at=cast.onlooker.deletion_asked_at(spot),
        decided=decided,
        breaches=breaches_of(cloud, subject=spot),
    )


def stranger(cast: Cast, cloud: Cloud) -> Estranged:
    record = Record()
    hosts = alike(cloud, cast.stage.host)
    for name in ("spot-1", "spot-2"):
        moves_in(cast, record, name)
    lease = book(cast, hosts=2)
    stranger = _forced_onto(cloud, cast, hosts[1])
    stood = settled(cast, record, "stranger")
    assert (stood.status, stood.host) == ("ACTIVE", hosts[1]), stood
    patience = soon_after(lease.start_at)
    decided = follow(record, watch(cast.onlooker, is_decided, "the lease is decided", patience, "blazar-manager"))
    looks = [on_host(cast, cloud, host).onlooker for host in hosts]
    served = {seen.host: seen.serves for seen in (one.look() for one in looks)}
    log = cloud.log_file("spot-engine").read_text(errors="replace").splitlines()
    late = rows(cloud, "SELECT cause FROM breaches WHERE details LIKE :who", who=f"%{stranger}%")
    stood_there = cast.onlooker.look().guest("stranger")
    cloud.connection("admin").compute.delete_server(stranger)
    whole = follow(record, watch(cast.onlooker, is_whole, "the lease is whole", SOON_SECONDS, "blazar-manager"))
    return Estranged(
        stranger=stranger,
        strangers_host=hosts[1],
        decided=decided,
        served=served,
        stood=stood_there,
        warnings=[line for line in log if stranger in line],
        breaches=[str(row["cause"]) for row in late],
        reservation_id=lease.reservation_id,
        whole=whole,
        served_at_last={seen.host: seen.serves for seen in (one.look() for one in looks)},
    )


def _forced_onto(cloud: Cloud, cast: Cast, host: str) -> str:
    """An administrator's server, for which no filter is asked."""
    admin = cloud.connection("admin")
    server = admin.compute.create_server(
        name=f"{cast.stage.name}-stranger",
        flavor_id=admin.compute.find_flavor(PLAIN_FLAVOR).id,
        image_id=admin.image.find_image(IMAGE).id,
        networks="none",
        availability_zone=f"nova:{host}",
    )
    return str(server.id)


def _fence_at(cloud: Cloud, host: str, lease: Lease) -> float:
    """When the engine will close the host for this lease."""
    query = "SELECT fence_at, start_at FROM reclaims WHERE host = :host ORDER BY start_at DESC"
    read = partial(rows, cloud, query, host=host)

    def found() -> list[dict[str, Any]]:
        return [row for row in read() if instant_of(row["start_at"]) == lease.start_at]

    wait_until(lambda: bool(found()), "the engine knows of the lease", at_most=SOON_SECONDS, every=0.2)
    return instant_of(found()[0]["fence_at"])


def breaches_of(cloud: Cloud, subject: str) -> list[str]:
    """The causes of the promises to this instance that were broken, or because of it."""
    found = rows(cloud, "SELECT cause FROM breaches WHERE subject = :subject", subject=subject)
    return [str(row["cause"]) for row in found]
