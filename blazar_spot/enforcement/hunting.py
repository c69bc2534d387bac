# SPDX-License-Identifier: Apache-2.0
"""Makes those go who have to: looks once more whether they are due, and puts on record what is withheld or too early.

Whom a reclaim wants gone was decided by a look at its host, which took its time, and a delete cannot be undone. So each
of them is decided again by what the database says now. Those whose holders let them go early go when there is nothing
else to do. How an instance is made to go is ``evictions``'.
"""

import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from blazar_spot.core.errors import SpotError
from blazar_spot.core.evictions import is_room_kept
from blazar_spot.core.lateness import is_short
from blazar_spot.core.policy import Policy
from blazar_spot.core.promises import Reclaim
from blazar_spot.core.record import Cause, breach, deed
from blazar_spot.core.steps import Evict, next_step
from blazar_spot.core.switch import Mode
from blazar_spot.enforcement.evictions import Evictions, Quarry
from blazar_spot.enforcement.fleet import Fleet
from blazar_spot.enforcement.knowledge import Known, read
from blazar_spot.enforcement.occupancy import Look
from blazar_spot.ports.clock import Clock
from blazar_spot.ports.compute import Compute
from blazar_spot.ports.store import Store

LOG = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Wanted:
    """Who has to go, as it was decided by this look."""

    reclaim: Reclaim
    look: Look
    is_closed: bool
    instances: frozenset[str]


class Hunting:
    """Hunts for whoever was wanted by the last look at all hosts."""

    def __init__(
        self, store: Store, compute: Compute, evictions: Evictions, clock: Clock, policy: Policy, mode: Mode
    ) -> None:
        self._store = store
        self._compute = compute
        self._evictions = evictions
        self._clock = clock
        self._policy = policy
        self._mode = mode
        self._wanted: list[Wanted] = []

    def call_off(self) -> None:
        """Nobody is wanted until the next look says so."""
        self._wanted = []

    def want(self, wanted: Wanted) -> None:
        """From now on, too."""
        self._wanted.append(wanted)

    def hunt(self, fleet: Fleet) -> list[Quarry]:
        """Take the next measure for all who are due. Worth doing again as soon as some of them are gone."""
        if not self._wanted:
            return []
        with self._store.begin() as work:
            known = read(work, [wanted.look for wanted in self._wanted], self._mode, self._clock.now())
        by_turn = sorted(self._wanted, key=self._is_early)
        quarries = _apart(quarry for wanted in by_turn if (quarry := self._still_due(wanted, known)))
        self._evictions.pursue(quarries, fleet.ids)
        return quarries

    def confirm_moves(self, quarries: Sequence[Quarry]) -> None:
        """Let those who have moved away leave their old hosts for good."""
        for quarry in quarries:
            for server in sorted(quarry.moved):
                try:
                    self._compute.confirm_move(server)
                except SpotError as error:
                    LOG.warning("%s has moved away from %s and is not confirmed: %s", server, quarry.host, error)

    def _is_early(self, wanted: Wanted) -> bool:
        return self._clock.now() < wanted.reclaim.evict_at

    def _still_due(self, wanted: Wanted, known: Known) -> Quarry | None:
        reclaim, look = wanted.reclaim, wanted.look
        if known.reclaims.get(reclaim.id) != reclaim:
            return None
        seen = known.of(look, is_closed=wanted.is_closed)
        step = next_step(reclaim, known.claims.get(reclaim.id), seen, self._clock.now())
        if not isinstance(step, Evict):
            return None
        if self._is_early(wanted):
            due_at = (one.evict_at for one in known.reclaims.values())
            if known.withheld or is_room_kept(due_at, self._policy, self._clock.now()):
                return None
        elif known.withheld:
            self._withhold(reclaim, known.withheld)
            return None
        due = wanted.instances & step.instances
        self._put_short_uptimes_on_record(reclaim, known, due & look.groups.spots)
        incidents = {one: known.notices[one].id for one in due if one in known.notices}
        return Quarry(reclaim.host, reclaim.id, due, look.soft_deleted, step.moved, incidents)

    def _withhold(self, reclaim: Reclaim, reason: str) -> None:
        with self._store.begin() as work:
            is_new = work.add(deed("withheld", self._clock.now(), reclaim.id, reclaim.host, once=reason[:60]))
        if is_new:
            LOG.warning("%s will be late at %d: %s", reclaim.host, reclaim.start_at, reason)

    def _put_short_uptimes_on_record(self, reclaim: Reclaim, known: Known, due: frozenset[str]) -> None:
        now = self._clock.now()
        consenting = {one for one in due if one in known.notices and known.notices[one].ready_at is not None}
        short = [
            one
            for one in sorted(due - consenting - known.evictions.keys())
            if one in known.instances and is_short(known.instances[one], now, self._policy)
        ]
        if short:
            with self._store.begin() as work:
                for one in short:
                    cause = Cause.OVERRIDDEN if self._policy.breaks_promises else Cause.SLOW_BOOT
                    work.add(breach(cause, now, reclaim.id, reclaim.host, one))


def _apart(quarries: Iterable[Quarry]) -> list[Quarry]:
    """Who is in the way of several claims on a shared host is hunted for the first of them."""
    hunted: set[str] = set()
    found = []
    for quarry in quarries:
        found.append(replace(quarry, instances=quarry.instances - hunted))
        hunted |= quarry.instances
    return found
