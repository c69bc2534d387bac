# SPDX-License-Identifier: Apache-2.0
"""The stories, each of which plays on one host, acts as users do and hands back what was seen.

They judge nothing; the tests do. Every wait has a bound, and a story that cannot go on raises what it waited for.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from blazar_spot.demo.cast import Cast, Refusal
from blazar_spot.demo.record import Life, Record
from blazar_spot.demo.sights import Guest, Lease, Picture
from blazar_spot.demo.story import LEASE_FORMAT, Story, watch
from blazar_spot.devcloud.birth import CloudFailed
from blazar_spot.devcloud.cloud import Cloud
from tests.e2e.stages import SOON_SECONDS, follow, instants_of, leave, notices_of, rows, soon_after

OWNER = "owner"
NEVER_SECONDS = 600
"""How long a server takes to die that is not to be gone before somebody has looked."""


@dataclass(frozen=True)
class Whole:
    """Four spot instances give way to a reservation."""

    record: Record
    lease: Lease
    serves_at_start: tuple[str, ...]
    notices: dict[str, list[dict[str, Any]]]
    due: dict[str, float]
    """When the steps of the reclaim were, by the name of the instant."""


@dataclass(frozen=True)
class Refused:
    """A lease that cannot be had now is asked for in two ways."""

    by_client: Lease | Refusal
    by_command: str
    leases: list[str]
    allocations: list[Any]
    open_claims: list[dict[str, Any]]
    after: Picture
    newcomer: Guest | None


@dataclass(frozen=True)
class CalledOff:
    """A notice is out when its lease moves or goes."""

    life: Life
    old_start: int
    after: Picture
    delete_asked_at: int | None
    notices: list[dict[str, Any]]


@dataclass(frozen=True)
class Free:
    """A lease on a host where nobody is."""

    record: Record
    answered_at: float
    answer: Lease | Refusal
    seen: Picture
    owners: Guest | None


@dataclass(frozen=True)
class Returned:
    """A lease is deleted whose owner's instance does not die, and the host is asked for again; then it dies."""

    after: Picture
    again_at_once: Lease | Refusal
    back: Picture
    again_later: Picture


def whole(cast: Cast, cloud: Cloud) -> Whole:
    record = Record()
    serves: tuple[str, ...] = ()
    for sight in Story(cast).play():
        record.take(sight)
        if not serves and isinstance(sight, Picture) and sight.lease and sight.lease.status == "ACTIVE":
            serves = sight.serves
    assert record.lease is not None
    notices = {life.guest.id: notices_of(cloud, life.guest.id) for life in record.tenants()}
    due = instants_of(cloud, record.lease.id)
    leave(cast, record)
    return Whole(record, record.lease, serves, notices, due)


def refused(cast: Cast, cloud: Cloud) -> Refused:
    record = Record()
    spot_moves_in(cast, record, "spot")
    by_client = cast.owner.ask("now", later("now", hours=1))
    by_command = ask_by_command(cloud, cast)
    leases = [lease["name"] for lease in cloud.blazar(OWNER).lease.list()]
    allocations = [
        one["reservations"]
        for one in cloud.blazar("admin").allocation.list("os-hosts")
        if one["resource_id"] == host_id(cloud, cast.stage.host)
    ]
    claims = rows(
        cloud,
        "SELECT * FROM claims WHERE host = :host AND standing IN ('held', 'firm')",
        host=cast.stage.host,
    )
    newcomer = spot_moves_in(cast, record, "newcomer")
    after = cast.onlooker.look()
    leave(cast, record)
    return Refused(
        by_client=by_client,
        by_command=by_command,
        leases=[name for name in leases if name.startswith(cast.stage.name)],
        allocations=[one for reservations in allocations for one in reservations],
        open_claims=claims,
        after=after,
        newcomer=newcomer,
    )


def moved(cast: Cast, cloud: Cloud) -> CalledOff:
    def move(lease: Lease) -> None:
        start = (datetime.fromtimestamp(lease.start_at, UTC) + timedelta(minutes=30)).strftime(LEASE_FORMAT)
        cast.owner.move(lease, start=start, end=later(start, hours=1))

    return _called_off(cast, cloud, move)


def dropped(cast: Cast, cloud: Cloud) -> CalledOff:
    def drop(lease: Lease) -> None:
        cast.owner.give_back(lease.id)

    return _called_off(cast, cloud, drop)


def free(cast: Cast, cloud: Cloud) -> Free:
    record = Record()
    answer = cast.owner.ask("now", later("now", hours=1))
    answered_at = time.time()
    assert isinstance(answer, Lease)
    cast.onlooker.lease_id = answer.id
    is_begun = "the lease is ACTIVE or ERROR"
    seen = follow(record, watch(cast.onlooker, is_decided, is_begun, SOON_SECONDS, "blazar-manager"))
    cast.owner.boot("owner", answer.reservation_id)
    owners = settled(cast, record, "owner")
    leave(cast, record)
    return Free(record, answered_at, answer, seen, owners)


def returned(cast: Cast, cloud: Cloud) -> Returned:
    record = Record()
    lease = active_now(cast, record)
    cast.owner.boot("owner", lease.reservation_id)
    owners = settled(cast, record, "owner")
    assert owners.status == "ACTIVE", owners
    cloud.delete_seconds(NEVER_SECONDS, host=cast.stage.host)
    cast.owner.give_back(lease.id)
    cast.onlooker.lease_id = None
    after = cast.onlooker.look()
    again_at_once = cast.owner.ask("now", later("now", hours=1))
    cloud.delete_seconds(0, host=cast.stage.host)
    is_back = "the host is in the freepool"
    back = follow(
        record, watch(cast.onlooker, lambda seen: seen.serves == ("freepool",), is_back, SOON_SECONDS, "nova-api")
    )
    active_now(cast, record)
    again_later = cast.onlooker.look()
    leave(cast, record)
    return Returned(after, again_at_once, back, again_later)


