# SPDX-License-Identifier: Apache-2.0
"""The plot: spot instances fill a host, a reservation needs it, and the host changes hands.

The same plot is played whatever plugin Blazar runs, so it never assumes how the cloud answers: it asks, watches, and
yields everything it sees. Every wait has a bound. Nothing is judged here (see `verdict`) and nothing drawn.
"""

import time
from collections.abc import Callable, Generator, Iterator
from datetime import UTC, datetime, timedelta

from blazar_spot.demo.cast import Cast, Onlooker, Refusal
from blazar_spot.demo.sights import Deleted, Guest, Lease, Mark, Picture, Remark, Sight, clock_time
from blazar_spot.devcloud.stock import FREEPOOL
from blazar_spot.devcloud.waiting import Stopwatch

LEASE_FORMAT = "%Y-%m-%d %H:%M"
LEASE_LASTS = timedelta(hours=1)
PATIENCE_SECONDS = 120
"""For what happens soon, however slow the machine is: nobody waits longer than it takes."""


class Stuck(Exception):
    """Something that had to happen did not; ``service`` is whose log to read."""

    def __init__(self, what: str, service: str) -> None:
        super().__init__(what)
        self.service = service


def watch(
    onlooker: Onlooker, until: Callable[[Picture], bool], what: str, at_most: float, service: str
) -> Generator[Sight, None, Picture]:
    """Look again and again, yielding what is seen, until it is as it should be; that last picture is returned."""
    stopwatch = Stopwatch()
    while True:
        seen = onlooker.look()
        yield seen
        if until(seen):
            return seen
        if stopwatch.seconds > at_most:
            raise Stuck(f"{what}: not within {at_most:.0f} s", service)
        time.sleep(onlooker.look_every)


