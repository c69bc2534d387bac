# SPDX-License-Identifier: Apache-2.0
"""Stories of two hosts: a clean spare takes the place of a late one, and three leases change hands in one minute."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from blazar_spot.demo.cast import Cast, Onlooker
from blazar_spot.demo.record import Record
from blazar_spot.demo.sights import Guest, Lease, Picture
from blazar_spot.demo.story import watch
from blazar_spot.devcloud.cloud import Cloud
from blazar_spot.devcloud.waiting import wait_until
from tests.e2e.stages import SOON_SECONDS, alike, follow, on_host, soon_after
from tests.e2e.stories import active_now, is_decided, later, moves_in, settled, start_in

DIES_SECONDS = 60
"""How long a server of the lease that ends takes to die."""


@dataclass(frozen=True)
class Swapped:
    """The host that was chosen is late, and the other one is clean."""

    decided: Picture
    late: Picture
    spare: Picture
    reservation_id: str
    still_there: set[str]
    """Who was on the late host by its hypervisor's word when the lease had begun."""
    spot: str
    back: Picture


@dataclass
class Begun:
    """One lease that starts while another ends; seconds count from its start."""

    lease: Lease
    active_after: float | None = None
    was_degraded: bool = False
    whole_after: float | None = None
    statuses: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Handed:
    """A ends when B starts on its host, and C elsewhere in the same minute."""

    owners: Guest
    same_host: Begun
    elsewhere: Begun
    gone_after: float
    """When the last server of A was gone, from the start of B."""
    served: dict[str, tuple[str, ...]]
    at_last: list[Picture]


def swapped(cast: Cast, cloud: Cloud) -> Swapped:
    record = Record()
    hosts = alike(cloud, cast.stage.host)
    spots = one_on_each(cast, record, hosts)
    start = start_in(75)
    lease = cast.owner.ask(start, later(start, hours=1))
    assert isinstance(lease, Lease), lease
    late = chosen_host(cloud, lease)
    spare = next(host for host in hosts if host != late)
    for host, guests in spots.items():
        for guest in guests if host == spare else guests[1:]:
            cast.spot_user.delete(guest.id)
    spot = spots[late][0].id
    cloud.delete_seconds(600, host=late)
    cast.onlooker.lease_id = lease.id
    patience = soon_after(lease.start_at)
    decided = follow(record, watch(cast.onlooker, is_decided, "the lease is decided", patience, "blazar-manager"))
    looks = {host: on_host(cast, cloud, host).onlooker for host in hosts}
    for one in looks.values():
        one.lease_id = lease.id
    seen = {host: look.look() for host, look in looks.items()}
    still_there = cloud.guests_on(late)
    cloud.delete_seconds(0, host=late)
    is_back = "the late host takes spot instances again"
    back = follow(
        record,
        watch(
            looks[late],
            lambda seen: seen.serves == ("freepool",) and not seen.is_closed,
            is_back,
            SOON_SECONDS,
            "spot-engine",
        ),
    )
    return Swapped(decided, seen[late], seen[spare], lease.reservation_id, still_there, spot, back)


def handed(cast: Cast, cloud: Cloud) -> Handed:
    record = Record()
    first = active_now(cast, record)
    hosts = alike(cloud, cast.stage.host)
    same = chosen_host(cloud, first)
    other = next(host for host in hosts if host != same)
    cast.owner.boot("owner", first.reservation_id)
    owners = settled(cast, record, "owner")
    cloud.delete_seconds(DIES_SECONDS, host=same)
    end = start_in(40)
    cast.owner.move(first, end=end)
    leases = [on_host(cast, cloud, host).owner.ask(end, later(end, hours=1)) for host in (same, other)]
    begun = [Begun(lease) for lease in leases if isinstance(lease, Lease)]
    assert len(begun) == 2, leases
    gone_after = -1.0

    def is_over() -> bool:
        nonlocal gone_after
        for one in begun:
            _look(cast, one)
        if gone_after < 0 and owners.id not in cloud.guests_on(same):
            gone_after = time.time() - begun[0].lease.start_at
        return all(one.whole_after is not None for one in begun)

    patience = soon_after(begun[0].lease.start_at + DIES_SECONDS)
    wait_until(is_over, "both leases are whole", at_most=patience, every=0.5)
    looks = [on_host(cast, cloud, host).onlooker for host in hosts]
    served = {seen.host: seen.serves for seen in (one.look() for one in looks)}
    for one in begun:
        cast.owner.give_back(one.lease.id)
    pictures = _until_all(looks, lambda seen: seen.serves == ("freepool",) and not seen.is_closed)
    return Handed(owners, begun[0], begun[1], gone_after, served, pictures)


def chosen_host(cloud: Cloud, lease: Lease) -> str:
    """The host that Blazar's calendar names for the lease."""
    admin = cloud.blazar("admin")
    names = {str(host["id"]): str(host["hypervisor_hostname"]) for host in admin.host.list()}
    held = [
        names[str(one["resource_id"])]
        for one in admin.allocation.list("os-hosts")
        if lease.reservation_id in {reservation["id"] for reservation in one["reservations"]}
    ]
    assert len(held) == 1, held
    return held[0]


def one_on_each(cast: Cast, record: Record, hosts: list[str]) -> dict[str, list[Guest]]:
    """Spot instances until there is one on each of the hosts."""
    found: dict[str, list[Guest]] = {host: [] for host in hosts}
    for number in range(8):
        guest = moves_in(cast, record, f"spot-{number}")
        assert guest.host is not None
        found[guest.host].append(guest)
        if all(found.values()):
            return found
    raise AssertionError(f"one of the hosts gets none: {found}")


def _look(cast: Cast, begun: Begun) -> None:
    lease = cast.owner.lease(begun.lease.id)
    assert lease is not None
    after = time.time() - lease.start_at
    if lease.status not in begun.statuses:
        begun.statuses.append(lease.status)
    if lease.status != "ACTIVE":
        return
    if begun.active_after is None:
        begun.active_after = after
    begun.was_degraded = begun.was_degraded or lease.is_degraded
    if begun.whole_after is None and not lease.is_degraded:
        begun.whole_after = after


def _until_all(looks: list[Onlooker], meets: Callable[[Picture], bool]) -> list[Picture]:
    pictures: list[Picture] = []

    def do_all() -> bool:
        pictures[:] = [one.look() for one in looks]
        return all(meets(seen) for seen in pictures)

    wait_until(do_all, "all hosts are in the freepool and open", at_most=SOON_SECONDS, every=0.5)
    return pictures