def _called_off(cast: Cast, cloud: Cloud, call_off: Callable[[Lease], None]) -> CalledOff:
    record = Record()
    spot = spot_moves_in(cast, record, "spot")
    lease = book(cast)
    is_told = "the guest reads its notice"
    patience = soon_after(lease.start_at)
    follow(
        record, watch(cast.onlooker, lambda seen: any(g.notice for g in seen.guests), is_told, patience, "spot-engine")
    )
    call_off(lease)
    cast.onlooker.lease_id = None
    is_untold = "the notice is withdrawn and the pool is open"
    follow(
        record,
        watch(
            cast.onlooker,
            lambda seen: not seen.is_closed and not any(guest.notice for guest in seen.guests),
            is_untold,
            SOON_SECONDS,
            "spot-engine",
        ),
    )
    patience, is_past = soon_after(lease.start_at), "the old start passes"
    after = follow(
        record, watch(cast.onlooker, lambda seen: seen.at > lease.start_at + 5, is_past, patience, "nova-api")
    )
    asked_at = cast.onlooker.deletion_asked_at(spot.id)
    notices = notices_of(cloud, spot.id)
    cast.onlooker.lease_id = lease.id
    leave(cast, record)
    return CalledOff(record.lives[spot.id], lease.start_at, after, asked_at, notices)


def spot_moves_in(cast: Cast, record: Record, name: str) -> Guest:
    """Boot a preemptible instance; it is ACTIVE on the stage's host."""
    guest = moves_in(cast, record, name)
    assert guest.host == cast.stage.host, guest
    return guest


def moves_in(cast: Cast, record: Record, name: str) -> Guest:
    """Boot a preemptible instance; it is ACTIVE on one of the hosts that are alike."""
    cast.spot_user.boot(name)
    guest = settled(cast, record, name)
    assert guest.status == "ACTIVE", guest
    return guest


def book(cast: Cast, *, hosts: int = 1) -> Lease:
    """Ask for the host now, or for so many, then at the start that is offered."""
    answer = cast.owner.ask("now", later("now", hours=1), hosts=hosts)
    assert isinstance(answer, Refusal), answer
    assert answer.earliest_start, answer
    lease = cast.owner.ask(answer.earliest_start, later(answer.earliest_start, hours=1), hosts=hosts)
    assert isinstance(lease, Lease), lease
    cast.onlooker.lease_id = lease.id
    return lease


def ask_by_command(cloud: Cloud, cast: Cast) -> str:
    """Ask for the host with the command that people use; what it says when it is refused."""
    wish = f"resource_type=physical:host,min=1,max=1,resource_properties={cast.stage.resource_properties}"
    words = ["reservation", "lease", "create", "--reservation", wish, "--end-date", later("now", hours=1)]
    try:
        cloud.openstack(*words, f"{cast.stage.name}-by-command", "--debug", project=OWNER)
    except CloudFailed as refusal:
        return str(refusal)
    return ""


def seconds_until(start: str) -> float:
    """How long it is until a lease's start, as Blazar writes it."""
    return datetime.strptime(start, LEASE_FORMAT).replace(tzinfo=UTC).timestamp() - time.time()


def later(start: str, *, hours: int) -> str:
    """So many hours after a lease's start, as Blazar writes it."""
    begins = datetime.now(UTC) if start == "now" else datetime.strptime(start, LEASE_FORMAT).replace(tzinfo=UTC)
    return (begins + timedelta(hours=hours)).strftime(LEASE_FORMAT)


def start_in(seconds: float) -> str:
    """The first whole minute at least so many seconds ahead, as Blazar writes it."""
    return datetime.fromtimestamp(-(-(time.time() + seconds) // 60) * 60, UTC).strftime(LEASE_FORMAT)


def host_id(cloud: Cloud, name: str) -> str:
    """The id that Blazar knows a host by."""
    hosts = cloud.blazar("admin").host.list()
    return next(str(host["id"]) for host in hosts if host["hypervisor_hostname"] == name)


def settled(cast: Cast, record: Record, name: str) -> Guest:
    """The instance when it is ACTIVE or in ERROR."""

    def is_settled(seen: Picture) -> bool:
        guest = seen.guest(name)
        return guest is not None and guest.status in ("ACTIVE", "ERROR")

    seen = follow(
        record, watch(cast.onlooker, is_settled, f"{name} is ACTIVE or ERROR", SOON_SECONDS, "nova-scheduler")
    )
    guest = seen.guest(name)
    assert guest is not None
    return guest


def active_now(cast: Cast, record: Record) -> Lease:
    """A lease of the host that starts now, when it is ACTIVE."""
    answer = cast.owner.ask("now", later("now", hours=1))
    assert isinstance(answer, Lease), answer
    cast.onlooker.lease_id = answer.id
    is_begun = "the lease is ACTIVE or ERROR"
    follow(record, watch(cast.onlooker, is_decided, is_begun, SOON_SECONDS, "blazar-manager"))
    return answer


def is_decided(seen: Picture) -> bool:
    """Whether the lease that is watched has begun, or failed to."""
    return seen.lease is not None and seen.lease.status in ("ACTIVE", "ERROR")


def is_whole(seen: Picture) -> bool:
    """Whether the lease that is watched has begun and has all its hosts."""
    return (
        is_decided(seen) and seen.lease is not None and (seen.lease.status, seen.lease.is_degraded) == ("ACTIVE", False)
    )