class Story:
    """One play on one stage."""

    def __init__(self, cast: Cast, spots: int = 4) -> None:
        self._spot_user = cast.spot_user
        self._owner = cast.owner
        self._onlooker = cast.onlooker
        self._host = cast.stage.host
        self._spots = [f"spot-{number}" for number in range(1, spots + 1)]

    def play(self) -> Iterator[Sight]:
        """Play it from the first boot to the day after."""
        ids = yield from self._spots_move_in()
        lease = yield from self._the_host_is_reserved()
        if lease.start_at > time.time():
            yield from self._one_more_is_turned_away(lease)
        lease = yield from self._the_start_comes(lease)
        yield from self._the_owner_moves_in(lease)
        yield from self._what_the_record_says(ids)
        yield from self._spot_comes_back(lease)

    def _spots_move_in(self) -> Generator[Sight, None, list[str]]:
        yield self._say("demo", f"boots {len(self._spots)} preemptible instances, one GPU each")
        ids = [self._spot_user.boot(name) for name in self._spots]
        are_active = "the preemptible instances are ACTIVE"
        seen = yield from self._watch(
            lambda seen: all(_is(seen.guest(name), "ACTIVE", "ERROR") for name in self._spots),
            are_active,
            PATIENCE_SECONDS,
            "nova-scheduler",
        )
        if not all(_is(seen.guest(name), "ACTIVE") for name in self._spots):
            raise Stuck(f"{are_active}: one is in ERROR", "nova-scheduler")
        yield self._say("demo", f"computes on {self._host}, which nobody has reserved", Mark.MOVED_IN)
        return ids

    def _the_host_is_reserved(self) -> Generator[Sight, None, Lease]:
        yield self._say("owner", "asks for the whole host, starting now")
        answer = self._ask("now")
        for _ in range(3):
            if isinstance(answer, Lease):
                break
            yield self._say("blazar", f"says no, HTTP {answer.status}: {answer.sentence}", Mark.REFUSED)
            if answer.earliest_start is None:
                break
            yield self._say("owner", f"asks again, for the offered start at {answer.earliest_start}")
            answer = self._ask(answer.earliest_start)
        if isinstance(answer, Refusal):
            raise Stuck(f"the reservation cannot be had: {answer.sentence}", "blazar-manager")
        self._onlooker.lease_id = answer.id
        yield self._say("blazar", f"says yes: the lease starts at {clock_time(answer.start_at)}", Mark.BOOKED)
        return answer

    def _ask(self, start: str) -> Lease | Refusal:
        begins = datetime.now(UTC) if start == "now" else datetime.strptime(start, LEASE_FORMAT).replace(tzinfo=UTC)
        return self._owner.ask(start, (begins + LEASE_LASTS).strftime(LEASE_FORMAT))

    def _one_more_is_turned_away(self, lease: Lease) -> Iterator[Sight]:
        yield from self._watch(
            lambda seen: bool(seen.is_closed) or _is_decided(seen),
            "the host's spot pool is closed",
            _until_start(lease) + PATIENCE_SECONDS,
            "spot-engine",
        )
        yield self._say("demo", "tries one more preemptible instance; there is room on the host")
        late = self._spot_user.boot("late")
        seen = yield from self._watch(
            lambda seen: _is(seen.guest("late"), "ACTIVE", "ERROR"),
            "Nova decides on it",
            PATIENCE_SECONDS,
            "nova-scheduler",
        )
        if _is(seen.guest("late"), "ERROR"):
            yield self._say("nova", "No valid host: it would not get its minimum uptime", Mark.TURNED_AWAY)
        self._spot_user.delete(late)

    def _the_start_comes(self, lease: Lease) -> Generator[Sight, None, Lease]:
        # Blazar looks every 10 s, and upstream's plugin deletes only then.
        at_most = _until_start(lease) + PATIENCE_SECONDS
        seen = yield from self._watch(_is_decided, "the lease is ACTIVE or ERROR", at_most, "blazar-manager")
        return seen.lease or lease

    def _the_owner_moves_in(self, lease: Lease) -> Iterator[Sight]:
        if lease.status != "ACTIVE":
            yield self._say("owner", f"has a lease in {lease.status} and cannot start anything")
            yield from self._watch(
                lambda seen: not any(guest.is_going for guest in seen.guests),
                "the deletes end",
                PATIENCE_SECONDS,
                "compute-host01",
            )
            return
        yield self._say("owner", "starts an instance in the reservation")
        self._owner.boot("owner", lease.reservation_id)
        seen = yield from self._watch(
            lambda seen: _is(seen.guest("owner"), "ACTIVE", "ERROR"),
            "Nova starts it",
            PATIENCE_SECONDS,
            "nova-scheduler",
        )
        guest = seen.guest("owner")
        if guest and guest.status == "ACTIVE" and guest.host == self._host:
            yield self._say("owner", f"computes on {guest.host}", Mark.OWNER_ACTIVE)

    def _what_the_record_says(self, ids: list[str]) -> Iterator[Sight]:
        for server_id in ids:
            asked_at = self._onlooker.deletion_asked_at(server_id)
            if asked_at is not None:
                yield Deleted(server_id, asked_at)

    def _spot_comes_back(self, lease: Lease) -> Iterator[Sight]:
        yield self._say("owner", "deletes the lease")
        self._owner.give_back(lease.id)
        yield from self._watch(
            lambda seen: seen.lease is None and not seen.is_closed and FREEPOOL in seen.serves,
            "the host waits for reservations again",
            PATIENCE_SECONDS,
            "blazar-manager",
        )
        yield self._say("blazar", "puts the host back into its pool", Mark.ENDED)
        self._spot_user.boot("again")
        seen = yield from self._watch(
            lambda seen: _is(seen.guest("again"), "ACTIVE", "ERROR"),
            "Nova decides on it",
            PATIENCE_SECONDS,
            "nova-scheduler",
        )
        if _is(seen.guest("again"), "ACTIVE"):
            yield self._say("demo", "computes there again", Mark.CAME_BACK)

    def _watch(
        self, until: Callable[[Picture], bool], what: str, at_most: float, service: str
    ) -> Generator[Sight, None, Picture]:
        return watch(self._onlooker, until, what, at_most, service)

    def _say(self, who: str, text: str, mark: Mark | None = None) -> Remark:
        return Remark(time.time(), who, text, mark)


def _until_start(lease: Lease) -> float:
    return max(0.0, lease.start_at - time.time())


def _is(guest: Guest | None, *statuses: str) -> bool:
    return guest is not None and guest.status in statuses


def _is_decided(seen: Picture) -> bool:
    return seen.lease is not None and seen.lease.status in ("ACTIVE", "ERROR")
