# SPDX-License-Identifier: Apache-2.0
"""What can be read and written in one transaction: the SQL behind ``ports.store.Work``.

How rows are written is in ``rows``; those of webhooks are in ``webhook_rows``, and what people look up is in
``instance_reads`` and ``claim_reads``.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import Select, delete, select

from blazar_spot.core.closures import Closure
from blazar_spot.core.errors import StaleVersion
from blazar_spot.core.evictions import Eviction
from blazar_spot.core.heartbeat import Heartbeat
from blazar_spot.core.incidents import Incident, Place, Wanted
from blazar_spot.core.outbox import Letter
from blazar_spot.core.promises import Claim, Instance, Notice, NoticeState, Reclaim, Standing
from blazar_spot.core.reclaim import ENDED, State
from blazar_spot.core.record import Breach, Deed
from blazar_spot.core.reservable import ReservableHost
from blazar_spot.core.switch import Switch
from blazar_spot.db.claim_reads import IS_OPEN, PERHAPS_BOTH, ClaimReads
from blazar_spot.db.incidents import INCIDENTS, incidents_of, those_wanted
from blazar_spot.db.instance_reads import InstanceReads
from blazar_spot.db.tables import (
    breaches,
    claims,
    closures,
    deeds,
    documents,
    evictions,
    heartbeats,
    instances,
    letters,
    notices,
    reclaims,
    reservable,
    switches,
)
from blazar_spot.db.webhook_rows import WebhookRows

_HAS_NOT_ENDED = reclaims.c.state.in_([state for state in State if state not in ENDED])


class SqlWork(InstanceReads, ClaimReads, WebhookRows):
    """One transaction on one connection."""

    def open_claims(self) -> Sequence[Claim]:
        return self._all(Claim, select(claims).where(IS_OPEN).order_by(claims.c.start_at, claims.c.id))

    def claims_with_reclaims(self) -> Sequence[tuple[Claim, Reclaim | None]]:
        both = PERHAPS_BOTH.where(IS_OPEN)
        return self._pairs(Claim, claims, Reclaim, reclaims, both.order_by(claims.c.start_at, claims.c.id))

    def claims_of(self, reservation_id: str) -> Sequence[Claim]:
        of_reservation = select(claims).where(claims.c.reservation_id == reservation_id, IS_OPEN)
        return self._all(Claim, of_reservation.order_by(claims.c.id))

    def claims_served_by(self, host: str) -> Sequence[Claim]:
        served = claims.c.standing.in_([Standing.FIRM, Standing.ENDED])
        of_host = select(claims).where(claims.c.host == host, served)
        return self._all(Claim, of_host.order_by(claims.c.start_at, claims.c.id))

    def put_claim(self, claim: Claim) -> Claim:
        return self._put(claims, claim)

    def put_claims_with_reclaims(self, several: Sequence[tuple[Claim, Reclaim]]) -> None:
        self._put_all(claims, [claim for claim, _ in several])
        self._put_all(reclaims, [reclaim for _, reclaim in several])

    def open_reclaims(self) -> Sequence[Reclaim]:
        return self._all(Reclaim, _by_start(select(reclaims).where(_HAS_NOT_ENDED)))

    def reclaims_of_open_claims(self) -> Sequence[Reclaim]:
        with_claim = select(reclaims).join(claims, claims.c.id == reclaims.c.id)
        return self._all(Reclaim, _by_start(with_claim.where(IS_OPEN)))

    def put_reclaim(self, reclaim: Reclaim) -> Reclaim:
        return self._put(reclaims, reclaim)

    def open_notices(self) -> Sequence[Notice]:
        scheduled = select(notices).where(notices.c.state == NoticeState.SCHEDULED)
        return self._all(Notice, scheduled.order_by(notices.c.deadline_at, notices.c.id))

    def put_notices(self, several: Sequence[Notice]) -> Sequence[Notice]:
        return self._put_all(notices, several)

    def instances(self, hosts: Iterable[str] | None = None) -> Sequence[Instance]:
        present = select(instances).where(instances.c.gone_at.is_(None))
        if hosts is not None:
            present = present.where(instances.c.host.in_(list(hosts)))
        return self._all(Instance, present.order_by(instances.c.id))

    def instances_with_notices(self, hosts: Iterable[str]) -> Sequence[tuple[Instance, Notice | None]]:
        both = select(instances, notices).outerjoin(notices, notices.c.scheduled_for == instances.c.id)
        present = both.where(instances.c.gone_at.is_(None), instances.c.host.in_(list(hosts)))
        return self._pairs(Instance, instances, Notice, notices, present.order_by(instances.c.id))

    def present_instances(self) -> frozenset[str]:
        present = select(instances.c.id).where(instances.c.gone_at.is_(None))
        return frozenset(self._connection.execute(present).scalars())

    def instances_by_id(self, ids: Iterable[str]) -> Sequence[Instance]:
        return self._all(Instance, select(instances).where(instances.c.id.in_(list(ids))).order_by(instances.c.id))

    def instances_not_known_to_have_left(self, hosts: Iterable[str], ended_since: int) -> Sequence[Instance]:
        ended_at, missed_at = instances.c.gone_at, instances.c.missed_at
        there = ended_at.is_(None) | (ended_at >= ended_since) | missed_at.is_not(None)
        of_hosts = select(instances).where(instances.c.host.in_(list(hosts)), instances.c.left_at.is_(None), there)
        return self._all(Instance, of_hosts.order_by(instances.c.id))

    def put_instances(self, several: Sequence[Instance]) -> Sequence[Instance]:
        return self._put_all(instances, several)

    def open_evictions(self) -> Sequence[Eviction]:
        return self._all(Eviction, select(evictions).where(evictions.c.gone_at.is_(None)).order_by(evictions.c.id))

    def evictions_by_id(self, ids: Iterable[str]) -> Sequence[Eviction]:
        return self._all(Eviction, select(evictions).where(evictions.c.id.in_(list(ids))).order_by(evictions.c.id))

    def evictions_ended(self, since: int) -> Sequence[Eviction]:
        return self._all(Eviction, select(evictions).where(evictions.c.gone_at >= since).order_by(evictions.c.id))

    def put_eviction(self, eviction: Eviction) -> Eviction:
        return self._put(evictions, eviction)

    def add(self, entry: Breach | Deed) -> bool:
        return self._add(breaches, entry) if isinstance(entry, Breach) else self._add(deeds, entry)

    def add_all(self, entries: Sequence[Deed]) -> None:
        there = select(deeds.c.id).where(deeds.c.id.in_([entry.id for entry in entries]))
        present = set(self._connection.execute(there).scalars())
        self._put_all(deeds, [entry for entry in entries if entry.id not in present])

    def breaches(self, since: int) -> Sequence[Breach]:
        recent = select(breaches).where(breaches.c.at >= since)
        return self._all(Breach, recent.order_by(breaches.c.at, breaches.c.id))

    def deeds(self, since: int) -> Sequence[Deed]:
        return self._all(Deed, select(deeds).where(deeds.c.at >= since).order_by(deeds.c.at, deeds.c.id))

    def letters(self, channel: str, limit: int) -> Sequence[Letter]:
        waiting = select(letters).where(letters.c.channel == channel)
        return self._all(Letter, waiting.order_by(letters.c.written_at, letters.c.id).limit(limit))

    def put_letters(self, several: Sequence[Letter]) -> Sequence[Letter]:
        return self._put_all(letters, several)

    def drop_letters(self, ids: Sequence[str]) -> None:
        self._connection.execute(delete(letters).where(letters.c.id.in_(ids)))

    def count_news(self, project_ids: Iterable[str]) -> None:
        self._count(project_ids)

    def incidents(self, wanted: Wanted, after: Place | None, limit: int) -> Sequence[Incident]:
        return incidents_of(self._connection.execute(those_wanted(wanted, after).limit(limit)))

    def incident(self, incident_id: str) -> Incident | None:
        found = incidents_of(self._connection.execute(INCIDENTS.where(notices.c.id == incident_id)))
        return found[0] if found else None

    def incarnations(self, project_ids: Iterable[str]) -> Mapping[str, int]:
        wanted = list(project_ids)
        found = self._connection.execute(select(documents).where(documents.c.id.in_(wanted)))
        return dict.fromkeys(wanted, 0) | {row.id: row.version for row in found}

    def closures(self) -> Sequence[Closure]:
        return self._all(Closure, select(closures).order_by(closures.c.id))

    def put_closure(self, closure: Closure) -> Closure:
        return self._put(closures, closure)

    def drop_closure(self, closure: Closure) -> None:
        self.is_spent = True
        same = (closures.c.id == closure.id, closures.c.version == closure.version)
        if self._connection.execute(delete(closures).where(*same)).rowcount != 1:
            raise StaleVersion(f"The closure of {closure.id} has changed.")
        self.is_spent = False

    def reservable_hosts(self) -> Sequence[ReservableHost]:
        return self._all(ReservableHost, select(reservable).order_by(reservable.c.id))

    def put_reservable_hosts(self, several: Sequence[ReservableHost]) -> Sequence[ReservableHost]:
        return self._put_all(reservable, several)

    def drop_reservable_hosts(self, ids: Sequence[str]) -> None:
        self._connection.execute(delete(reservable).where(reservable.c.id.in_(ids)))

    def heartbeats(self) -> Sequence[Heartbeat]:
        return self._all(Heartbeat, select(heartbeats).order_by(heartbeats.c.host, heartbeats.c.pid))

    def put_heartbeat(self, heartbeat: Heartbeat) -> Heartbeat:
        return self._put(heartbeats, heartbeat)

    def drop_heartbeats(self, before: int) -> None:
        self._connection.execute(delete(heartbeats).where(heartbeats.c.beat_at < before))

    def switch(self) -> Switch:
        found = self._all(Switch, select(switches).where(switches.c.id == Switch().id))
        return found[0] if found else Switch()

    def put_switch(self, switch: Switch) -> Switch:
        return self._put(switches, switch)


def _by_start(query: Select[Any]) -> Select[Any]:
    return query.order_by(reclaims.c.start_at, reclaims.c.id)
