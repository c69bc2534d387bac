# SPDX-License-Identifier: Apache-2.0
"""Takes each reclaim as far as it can go now: look at its host, ask the rules for the next step, do it, record it.

A reclaim whose host cannot be looked at stays where it is and the others go on. What is done on the cloud is done
before it is recorded and can be done twice; what is recorded is checked against the one table of transitions, and that
of all reclaims in one transaction. Who has to be told is collected for ``announcing``, who has to go for ``hunting``.
"""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from blazar_spot.core.errors import Permanent, SpotError, StaleVersion
from blazar_spot.core.lateness import is_fence_late, why_late
from blazar_spot.core.policy import Policy
from blazar_spot.core.promises import Reclaim
from blazar_spot.core.reclaim import ENDED, MAY_FOLLOW, State
from blazar_spot.core.record import Cause, breach, deed
from blazar_spot.core.steps import Enter, Evict, Notify, Seen, Step, next_step
from blazar_spot.core.switch import Mode
from blazar_spot.enforcement.announcing import Announcing, Untold, unfenced
from blazar_spot.enforcement.evictions import Evictions
from blazar_spot.enforcement.fleet import Fleet
from blazar_spot.enforcement.hunting import Hunting, Wanted
from blazar_spot.enforcement.knowledge import Known, read
from blazar_spot.enforcement.occupancy import NO_LOOK, Look, Occupancy
from blazar_spot.enforcement.sharing import Sharing
from blazar_spot.ports.clock import Clock
from blazar_spot.ports.store import Store, Work

LOG = logging.getLogger(__name__)

_DELETING = frozenset({State.EVICTING, State.VERIFYING})

LOOK_AT_READY_EVERY = 10
"""So many seconds lie between two looks at a host that was seen clean and waits for its reservation. Nobody is missed
by that: who hands it over looks himself, and just then the cloud has enough to do."""
LOOK_AT_ABSENT_EVERY = 60
"""The same for a host that is no more, as one that was drained and scrapped, until its order or lease is taken back."""


@dataclass(frozen=True, slots=True)
class _Walk:
    """How far a reclaim can go now: the states that it enters, and the step that is left then, if it has not ended."""

    reclaim: Reclaim
    states: Sequence[State]
    step: Step | None
    look: Look
    seen: Seen


