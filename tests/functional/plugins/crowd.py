# SPDX-License-Identifier: Apache-2.0
"""Many users, a monitor and an engine at once, on one blazar-manager: each thread does what it does again and again.

What Blazar or we refuse is part of it, since leases vanish and hosts are taken in between. Anything else that goes
wrong is kept for the test, and so is the longest that anything took.
"""

import random
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from blazar import status
from blazar.db import api as db_api
from blazar.db import exceptions as db_exceptions
from blazar.exceptions import BlazarException

from blazar_spot.core.errors import NotNow
from tests.functional.plugins.reservations import HOUR, MINUTE, Reservations, a_context

PATIENCE = 60
"""How long whatever is under way may take to end."""
PAUSE = 0.05
"""How long nobody tries again what was refused: the others shall get on meanwhile."""
MUST = ("book", "book_soon", "move", "heal", "drop", "poll", "pass_time", "rebind")
"""What is done at least once in any run."""


@dataclass
class Crowd:
    """What is done, counted, and what went wrong."""

    reservations: Reservations
    hosts: list[str]
    done: Counter[str] = field(default_factory=Counter)
    failures: list[BaseException] = field(default_factory=list)
    missing: set[str] = field(default_factory=set)
    longest: float = 0.0
    _over: threading.Event = field(default_factory=threading.Event)
    _one_by_one: threading.Lock = field(default_factory=threading.Lock)
    _changing: set[str] = field(default_factory=set)

    def act(self, seconds: int, look: Callable[[], None]) -> None:
        """Ten threads and time itself act for so long, and on for a while if by then something of what must be done was
        not done on a slow machine; ``look`` is called again and again meanwhile."""
        chores = [self.book] * 3 + [self.book_soon] + [self.move] * 2 + [self.drop] * 2
        chores += [self.heal, self.poll, self.pass_time]
        threads = [
            threading.Thread(target=self._again_and_again, args=(chore, random.Random(number)), daemon=True)
            for number, chore in enumerate(chores)
        ]
        for thread in threads:
            thread.start()
        until = time.monotonic() + seconds
        try:
            while not self.failures and time.monotonic() < until + (0 if self.has_done_all() else PATIENCE):
                look()
        finally:
            self._over.set()
            for thread in threads:
                thread.join(PATIENCE)
        assert not any(thread.is_alive() for thread in threads), "a thread hangs"

    def has_done_all(self) -> bool:
        return all(self.done[name] for name in MUST)

    def book(self, dice: random.Random) -> None:
        self.reservations.lease(dice.randrange(40, 8 * 60) * MINUTE, dice.randrange(20, 120), count=dice.randint(1, 3))

    def book_soon(self, dice: random.Random) -> None:
        """A lease whose fence closes in a minute or two, on a host that has become dear since it was chosen."""
        lease = self.reservations.lease(dice.randrange(35, 38) * MINUTE, 20)
        for host in self.reservations.hosts(lease):
            self.reservations.world.cloud.boot("spot", host=host)

    def move(self, dice: random.Random) -> None:
        with self._a_lease(dice) as lease:
            start_at = self.reservations.start_of(lease) + dice.randrange(-60, 60) * MINUTE
            end_at = start_at + dice.randrange(20, 120) * MINUTE
            self.reservations.update(lease, start_date=start_at, end_date=end_at)

    def drop(self, dice: random.Random) -> None:
        """Users give leases back when there are many; otherwise no host would ever be free."""
        if len(db_api.lease_list()) <= 2 * len(self.hosts):
            raise NotNow("there are few leases")
        with self._a_lease(dice) as lease:
            self.reservations.delete(lease)

    def heal(self, dice: random.Random) -> None:
        """A host fails, its reservations get others, and it is repaired."""
        number = str(dice.randint(1, len(self.hosts)))
        now = self.reservations.world.clock.now()
        window = [self.reservations.world.naive(instant) for instant in (now, now + 24 * HOUR)]
        db_api.host_update(number, {"reservable": False})
        flags = self.reservations.plugin.heal_reservations([db_api.host_get(number)], *window)
        self.missing |= {name for name, flag in flags.items() if flag.get("missing_resources")}
        db_api.host_update(number, {"reservable": True})

    def poll(self, dice: random.Random) -> None:
        self.reservations.poll()

    def pass_time(self, dice: random.Random) -> None:
        """Time passes, spot instances come, the engine ticks, and the monitor polls beside the one that always does:
        what late binding decides is due for a minute only."""
        world = self.reservations.world
        if dice.random() < 0.05:
            world.cloud.boot("spot", host=dice.choice(self.hosts))
        world.pass_time(15)
        world.whole.engine.tick()
        self.reservations.poll()

    @contextmanager
    def _a_lease(self, dice: random.Random) -> Iterator[dict[str, Any]]:
        """One that nobody else changes meanwhile: Blazar looks whether it may be changed, and only then says that it
        is. Two who ask for that at once both go on."""
        with self._one_by_one:
            leases = [lease for lease in db_api.lease_list() if lease["status"] == status.lease.PENDING]
            free = [lease for lease in leases if lease["id"] not in self._changing]
            if not free:
                raise NotNow("there is no lease to change")
            lease: dict[str, Any] = dice.choice(free)
            self._changing.add(lease["id"])
        try:
            yield lease
        finally:
            self._changing.discard(lease["id"])

    def _again_and_again(self, chore: Callable[[random.Random], None], dice: random.Random) -> None:
        with a_context():
            while not self._over.is_set():
                began = time.monotonic()
                name = chore.__name__
                try:
                    chore(dice)
                except (BlazarException, db_exceptions.BlazarDBException, NotNow):
                    name = f"{name} refused"
                    self._over.wait(PAUSE)
                except BaseException as failure:
                    self.failures.append(failure)
                    return
                with self._one_by_one:
                    self.done[name] += 1
                    self.longest = max(self.longest, time.monotonic() - began)
