# SPDX-License-Identifier: Apache-2.0
"""Takes each reclaim as far as it can go now: look at its host, ask the rules for the next step, do it, record it.

A reclaim whose host cannot be looked at stays where it is and the others go on. What is done on the cloud is done
before it is recorded and can be done twice; what is recorded is checked against the one table of transitions.
"""

import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from blazar_spot.core.errors import SpotError, StaleVersion
from blazar_spot.core.evictions import Eviction
from blazar_spot.core.lateness import is_fence_late, is_short, is_unfenced, why_late
from blazar_spot.core.policy import Policy
from blazar_spot.core.promises import Claim, Instance, Notice, Reclaim
from blazar_spot.core.reclaim import ENDED, MAY_FOLLOW, State
from blazar_spot.core.record import Cause, breach, deed
from blazar_spot.core.steps import Enter, Evict, Notify, Seen, next_step
from blazar_spot.core.switch import Mode, withheld
from blazar_spot.enforcement.evictions import Evictions, Quarry
from blazar_spot.enforcement.fleet import Fleet
from blazar_spot.enforcement.ledger import as_seen
from blazar_spot.enforcement.notices import Notices
from blazar_spot.enforcement.occupancy import NO_LOOK, Look, Occupancy
from blazar_spot.enforcement.sharing import Sharing
from blazar_spot.ports.clock import Clock
from blazar_spot.ports.compute import Compute
from blazar_spot.ports.store import Store, Work

LOG = logging.getLogger(__name__)

_DELETING = frozenset({State.EVICTING, State.VERIFYING})


@dataclass(frozen=True, slots=True)
class _Wanted:
    """Who has to go, as it was decided by this look."""

    reclaim: Reclaim
    look: Look
    is_closed: bool
    instances: frozenset[str]


@dataclass(frozen=True, slots=True)
class _Untold:
    """Who has to be told because of a reclaim."""

    reclaim: Reclaim
    look: Look
    instances: frozenset[str]


@dataclass(frozen=True, slots=True)
class _Known:
    """What the database says now; of instances, those that were seen on the hosts."""

    reclaims: Mapping[str, Reclaim]
    claims: Mapping[str, Claim]
    notices: Mapping[str, Notice]
    instances: Mapping[str, Instance]
    evictions: Mapping[str, Eviction]
    withheld: str