class Reclaims:
    """Advances every open reclaim."""

    def __init__(
        self,
        store: Store,
        occupancy: Occupancy,
        sharing: Sharing,
        evictions: Evictions,
        announcing: Announcing,
        hunting: Hunting,
        clock: Clock,
        policy: Policy,
        mode: Mode,
    ) -> None:
        self._store = store
        self._occupancy = occupancy
        self._sharing = sharing
        self._evictions = evictions
        self._announcing = announcing
        self._hunting = hunting
        self._clock = clock
        self._policy = policy
        self._mode = mode
        self._untold: list[Untold] = []
        self._looked_at: dict[str, int] = {}

    def advance(self, fleet: Fleet, closed: frozenset[str]) -> bool:
        """Take each open reclaim as many steps as it can go now; whether one is deleting."""
        now = self._clock.now()
        looks = self._occupancy.look(self._worth_a_look(now, fleet), fleet)
        self._evictions.settle(fleet.ids, {host: look.occupants for host, look in looks.items()})
        with self._store.begin() as work:
            known = read(work, looks.values(), self._mode, now)
        self._untold = []
        self._hunting.call_off()
        narrowed = self._narrowed(known, looks)
        walks = [
            self._walk(reclaim, known, narrowed.get(reclaim.id) or looks.get(reclaim.host, NO_LOOK), closed)
            for reclaim in known.reclaims.values()
        ]
        self._name_strangers(walks)
        after = dict(known.reclaims)
        for walk in self._record(walks, known):
            after[walk.reclaim.id] = walk.reclaim
            self._pass_on(walk)
        self._announcing.announce(self._untold, known.instances)
        self._hunting.confirm_moves(self._hunting.hunt(fleet))
        return any(reclaim.state in _DELETING for reclaim in after.values())

    def _worth_a_look(self, now: int, fleet: Fleet) -> set[str]:
        """The hosts that are being freed; those that are free already, or are no more, only now and then."""
        with self._store.begin() as work:
            closed = [reclaim for reclaim in work.open_reclaims() if reclaim.fence_at <= now]
        looked_at = {one.host: self._looked_at[one.host] for one in closed if one.host in self._looked_at}
        hosts = {one.host for one in closed if now - looked_at.get(one.host, 0) >= self._rest(one, fleet)}
        self._looked_at = {**looked_at, **dict.fromkeys(hosts, now)}
        return hosts

    def _rest(self, reclaim: Reclaim, fleet: Fleet) -> int:
        """How long its host is not looked at again."""
        if self._occupancy.is_absent(reclaim.host, fleet):
            return LOOK_AT_ABSENT_EVERY
        return LOOK_AT_READY_EVERY if reclaim.state is State.READY else 0

    def _narrowed(self, known: Known, looks: Mapping[str, Look]) -> dict[str, Look]:
        """By reclaim of a part of a host, the look at who is in the way of just this part."""
        claims = [known.claims[one] for one in known.reclaims.keys() & known.claims.keys()]
        shared = [claim for claim in claims if claim.room is not None and claim.host in looks]
        usages = self._sharing.usages({claim.host for claim in shared if looks[claim.host].occupants is not None})
        every, instances, notices = known.claims.values(), known.instances, known.notices
        return {
            claim.id: self._sharing.narrowed(
                looks[claim.host], usages.get(claim.host), known.reclaims[claim.id], claim, every, instances, notices
            )
            for claim in shared
        }

    def _walk(self, reclaim: Reclaim, known: Known, look: Look, closed: frozenset[str]) -> _Walk:
        seen = known.of(look, is_closed=reclaim.host in closed)
        states: list[State] = []
        there = reclaim
        while there.state not in ENDED:
            step = next_step(there, known.claims.get(reclaim.id), seen, self._clock.now())
            if not isinstance(step, Enter):
                return _Walk(reclaim, states, step, look, seen)
            if step.state not in MAY_FOLLOW[there.state]:
                raise AssertionError(f"{step.state} may not follow {there.state}")
            states.append(step.state)
            there = replace(there, state=step.state)
        return _Walk(reclaim, states, None, look, seen)

    def _name_strangers(self, walks: Sequence[_Walk]) -> None:
        for walk in walks:
            if walk.look.groups.strangers and self._clock.now() >= walk.reclaim.notice_at:
                try:
                    self._occupancy.name_strangers(walk.reclaim, walk.look.groups.strangers)
                except SpotError as error:
                    LOG.warning("Not all who are in the way on %s are named: %s", walk.reclaim.host, error)

    def _record(self, walks: Sequence[_Walk], known: Known) -> list[_Walk]:
        """The walks with their reclaims as they are now: together, or one after another if one of them cannot be
        written, as when somebody else has changed it. That one is decided again on the next tick."""
        if not any(walk.states for walk in walks):
            return list(walks)
        try:
            with self._store.begin() as work:
                return [replace(walk, reclaim=self._enter(work, walk, known)) for walk in walks]
        except (StaleVersion, Permanent) as error:
            if len(walks) == 1:
                (walk,) = walks
                level = logging.INFO if isinstance(error, StaleVersion) else logging.ERROR
                LOG.log(
                    level,
                    "Reclaim %s of %s stays %s: %s",
                    walk.reclaim.id,
                    walk.reclaim.host,
                    walk.reclaim.state,
                    error,
                )
                return []
        return [stored for walk in walks for stored in self._record([walk], known)]

    def _enter(self, work: Work, walk: _Walk, known: Known) -> Reclaim:
        now = self._clock.now()
        reclaim = walk.reclaim
        for state in walk.states:
            reclaim = work.put_reclaim(replace(reclaim, state=state))
            work.add(deed(f"is {state}", now, reclaim.id, reclaim.host))
            if state is State.FENCED and is_fence_late(reclaim, self._policy, now):
                work.add(breach(Cause.FENCE_LATE, now, reclaim.id, reclaim.host, details=f"due at {reclaim.fence_at}"))
            if state is State.OVERDUE:
                _put_lateness_on_record(work, reclaim, walk.seen, known, walk.look, now)
        return reclaim

    def _pass_on(self, walk: _Walk) -> None:
        """What is to be done now is for others to do, for all reclaims together."""
        reclaim = walk.reclaim
        for state in walk.states:
            LOG.info("Reclaim %s: %s is %s", reclaim.id, reclaim.host, state)
        match walk.step:
            case Notify(untold):
                self._untold.append(Untold(reclaim, walk.look, untold))
            case Evict() as planned:
                self._hunting.want(Wanted(reclaim, walk.look, walk.seen.is_closed, planned.instances))
            case wait:
                LOG.debug("Reclaim %s of %s is %s: %s", reclaim.id, reclaim.host, reclaim.state, wait)


def _put_lateness_on_record(work: Work, reclaim: Reclaim, seen: Seen, known: Known, look: Look, now: int) -> None:
    evictions = [known.evictions[one] for one in seen.spots | seen.condemned if one in known.evictions]
    claim = known.claims.get(reclaim.id)
    cause = why_late(reclaim, seen, look.groups.strangers, unfenced(reclaim, look), evictions)
    if known.withheld:
        cause = Cause.WITHHELD
    who = ", ".join(sorted(seen.occupants or ())) or "nobody knows"
    work.add(breach(cause, now, reclaim.id, reclaim.host, details=f"late; on the host: {who}"))
    what = "reservation" if claim is None or not claim.is_drain else "drain"
    LOG.error("%s is late for its %s: %s", reclaim.host, what, cause)
