# SPDX-License-Identifier: Apache-2.0
"""Takes each reclaim as far as it can go now: look at its host, ask the rules for the next step, do it, record it.

A reclaim whose host cannot be looked at stays where it is and the others go on. What is done on the cloud is done
before it is recorded and can be done twice; what is recorded is checked against the one table of transitions. Who has
to be told is collected for ``announcing``, who has to go for ``hunting``.
"""

import logging
from collections.abc import Mapping
from dataclasses import replace

from blazar_spot.core.errors import SpotError, StaleVersion
from blazar_spot.core.lateness import is_fence_late, why_late
from blazar_spot.core.policy import Policy
from blazar_spot.core.promises import Reclaim
from blazar_spot.core.reclaim import ENDED, MAY_FOLLOW, State
from blazar_spot.core.record import Cause, breach, deed
from blazar_spot.core.steps import Enter, Evict, Notify, Seen, next_step
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
        after = [
            self._advance(reclaim, known, narrowed.get(reclaim.id) or looks.get(reclaim.host, NO_LOOK), closed)
            for reclaim in known.reclaims.values()
        ]
        self._announcing.announce(self._untold, known.instances)
        self._hunting.confirm_moves(self._hunting.hunt(fleet))
        return any(reclaim.state in _DELETING for reclaim in after)

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

    def _advance(self, reclaim: Reclaim, known: Known, look: Look, closed: frozenset[str]) -> Reclaim:
        try:
            return self._walk(reclaim, known, look, known.of(look, is_closed=reclaim.host in closed))
        except StaleVersion:
            LOG.info("Reclaim %s was changed by somebody else; deciding again", reclaim.id)
        except SpotError as error:
            LOG.warning("Reclaim %s of %s stays %s: %s", reclaim.id, reclaim.host, reclaim.state, error)
        return reclaim

    def _walk(self, reclaim: Reclaim, known: Known, look: Look, seen: Seen) -> Reclaim:
        now = self._clock.now()
        if look.groups.strangers and now >= reclaim.notice_at:
            self._occupancy.name_strangers(reclaim, look.groups.strangers)
        while reclaim.state not in ENDED:
            match next_step(reclaim, known.claims.get(reclaim.id), seen, now):
                case Enter(state):
                    reclaim = self._enter(reclaim, state, seen, known, look)
                case Notify(untold):
                    self._untold.append(Untold(reclaim, look, untold))
                    break
                case Evict() as planned:
                    self._hunting.want(Wanted(reclaim, look, seen.is_closed, planned.instances))
                    break
                case wait:
                    LOG.debug("Reclaim %s of %s is %s: %s", reclaim.id, reclaim.host, reclaim.state, wait)
                    break
        return reclaim

    def _enter(self, reclaim: Reclaim, state: State, seen: Seen, known: Known, look: Look) -> Reclaim:
        if state not in MAY_FOLLOW[reclaim.state]:
            raise AssertionError(f"{state} may not follow {reclaim.state}")
        now = self._clock.now()
        with self._store.begin() as work:
            after = work.put_reclaim(replace(reclaim, state=state))
            work.add(deed(f"is {state}", now, reclaim.id, reclaim.host))
            if state is State.FENCED and is_fence_late(reclaim, self._policy, now):
                work.add(breach(Cause.FENCE_LATE, now, reclaim.id, reclaim.host, details=f"due at {reclaim.fence_at}"))
            if state is State.OVERDUE:
                _put_lateness_on_record(work, reclaim, seen, known, look, now)
        LOG.info("Reclaim %s: %s is %s", reclaim.id, reclaim.host, state)
        return after


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
