# SPDX-License-Identifier: Apache-2.0
"""Stories that need settings of their own: soft deletes, a lease that breaks promises, a host that fails."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from blazar_spot.demo.cast import Cast, Refusal
from blazar_spot.demo.record import Life, Record
from blazar_spot.demo.sights import Guest, Lease, Picture
from blazar_spot.demo.story import watch
from blazar_spot.devcloud.cloud import Cloud
from blazar_spot.devcloud.waiting import wait_until
from tests.e2e.arrivals import breaches_of
from tests.e2e.exchanges import chosen_host, one_on_each
from tests.e2e.stages import SOON_SECONDS, alike, follow, instant_of, on_host, rows, soon_after
from tests.e2e.stories import is_decided, is_whole, later, settled, spot_moves_in, start_in

DELETE_P99_SECONDS = 16
"""So long these stories' cloud counts for a delete that marks and one that does not."""


@dataclass(frozen=True)
class Soft:
    """A host with an instance that runs and one that is soft-deleted is reserved, used and given back."""

    was_soft_deleted: bool
    life: Life
    delete_asked_at: int | None
    forced_after: float
    """Seconds from the delete of the one that ran until the forced one, by the engine's record."""
    decided: Picture
    left_behind: set[str]
    """By the hypervisor's word, when the lease had begun."""
    owners: Guest
    back: Picture
    left_at_last: set[str]


@dataclass(frozen=True)
class Breached:
    """A lease that starts now on a host with a young instance, where the operator lets leases break promises."""

    answer: Lease | Refusal
    statuses: list[tuple[str, bool]]
    whole: Picture
    life: Life
    delete_asked_at: int | None
    breaches: list[str]
    left_behind: set[str]


@dataclass(frozen=True)
class Failed:
    """The host of a lease fails when its guest has read the notice; another host with a guest is left."""

    lease: Lease
    statuses: list[tuple[str, bool]]
    whole: Picture
    served: tuple[str, ...]
    failed: Life
    failed_delete_asked_at: int | None
    other: Life
    other_delete_asked_at: int | None
    left_behind: set[str]
    breaches: set[str]


def soft(cast: Cast, cloud: Cloud) -> Soft:
    record = Record()
    spot, other = (spot_moves_in(cast, record, name) for name in ("spot", "other"))
    cast.spot_user.delete(other.id)
    admin = cloud.connection("admin").compute

    def is_soft_deleted() -> bool:
        return bool(admin.get_server(other.id).status == "SOFT_DELETED")

    wait_until(is_soft_deleted, "the other one is soft-deleted", at_most=SOON_SECONDS, every=0.3)
    was_soft_deleted = other.id in cloud.guests_on(cast.stage.host)
    start = start_in(75)
    lease = cast.owner.ask(start, later(start, hours=1))
    assert isinstance(lease, Lease), lease
    cast.onlooker.lease_id = lease.id
    patience = soon_after(lease.start_at)
    decided = follow(record, watch(cast.onlooker, is_decided, "the lease is decided", patience, "blazar-manager"))
    left_behind = cloud.guests_on(cast.stage.host)
    cast.owner.boot("owner", lease.reservation_id)
    owners = settled(cast, record, "owner")
    cast.owner.give_back(lease.id)
    cast.onlooker.lease_id = None
    is_back = "the host takes spot instances again"
    back = follow(
        record,
        watch(
            cast.onlooker,
            lambda seen: seen.serves == ("freepool",) and not seen.is_closed,
            is_back,
            SOON_SECONDS,
            "blazar-manager",
        ),
    )
    return Soft(
        was_soft_deleted=was_soft_deleted,
        life=record.lives[spot.id],
        delete_asked_at=cast.onlooker.deletion_asked_at(spot.id),
        forced_after=_forced_after(cloud, spot),
        decided=decided,
        left_behind=left_behind,
        owners=owners,
        back=back,
        left_at_last=cloud.guests_on(cast.stage.host),
    )


