# SPDX-License-Identifier: Apache-2.0
"""Makes instances go: claims the next measure in the database, takes it on the cloud, records what came of it.

The claim comes first, so that of several engines one sends it. A process that dies in between leaves a claim that
expires. Measures are taken in parallel by threads that touch nothing but the cloud.
"""

import logging
from collections.abc import Collection, Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, field, replace
from functools import partial

from blazar_spot.core.errors import NotFound, SpotError
from blazar_spot.core.evictions import Eviction, Measure, Outcome, allowed, next_measure
from blazar_spot.core.policy import Policy
from blazar_spot.core.record import Cause, breach, deed
from blazar_spot.enforcement.logbook import about
from blazar_spot.enforcement.parallel import at_once
from blazar_spot.ports.clock import Clock
from blazar_spot.ports.compute import Compute
from blazar_spot.ports.store import Store, Work

LOG = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Quarry:
    """Who has to go from a host now, because of one reclaim if its id is not empty; a plain delete would not do for the
    ``soft_deleted``. ``moved`` have left already, and only their moves are to be confirmed. ``incidents`` are the
    ids of their notices by instance."""

    host: str
    reclaim_id: str
    instances: frozenset[str]
    soft_deleted: frozenset[str]
    moved: frozenset[str] = frozenset()
    incidents: Mapping[str, str] = field(default_factory=dict)


class Evictions:
    """Pursues every instance that has to go until it is gone."""

    def __init__(self, store: Store, compute: Compute, clock: Clock, policy: Policy) -> None:
        self._store = store
        self._compute = compute
        self._clock = clock
        self._policy = policy

    def pursue(self, quarries: Sequence[Quarry], listed: Set[str]) -> None:
        """Take for each of these instances the measure that is due now, if one is and there is room for it.

        ``listed`` are all spot servers: one that is not among them any more takes up no room.
        """
        claimed = self._claim(quarries, listed) if any(quarry.instances for quarry in quarries) else []
        if claimed:
            incidents = {one: incident for quarry in quarries for one, incident in quarry.incidents.items()}
            self._record(at_once(partial(self._take, incidents), claimed, self._policy.parallel_deletes))

    def settle(self, listed: Set[str], occupants: Mapping[str, Set[str] | None]) -> None:
        """Write down which instances are gone, and how long it took. ``occupants``: of hosts that were looked at."""
        now = self._clock.now()
        with self._store.begin() as work:
            for eviction in work.open_evictions():
                standing = occupants.get(eviction.host, frozenset())
                if standing is not None and eviction.id not in listed and eviction.id not in standing:
                    work.put_eviction(replace(eviction, gone_at=now))
                    self._tell(eviction, now)

    def _tell(self, eviction: Eviction, now: int) -> None:
        LOG.info(
            "%s on %s was gone %d s after the first delete (%s); configured: %d s each, %d s the slowest",
            eviction.id,
            eviction.host,
            now - eviction.asked_at,
            eviction.measure,
            self._policy.delete_takes,
            self._policy.delete_p99,
        )

    def _claim(self, quarries: Sequence[Quarry], listed: Set[str]) -> list[Eviction]:
        claimed: list[Eviction] = []
        with self._store.begin() as work:
            everyone = frozenset().union(*(quarry.instances for quarry in quarries))
            known = {eviction.id: eviction for eviction in work.evictions_by_id(everyone)}
            under_way = [eviction for eviction in work.open_evictions() if eviction.id in listed]
            for quarry in quarries:
                begun = self._begin(work, quarry, known, under_way)
                under_way += [eviction for eviction in begun if eviction.id not in known]
                claimed += begun
        return claimed

    def _begin(
        self, work: Work, quarry: Quarry, known: Mapping[str, Eviction], under_way: Collection[Eviction]
    ) -> list[Eviction]:
        now = self._clock.now()
        host = quarry.host
        begun = {one for one in quarry.instances if one in known and known[one].gone_at is None}
        may_begin = allowed(quarry.instances - begun, host, under_way, self._policy, now)
        claimed = []
        for one in sorted(begun | set(may_begin)):
            before = known.get(one)
            measure = next_measure(before, self._policy, now, is_soft_deleted=one in quarry.soft_deleted)
            if measure is not None:
                claimed.append(work.put_eviction(_begun(one, host, before, measure, now)))
                self._note(work, quarry, claimed[-1], now)
        return claimed

    def _note(self, work: Work, quarry: Quarry, eviction: Eviction, now: int) -> None:
        is_alarm = eviction.measure is Measure.ALARM  # which is repeated for as long as it takes
        once = str(eviction.asked_at) if is_alarm else ""
        work.add(deed(eviction.measure, now, quarry.reclaim_id, eviction.host, eviction.id, once=once))
        if not is_alarm:
            return
        stuck = breach(Cause.STUCK, now, quarry.reclaim_id, eviction.host, eviction.id, f"asked at {eviction.asked_at}")
        if work.add(stuck):
            log = about(LOG, quarry.incidents.get(eviction.id, ""))
            log.error("%s on %s withstands every measure", eviction.id, eviction.host)

    def _take(self, incidents: Mapping[str, str], eviction: Eviction) -> Eviction:
        """The eviction with what came of its measure."""
        log = about(LOG, incidents.get(eviction.id, ""))
        try:
            self._send(eviction.id, eviction.measure)
        except NotFound:
            pass
        except SpotError as error:
            log.warning("%s (%s) was refused: %s", eviction.id, eviction.measure, error)
            return replace(eviction, outcome=Outcome.REFUSED)
        log.info("%s (%s) was accepted", eviction.id, eviction.measure)
        return replace(eviction, outcome=Outcome.ACCEPTED)

    def _send(self, server: str, measure: Measure) -> None:
        match measure:
            case Measure.SHUTDOWN:
                self._compute.shut_down(server)
                return
            case Measure.RESET:
                self._compute.reset_state(server)
        self._compute.delete(server, force=measure is not Measure.DELETE)

    def _record(self, taken: Iterable[Eviction]) -> None:
        with self._store.begin() as work:
            for eviction in taken:
                work.put_eviction(eviction)


def _begun(server: str, host: str, before: Eviction | None, measure: Measure, now: int) -> Eviction:
    """The eviction with a measure that is about to be taken. The time of one that is taken again runs on."""
    if before is None or before.gone_at is not None:
        version = 0 if before is None else before.version
        return Eviction(
            id=server, host=host, asked_at=now, measure=measure, tried_at=now, outcome=Outcome.SENT, version=version
        )
    is_new = before.measure is not measure or measure is Measure.ALARM
    return replace(
        before, measure=measure, tried_at=now if is_new else before.tried_at, outcome=Outcome.SENT, host=host
    )
