# SPDX-License-Identifier: Apache-2.0
"""Makes the instances go whose interruption was ordered, when its time has come, by the same measures as for a reclaim.

Nobody is touched whose host cannot be looked at: it may be down, and a delete would take the row and leave the guest.
``interrupting`` is who takes the orders.
"""

import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from blazar_spot.core.evictions import Measure, is_room_kept
from blazar_spot.core.interruptions import is_due, is_too_short
from blazar_spot.core.policy import Policy
from blazar_spot.core.promises import Notice
from blazar_spot.core.record import Cause, breach, deed
from blazar_spot.core.switch import Mode, withheld
from blazar_spot.enforcement.evictions import Evictions, Quarry
from blazar_spot.enforcement.fleet import Fleet
from blazar_spot.enforcement.parallel import at_once
from blazar_spot.enforcement.witnesses import Witnesses
from blazar_spot.ports.clock import Clock
from blazar_spot.ports.compute import Server
from blazar_spot.ports.store import Store, Work

LOG = logging.getLogger(__name__)

HOSTS_AT_ONCE = 8


@dataclass(frozen=True, slots=True)
class _Due:
    """An instance that is to go, and the notice that says so."""

    server: Server
    host: str
    notice: Notice


class Interruptions:
    """Carries out what is due."""

    def __init__(
        self, store: Store, witnesses: Witnesses, evictions: Evictions, clock: Clock, policy: Policy, mode: Mode
    ) -> None:
        self._store = store
        self._witnesses = witnesses
        self._evictions = evictions
        self._clock = clock
        self._policy = policy
        self._mode = mode

    def carry_out(self, notices: Sequence[Notice], fleet: Fleet) -> bool:
        """Take the next measure for each that is due; whether looking again soon is worth it. ``notices``: those that
        are open."""
        due = self._due(notices, fleet)
        if not due:
            return False
        present = self._present(due)
        if not present or self._is_withheld(present):
            return False
        self._evictions.pursue(_by_host(self._with_room(present)), fleet.ids)
        return self._are_on_their_way(present)

    def _are_on_their_way(self, going: Iterable[_Due]) -> bool:
        """Whether a delete may end soon: none of those that withstand every measure does, and these are tried again at
        the usual pace."""
        with self._store.begin() as work:
            evictions = work.evictions_by_id([one.server.id for one in going])
        return any(one.gone_at is None and one.measure is not Measure.ALARM for one in evictions)

    def _due(self, notices: Iterable[Notice], fleet: Fleet) -> list[_Due]:
        now = self._clock.now()
        pairs = ((fleet.get(notice.instance_id), notice) for notice in notices if is_due(notice, now))
        return [_Due(server, server.host, notice) for server, notice in pairs if server and server.host]

    def _present(self, due: Iterable[_Due]) -> list[_Due]:
        """Those who were seen on their hosts."""
        hosts = sorted({one.host for one in due})
        seen = dict(zip(hosts, at_once(self._witnesses.occupants, hosts, HOSTS_AT_ONCE), strict=True))
        self._put_unseen_on_record([one for one in due if seen[one.host] is None])
        return [one for one in due if one.server.id in (seen[one.host] or ())]

    def _put_unseen_on_record(self, unseen: Sequence[_Due]) -> None:
        """Say once of each why it stays though its time has come."""
        if not unseen:
            return
        now, why = self._clock.now(), "it cannot be seen who is on the host"
        with self._store.begin() as work:
            told = [
                one
                for one in unseen
                if work.add(deed("withheld", now, "", one.host, one.server.id, why, once=f"{one.notice.id}/unseen"))
            ]
        for one in told:
            LOG.warning("The interruption of %s waits: %s %s", one.server.id, why, one.host)

    def _with_room(self, due: Sequence[_Due]) -> list[_Due]:
        """Those whose deletes take nothing from the reclaims that are about to begin theirs: the leads of these were
        not counted for them. Whoever has begun to go goes on."""
        with self._store.begin() as work:
            due_at = [reclaim.evict_at for reclaim in work.open_reclaims()]
            begun = {one.id for one in work.evictions_by_id([one.server.id for one in due])}
        is_kept = is_room_kept(due_at, self._policy, self._clock.now())
        return [one for one in due if one.server.id in begun or not is_kept]

    def _is_withheld(self, due: Iterable[_Due]) -> bool:
        """Whether nobody may be evicted now, which is put on record, as is who has booted too slowly."""
        now = self._clock.now()
        with self._store.begin() as work:
            reason = withheld(self._mode, work.switch())
            for one in due:
                if reason:
                    work.add(deed("withheld", now, "", one.host, one.server.id, reason, once=one.notice.id))
                else:
                    self._put_short_uptime_on_record(work, one, now)
        return bool(reason)

    def _put_short_uptime_on_record(self, work: Work, due: _Due, now: int) -> None:
        if due.notice.ready_at is not None or work.evictions_by_id([due.server.id]):
            return
        for instance in work.instances_by_id([due.server.id]):
            if is_too_short(due.notice, instance, now, self._policy):
                work.add(breach(Cause.SLOW_BOOT, now, "", due.host, instance.id))


def _by_host(due: Iterable[_Due]) -> list[Quarry]:
    together: dict[str, list[_Due]] = {}
    for one in due:
        together.setdefault(one.host, []).append(one)
    return [
        Quarry(
            host=host,
            reclaim_id="",
            instances=frozenset(one.server.id for one in those),
            soft_deleted=frozenset(one.server.id for one in those if one.server.status == "SOFT_DELETED"),
            incidents={one.server.id: one.notice.id for one in those},
        )
        for host, those in sorted(together.items())
    ]
