# SPDX-License-Identifier: Apache-2.0
"""Stories about the answer to a request: given again and again, taken back halfway, and raced against a boot."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import Any

from blazarclient.exception import BlazarClientException

from blazar_spot.demo.cast import Cast, Refusal
from blazar_spot.demo.record import Life, Record
from blazar_spot.demo.sights import Guest, Lease, Picture
from blazar_spot.demo.story import watch
from blazar_spot.devcloud.cloud import Cloud
from blazar_spot.devcloud.waiting import wait_until
from tests.e2e.stages import SOON_SECONDS, follow, notices_of, soon_after
from tests.e2e.stories import later, seconds_until, spot_moves_in, start_in

ROUNDS = 20
STEP_SECONDS = 0.2
CLOSED_AT_ONCE = range(45, 53)
"""A lease that starts in so many seconds is near enough to close its host at once, and far enough to be had."""


@dataclass(frozen=True)
class Asked:
    """One round: a host with a young spot instance is asked for now, then at the start that was offered."""

    now: Lease | Refusal
    offered: Lease | Refusal


@dataclass(frozen=True)
class HalfBooked:
    """A lease of two reservations, of which the second one finds no host any more."""

    answer: Lease | Refusal
    start_at: int
    was_closed: bool
    opened_at: float
    leases: list[str]
    life: Life
    newcomer: Guest
    after: Picture
    delete_asked_at: int | None
    notices: list[dict[str, Any]]


@dataclass(frozen=True)
class Race:
    """A boot and a booking at the same time; what the cloud says when both are decided."""

    head_start: float
    """How much earlier the boot began."""
    answer: Lease | Refusal
    booted: str
    """The instance's status."""
    is_on_the_host: bool
    """By the hypervisor's own word."""
    is_going: bool


def asked(cast: Cast, cloud: Cloud) -> list[Asked]:
    cloud.delete_seconds(0, host=cast.stage.host)
    return [_ask_once(cast, number) for number in range(ROUNDS)]


def _ask_once(cast: Cast, number: int) -> Asked:
    spot = spot_moves_in(cast, Record(), f"spot-{number}")
    now = cast.owner.ask("now", later("now", hours=1))
    start = now.earliest_start if isinstance(now, Refusal) and now.earliest_start else "now"
    offered = cast.owner.ask(start, later(start, hours=1))
    for lease in (now, offered):
        if isinstance(lease, Lease):
            cast.owner.give_back(lease.id)
    cast.spot_user.delete(spot.id)
    wait_until(partial(_is_free, cast), "the host is free again", at_most=SOON_SECONDS, every=0.5)
    return Asked(now, offered)


def half_booked(cast: Cast, cloud: Cloud) -> HalfBooked:
    record = Record()
    spot = spot_moves_in(cast, record, "spot")

    def is_near_enough() -> bool:
        return _runs_for(spot) >= 30 and int(seconds_until(start_in(CLOSED_AT_ONCE.start))) in CLOSED_AT_ONCE

    wait_until(is_near_enough, "a whole minute is near enough", at_most=SOON_SECONDS, every=0.2)
    start = start_in(CLOSED_AT_ONCE.start - 1)
    start_at = int(time.time() + seconds_until(start))
    is_over = threading.Event()
    with ThreadPoolExecutor(max_workers=1) as threads:
        was_closed = threads.submit(_sees_it_closed, Cast(Cloud(cloud.state_dir), cast.stage), is_over)
        answer = cast.owner.ask(start, later(start, hours=1), times=2)
        is_over.set()
    is_open = "the pool is open"
    seen = follow(record, watch(cast.onlooker, lambda seen: not seen.is_closed, is_open, SOON_SECONDS, "spot-engine"))
    names = [str(lease["name"]) for lease in cloud.blazar("owner").lease.list()]
    newcomer = spot_moves_in(cast, record, "newcomer")
    patience = soon_after(start_at)
    is_past = "the start that was asked for passes"
    after = follow(record, watch(cast.onlooker, lambda seen: seen.at > start_at + 5, is_past, patience, "nova-api"))
    return HalfBooked(
        answer=answer,
        start_at=start_at,
        was_closed=was_closed.result(),
        opened_at=seen.at,
        leases=[name for name in names if name.startswith(f"{cast.stage.name}-")],
        life=record.lives[spot.id],
        newcomer=newcomer,
        after=after,
        delete_asked_at=cast.onlooker.deletion_asked_at(spot.id),
        notices=notices_of(cloud, spot.id),
    )


def races(cast: Cast, cloud: Cloud, rounds: int = ROUNDS) -> list[Race]:
    """Whoever loses begins a little earlier the next time, so that it is close however fast either of them is."""
    cloud.delete_seconds(0, host=cast.stage.host)
    found: list[Race] = []
    head_start = 0.0
    for number in range(rounds):
        found.append(_race(cast, cloud, number, head_start))
        head_start += STEP_SECONDS if isinstance(found[-1].answer, Lease) else -STEP_SECONDS
    return found


def _race(cast: Cast, cloud: Cloud, number: int, head_start: float) -> Race:
    """The lease starts now, or soon if that is near."""
    start = start_in(3) if seconds_until(start_in(3)) < 40 else "now"
    both = threading.Barrier(2)
    with ThreadPoolExecutor(max_workers=1) as threads:
        booking = threads.submit(_take_part, both, -head_start, partial(cast.owner.ask, start, later(start, hours=1)))
        other = Cast(Cloud(cloud.state_dir), cast.stage)
        server = _take_part(both, head_start, partial(other.spot_user.boot, f"spot-{number}"))
        answer = booking.result()
    compute = cloud.connection("admin").compute

    def is_built() -> bool:
        return compute.get_server(server).status in ("ACTIVE", "ERROR")

    wait_until(is_built, "the instance is ACTIVE or in ERROR", at_most=SOON_SECONDS, every=0.3)
    seen = compute.get_server(server)
    race = Race(
        head_start=head_start,
        answer=answer,
        booted=seen.status,
        is_on_the_host=server in cloud.guests_on(cast.stage.host),
        is_going=seen.task_state == "deleting",
    )
    cast.spot_user.delete(server)
    if isinstance(answer, Lease):
        wait_until(partial(_gives_back, cast, answer), "the lease is deleted", at_most=SOON_SECONDS, every=0.5)
    wait_until(partial(_is_free, cast), "the host is free again", at_most=SOON_SECONDS, every=0.3)
    return race


def _take_part(both: threading.Barrier, head_start: float, act: Any) -> Any:
    """Begin together with the other one, or so much later."""
    both.wait(timeout=SOON_SECONDS)
    begin = time.monotonic() - min(head_start, 0)
    wait_until(lambda: time.monotonic() >= begin, "it is time", at_most=SOON_SECONDS, every=0.01)
    return act()


def _gives_back(cast: Cast, lease: Lease) -> bool:
    """Delete the lease; one that is just being started cannot be."""
    with suppress(BlazarClientException):
        cast.owner.give_back(lease.id)
        return True
    return False


def _is_free(cast: Cast) -> bool:
    seen = cast.onlooker.look()
    return seen.serves == ("freepool",) and not seen.is_closed and not seen.guests


def _sees_it_closed(cast: Cast, is_over: threading.Event) -> bool:
    was_closed = False
    while not is_over.is_set():
        was_closed = bool(cast.onlooker.is_closed()) or was_closed
    return was_closed


def _runs_for(guest: Guest) -> float:
    assert guest.launched_at is not None
    return time.time() - guest.launched_at