def _forced_after(cloud: Cloud, guest: Guest) -> float:
    query = "SELECT what, MIN(at) AS at FROM deeds WHERE subject = :id GROUP BY what"
    first = {row["what"]: instant_of(row["at"]) for row in rows(cloud, query, id=guest.id)}
    return first["force"] - first["delete"]


def breached(cast: Cast, cloud: Cloud) -> Breached:
    _let_leases_break_promises(cloud)
    record = Record()
    spot = spot_moves_in(cast, record, "spot")
    answer = cast.owner.ask("now", later("now", hours=1))
    assert isinstance(answer, Lease), answer
    cast.onlooker.lease_id = answer.id
    whole, statuses = _until_whole(cast, record, SOON_SECONDS)
    return Breached(
        answer=answer,
        statuses=statuses,
        whole=whole,
        life=record.lives[spot.id],
        delete_asked_at=cast.onlooker.deletion_asked_at(spot.id),
        breaches=breaches_of(cloud, subject=spot.id),
        left_behind=cloud.guests_on(cast.stage.host),
    )


def failing(cast: Cast, cloud: Cloud) -> Failed:
    record = Record()
    hosts = alike(cloud, cast.stage.host)
    spots = one_on_each(cast, record, hosts)
    start = start_in(80)
    lease = cast.owner.ask(start, later(start, hours=1))
    assert isinstance(lease, Lease), lease
    host = chosen_host(cloud, lease)
    other = next(one for one in hosts if one != host)
    cast.onlooker.lease_id = lease.id
    is_told = "its guest reads its notice"
    patience = soon_after(lease.start_at)
    follow(
        record, watch(cast.onlooker, lambda seen: any(g.notice for g in seen.guests), is_told, patience, "spot-engine")
    )
    with _dead(cloud, host):
        whole, statuses = _until_whole(cast, record, soon_after(lease.start_at))
        left_behind = cloud.guests_on(other)
        served = on_host(cast, cloud, other).onlooker.look().serves
    failed, saved = spots[host][0], spots[other][0]
    causes = rows(cloud, "SELECT cause FROM breaches WHERE host IN (:host, :other)", host=host, other=other)
    return Failed(
        lease=lease,
        statuses=statuses,
        whole=whole,
        served=served,
        failed=record.lives[failed.id],
        failed_delete_asked_at=cast.onlooker.deletion_asked_at(failed.id),
        other=record.lives[saved.id],
        other_delete_asked_at=cast.onlooker.deletion_asked_at(saved.id),
        left_behind=left_behind,
        breaches={str(row["cause"]) for row in causes},
    )


@contextmanager
def _dead(cloud: Cloud, host: str) -> Iterator[None]:
    """The host has died, and whoever watches it has told Nova so: how long Nova takes to see it is nobody's promise."""
    compute, nova = cloud.service(f"compute-{host}"), cloud.connection("admin").compute
    [service] = nova.services(binary="nova-compute", host=host)
    compute.kill()
    try:
        nova.update_service_forced_down(service, host, "nova-compute", forced=True)
        yield
    finally:
        nova.update_service_forced_down(service, host, "nova-compute", forced=False)
        compute.start()


def _let_leases_break_promises(cloud: Cloud) -> None:
    """As an operator does it: in the file, with a restart of who reads it."""
    file = cloud.conf("spot")
    file.write_text(file.read_text().replace("[policy]\n", "[policy]\nlease_admission = breach\n"))
    for name in ("blazar-manager", "spot-engine"):
        cloud.service(name).restart()


def _until_whole(cast: Cast, record: Record, patience: float) -> tuple[Picture, list[tuple[str, bool]]]:
    """The lease when it is whole, and what it was before, each once."""
    statuses: list[tuple[str, bool]] = []

    def is_it(seen: Picture) -> bool:
        assert seen.lease is not None
        now = (seen.lease.status, seen.lease.is_degraded)
        if now not in statuses:
            statuses.append(now)
        return is_whole(seen)

    seen = follow(record, watch(cast.onlooker, is_it, "the lease is whole", patience, "blazar-manager"))
    return seen, statuses
