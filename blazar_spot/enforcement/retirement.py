# SPDX-License-Identifier: Apache-2.0
"""Takes everything of ours out of the cloud again: what flavors ask of the pools, notices that guests can read, pools.

Nobody is evicted for it, and what is still in use is named and left for another run. Each step is idempotent and on
its own, and one that fails holds up no other. It is refused while somebody could put everything back or counts on it:
``objections`` says who, and what to do.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

from blazar_spot.core.errors import NotFound, NotNow, SpotError
from blazar_spot.core.fences import OPEN
from blazar_spot.core.heartbeat import SILENT_AFTER
from blazar_spot.core.instants import minute
from blazar_spot.core.notice import KEYS
from blazar_spot.core.reclaim import State
from blazar_spot.ports.clock import Clock
from blazar_spot.ports.compute import Compute, Server
from blazar_spot.ports.pool import Pool, Sight
from blazar_spot.ports.store import Store

TOLD = frozenset({State.NOTIFIED, State.EVICTING, State.VERIFYING, State.OVERDUE})
"""The states in which spot instances have been told when they end, and the hand-over has not happened."""


@dataclass(frozen=True, slots=True)
class Step:
    """One thing to do, in the words of an operator."""

    what: str
    do: Callable[[], object]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a step: nothing to add if it was done, else why not."""

    what: str
    left: str = ""


class Retirement:
    """The way out."""

    def __init__(self, store: Store, compute: Compute, pool: Pool, clock: Clock) -> None:
        self._store = store
        self._compute = compute
        self._pool = pool
        self._clock = clock

    def objections(self) -> list[str]:
        """Why it should not be done now."""
        now = self._clock.now()
        with self._store.begin() as work:
            beats = [one for one in work.heartbeats() if not one.is_silent(now)]
            told = [] if work.switch().paused_at is not None else work.open_reclaims()
        return [
            f"Engine {one.pid} on {one.host} gave a sign of life {now - one.beat_at} s ago and would put everything "
            f"back: stop it, and try again in {SILENT_AFTER - (now - one.beat_at) + 1} s"
            for one in beats
        ] + [
            f"{one.host} is {one.state} and to be free at {minute(one.start_at)}, and its spot instances count on "
            "their notices: wait for that, or pause the evictions (engine pause)"
            for one in told
            if one.state in TOLD
        ]

    def steps(self) -> Iterator[Step | Outcome]:
        """Everything there is to do; what cannot even be listed is an outcome already.

        The flavors come first: while they ask for the pools, nothing of them can be scheduled without pools.
        """
        for what, listed in (
            ("List the flavors", self._flavors),
            ("List the spot instances", self._notices),
            ("List the spot pools", self._pools),
        ):
            try:
                found = listed()
            except SpotError as error:
                yield Outcome(what, str(error))
            else:
                yield from found

    def run(self) -> Iterator[Outcome]:
        """Do it, step by step."""
        for step in self.steps():
            yield step if isinstance(step, Outcome) else _outcome(step)

    def _flavors(self) -> list[Step]:
        flavors = sorted(self._compute.enrolled_flavors().items(), key=lambda flavor: flavor[1])
        return [
            Step(f"Let flavor {name} ask for no spot pool", partial(self._compute.unenrol_flavor, flavor))
            for flavor, name in flavors
        ]

    def _notices(self) -> list[Step]:
        told = {server.id: server for server in self._compute.spot_servers() if server.metadata.keys() & KEYS}
        return [Step(f"Remove the notice from server {one.id}", partial(self._forget, one)) for one in told.values()]

    def _forget(self, server: Server) -> None:
        try:
            self._compute.remove_metadata(server.id, KEYS)
        except NotFound:
            return

    def _pools(self) -> list[Step]:
        return [
            Step(f"Remove the spot pool of {host}", partial(self._remove, host, seen))
            for host, seen in sorted(self._pool.pools().items())
        ]

    def _remove(self, host: str, seen: Sight) -> None:
        """One that is in use stays open: its instances may have to move, and until they are gone they ask for it."""
        try:
            self._pool.remove(host)
        except NotNow:
            self._pool.keep(host, OPEN, seen)
            inside = len(self._pool.spot_consumers(host))
            raise NotNow(f"{inside} instances are still in it; it is open, and can go when they have gone") from None


def _outcome(step: Step) -> Outcome:
    try:
        step.do()
    except SpotError as error:
        return Outcome(step.what, str(error))
    return Outcome(step.what)