class Reclaims:
    """Advances every open reclaim."""

    def __init__(
        self,
        store: Store,
        compute: Compute,
        occupancy: Occupancy,
        sharing: Sharing,
        notices: Notices,
        evictions: Evictions,
        clock: Clock,
        policy: Policy,
        mode: Mode,
    ) -> None:
        self._store = store
        self._compute = compute
        self._occupancy = occupancy
        self._sharing = sharing
        self._notices = notices
        self._evictions = evictions
        self._clock = clock
        self._policy = policy
        self._mode = mode
        self._wanted: list[_Wanted] = []
        self._untold: list[_Untold] = []

    def advance(self, fleet: Fleet, closed: frozenset[str]) -> bool:
        """Take each open reclaim as many steps as it can go now; whether one is deleting."""
        now = self._clock.now()
        with self._store.begin() as work:
            hosts = {reclaim.host for reclaim in work.open_reclaims() if reclaim.fence_at <= now}
        looks = self._occupancy.look(hosts, fleet)
        self._evictions.settle(fleet.ids, {host: look.occupants for host, look in looks.items()})
        with self._store.begin() as work:
            known = self._read(work, looks.values())
        self._wanted, self._untold = [], []
        narrowed = self._narrowed(known, looks)
        after = [
            self._advance(reclaim, known, narrowed.get(reclaim.id) or looks.get(reclaim.host, NO_LOOK), closed)
            for reclaim in known.reclaims.values()
        ]
        self._notify(self._untold, known)
        for quarry in self.evict(fleet):
            self._confirm(quarry)
        return any(reclaim.state in _DELETING for reclaim in after)

    def evict(self, fleet: Fleet) -> list[Quarry]:
        """Make those go that were due when the hosts were looked at, and still are by what the database says now:
        looking took its time, and a delete cannot be undone. Worth doing again as soon as some of them are gone."""
        if not self._wanted:
            return []
        with self._store.begin() as work:
            known = self._read(work, [wanted.look for wanted in self._wanted])
        quarries = _apart(quarry for wanted in self._wanted if (quarry := self._still_due(wanted, known)))
        self._evictions.pursue(quarries, fleet.ids)
        return quarries

    def _read(self, work: Work, looks: Iterable[Look]) -> _Known:
        present = {server.id for look in looks for server in look.servers}
        return _Known(
            reclaims={reclaim.id: reclaim for reclaim in work.open_reclaims()},
            claims={claim.id: claim for claim in work.open_claims()},
            notices={notice.instance_id: notice for notice in work.open_notices()},
            instances={instance.id: instance for instance in work.instances_by_id(present)},
            evictions={eviction.id: eviction for eviction in work.open_evictions()},
            withheld=withheld(self._mode, work.switch()),
        )

    def _narrowed(self, known: _Known, looks: Mapping[str, Look]) -> dict[str, Look]:
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

    def _advance(self, reclaim: Reclaim, known: _Known, look: Look, closed: frozenset[str]) -> Reclaim:
        try:
            return self._walk(reclaim, known, look, self._seen(reclaim, known, look, closed))
        except StaleVersion:
            LOG.info("Reclaim %s was changed by somebody else; deciding again", reclaim.id)
        except SpotError as error:
            LOG.warning("Reclaim %s of %s stays %s: %s", reclaim.id, reclaim.host, reclaim.state, error)
        return reclaim

    def _seen(self, reclaim: Reclaim, known: _Known, look: Look, closed: frozenset[str]) -> Seen:
        groups = look.groups
        return Seen(
            is_closed=reclaim.host in closed,
            spots=groups.spots,
            occupants=look.occupants,
            notices={one: known.notices[one] for one in groups.spots if one in known.notices},
            condemned=groups.condemned,
            moved=groups.moved,
            asked=frozenset(one for one, eviction in known.evictions.items() if eviction.is_accepted),
            unproven=frozenset(look.unproven),
        )

    def _walk(self, reclaim: Reclaim, known: _Known, look: Look, seen: Seen) -> Reclaim:
        now = self._clock.now()
        if look.groups.strangers and now >= reclaim.notice_at:
            self._occupancy.name_strangers(reclaim, look.groups.strangers)
        while reclaim.state not in ENDED:
            match next_step(reclaim, known.claims.get(reclaim.id), seen, now):
                case Enter(state):
                    reclaim = self._enter(reclaim, state, seen, known, look)
                case Notify(untold):
                    self._untold.append(_Untold(reclaim, look, untold))
                    break
                case Evict() as planned:
                    self._wanted.append(_Wanted(reclaim, look, seen.is_closed, planned.instances))
                    break
                case wait:
                    LOG.debug("Reclaim %s of %s is %s: %s", reclaim.id, reclaim.host, reclaim.state, wait)
                    break
        return reclaim

    def _enter(self, reclaim: Reclaim, state: State, seen: Seen, known: _Known, look: Look) -> Reclaim:
        if state not in MAY_FOLLOW[reclaim.state]:
            raise AssertionError(f"{state} may not follow {reclaim.state}")
        now = self._clock.now()
        with self._store.begin() as work:
            after = work.put_reclaim(replace(reclaim, state=state))
            work.add(deed(f"is {state}", now, reclaim.id, reclaim.host))
            if state is State.FENCED and is_fence_late(reclaim, self._policy, now):
                work.add(breach(Cause.FENCE_LATE, now, reclaim.id, reclaim.host, details=f"due at {reclaim.fence_at}"))
            if state is State.OVERDUE:
                evictions = [known.evictions[one] for one in seen.spots | seen.condemned if one in known.evictions]
                cause = why_late(reclaim, seen, look.groups.strangers, _unfenced(reclaim, look), evictions)
                if known.withheld:
                    cause = Cause.WITHHELD
                who = ", ".join(sorted(seen.occupants or ())) or "nobody knows"
                work.add(breach(cause, now, reclaim.id, reclaim.host, details=f"late; on the host: {who}"))
                LOG.error("%s is late for its reservation: %s", reclaim.host, cause)
        LOG.info("Reclaim %s: %s is %s", reclaim.id, reclaim.host, state)
        return after

    def _notify(self, untold: Sequence[_Untold], known: _Known) -> None:
        """Decide the notices of all reclaims together; or of one after another, if another engine decides some, too."""
        if not untold:
            return
        try:
            with self._store.begin() as work:
                for one in untold:
                    self._decide(work, one, known)
        except StaleVersion:
            LOG.info(
                "Notices for %s are decided by somebody else as well", ", ".join(one.reclaim.host for one in untold)
            )
            if len(untold) > 1:
                for one in untold:
                    self._notify([one], known)

    def _decide(self, work: Work, untold: _Untold, known: _Known) -> None:
        now = self._clock.now()
        reclaim = untold.reclaim
        instances = [
            as_seen(server, reclaim.host, known.instances.get(server.id), now)
            for server in untold.look.servers
            if server.id in untold.instances
        ]
        self._notices.decide(work, instances, reclaim)
        for one in sorted(untold.instances & _unfenced(reclaim, untold.look)):
            work.add(breach(Cause.UNFENCED_BOOT, now, reclaim.id, reclaim.host, one))

    def _still_due(self, wanted: _Wanted, known: _Known) -> Quarry | None:
        reclaim, look = wanted.reclaim, wanted.look
        if known.reclaims.get(reclaim.id) != reclaim:
            return None
        seen = self._seen(reclaim, known, look, frozenset({reclaim.host} if wanted.is_closed else ()))
        step = next_step(reclaim, known.claims.get(reclaim.id), seen, self._clock.now())
        if not isinstance(step, Evict):
            return None
        if known.withheld:
            self._withhold(reclaim, known.withheld)
            return None
        due = wanted.instances & step.instances
        self._put_short_uptimes_on_record(reclaim, known, due & look.groups.spots)
        return Quarry(reclaim, due, look.soft_deleted, step.moved)

    def _withhold(self, reclaim: Reclaim, reason: str) -> None:
        with self._store.begin() as work:
            is_new = work.add(deed("withheld", self._clock.now(), reclaim.id, reclaim.host, once=reason[:60]))
        if is_new:
            LOG.warning("%s will be late at %d: %s", reclaim.host, reclaim.start_at, reason)

    def _confirm(self, quarry: Quarry) -> None:
        for server in sorted(quarry.moved):
            try:
                self._compute.confirm_move(server)
            except SpotError as error:
                LOG.warning("%s has moved away from %s and is not confirmed: %s", server, quarry.reclaim.host, error)

    def _put_short_uptimes_on_record(self, reclaim: Reclaim, known: _Known, due: frozenset[str]) -> None:
        now = self._clock.now()
        short = [
            one
            for one in sorted(due - known.evictions.keys())
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


def _unfenced(reclaim: Reclaim, look: Look) -> frozenset[str]:
    spots = (server for server in look.servers if server.id in look.groups.spots)
    return frozenset(server.id for server in spots if is_unfenced(reclaim, server.created_at))
