# SPDX-License-Identifier: Apache-2.0
"""``ports.store.Store`` in memory, with a database's manners: all or nothing, versions, one unit of work at a time."""

import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager

from blazar_spot.core.closures import Closure
from blazar_spot.core.deliveries import Delivery, order
from blazar_spot.core.errors import StaleVersion, Unreachable
from blazar_spot.core.evictions import Eviction
from blazar_spot.core.heartbeat import Heartbeat
from blazar_spot.core.incidents import Incident, Place, Wanted
from blazar_spot.core.outbox import Letter
from blazar_spot.core.promises import Claim, Instance, Notice, NoticeState, Reclaim, Standing
from blazar_spot.core.reclaim import ENDED
from blazar_spot.core.record import Breach, Deed
from blazar_spot.core.reservable import ReservableHost
from blazar_spot.core.switch import Switch
from blazar_spot.core.webhooks import Webhook
from blazar_spot.testing.reads import FakeReads
from blazar_spot.testing.rows import Tables
from blazar_spot.testing.webhook_rows import FakeWebhookRows


class FakeWork(FakeWebhookRows, FakeReads):
    """One unit of work, on rows of its own until it is committed."""

    def open_claims(self) -> Sequence[Claim]:
        return sorted((claim for claim in self.rows.claims.values() if claim.is_open), key=_by_start)

    def claims_with_reclaims(self) -> Sequence[tuple[Claim, Reclaim | None]]:
        return [(claim, self.rows.reclaims.get(claim.id)) for claim in self.open_claims()]

    def claims_of(self, reservation_id: str) -> Sequence[Claim]:
        of_reservation = (claim for claim in self.open_claims() if claim.reservation_id == reservation_id)
        return sorted(of_reservation, key=_by_id)

    def claims_served_by(self, host: str) -> Sequence[Claim]:
        served = (Standing.FIRM, Standing.ENDED)
        of_host = (one for one in self.rows.claims.values() if one.host == host and one.standing in served)
        return sorted(of_host, key=_by_start)

    def put_claim(self, claim: Claim) -> Claim:
        return self._put(self.rows.claims, claim)

    def put_claims_with_reclaims(self, several: Sequence[tuple[Claim, Reclaim]]) -> None:
        for claim, reclaim in several:
            self.put_claim(claim)
            self.put_reclaim(reclaim)

    def open_reclaims(self) -> Sequence[Reclaim]:
        return sorted((reclaim for reclaim in self.rows.reclaims.values() if reclaim.state not in ENDED), key=_by_start)

    def reclaims_of_open_claims(self) -> Sequence[Reclaim]:
        ids = {claim.id for claim in self.open_claims()}
        return sorted((reclaim for reclaim in self.rows.reclaims.values() if reclaim.id in ids), key=_by_start)

    def put_reclaim(self, reclaim: Reclaim) -> Reclaim:
        return self._put(self.rows.reclaims, reclaim)

    def open_notices(self) -> Sequence[Notice]:
        scheduled = (notice for notice in self.rows.notices.values() if notice.state is NoticeState.SCHEDULED)
        return sorted(scheduled, key=lambda notice: (notice.deadline_at, notice.id))

    def put_notices(self, notices: Sequence[Notice]) -> Sequence[Notice]:
        written = [self._put(self.rows.notices, notice) for notice in notices]
        scheduled = [one.instance_id for one in self.rows.notices.values() if one.state is NoticeState.SCHEDULED]
        if len(scheduled) > len(set(scheduled)):
            self.is_spent = True
            raise StaleVersion("An instance already has a scheduled notice.")
        return written

    def instances(self, hosts: Iterable[str] | None = None) -> Sequence[Instance]:
        present = (instance for instance in self.rows.instances.values() if instance.gone_at is None)
        wanted = None if hosts is None else frozenset(hosts)
        return sorted((one for one in present if wanted is None or one.host in wanted), key=_by_id)

    def instances_with_notices(self, hosts: Iterable[str]) -> Sequence[tuple[Instance, Notice | None]]:
        notices = {notice.instance_id: notice for notice in self.open_notices()}
        return [(instance, notices.get(instance.id)) for instance in self.instances(hosts)]

    def present_instances(self) -> frozenset[str]:
        return frozenset(one.id for one in self.rows.instances.values() if one.gone_at is None)

    def instances_by_id(self, ids: Iterable[str]) -> Sequence[Instance]:
        return sorted((self.rows.instances[one] for one in set(ids) & self.rows.instances.keys()), key=_by_id)

    def instances_not_known_to_have_left(self, hosts: Iterable[str], ended_since: int) -> Sequence[Instance]:
        of_hosts = [one for one in self.rows.instances.values() if one.host in set(hosts) and one.left_at is None]
        missed = (one for one in of_hosts if one.missed_at is not None or (one.gone_at or ended_since) >= ended_since)
        return sorted(missed, key=_by_id)

    def put_instances(self, instances: Sequence[Instance]) -> Sequence[Instance]:
        return [self._put(self.rows.instances, instance) for instance in instances]

    def open_evictions(self) -> Sequence[Eviction]:
        return sorted((one for one in self.rows.evictions.values() if one.gone_at is None), key=_by_id)

    def evictions_by_id(self, ids: Iterable[str]) -> Sequence[Eviction]:
        return sorted((self.rows.evictions[one] for one in set(ids) & self.rows.evictions.keys()), key=_by_id)

    def evictions_ended(self, since: int) -> Sequence[Eviction]:
        gone = (one for one in self.rows.evictions.values() if one.gone_at is not None and one.gone_at >= since)
        return sorted(gone, key=_by_id)

    def put_eviction(self, eviction: Eviction) -> Eviction:
        return self._put(self.rows.evictions, eviction)

    def add(self, entry: Breach | Deed) -> bool:
        if entry.id in self.rows.breaches or entry.id in self.rows.deeds:
            return False
        if isinstance(entry, Breach):
            self._put(self.rows.breaches, entry)
        else:
            self._put(self.rows.deeds, entry)
        return True

    def add_all(self, entries: Sequence[Deed]) -> None:
        for entry in entries:
            self.add(entry)

    def breaches(self, since: int) -> Sequence[Breach]:
        return sorted((one for one in self.rows.breaches.values() if one.at >= since), key=_by_instant)

    def deeds(self, since: int) -> Sequence[Deed]:
        return sorted((one for one in self.rows.deeds.values() if one.at >= since), key=_by_instant)

    def letters(self, channel: str, limit: int) -> Sequence[Letter]:
        waiting = (letter for letter in self.rows.letters.values() if letter.channel == channel)
        return sorted(waiting, key=lambda letter: (letter.written_at, letter.id))[:limit]

    def put_letters(self, letters: Sequence[Letter]) -> Sequence[Letter]:
        return [self._put(self.rows.letters, letter) for letter in letters]

    def drop_letters(self, ids: Sequence[str]) -> None:
        for one in self.rows.letters.keys() & set(ids):
            del self.rows.letters[one]
            self.writes += 1

    def count_news(self, project_ids: Iterable[str]) -> None:
        for one in set(project_ids):
            self.rows.documents[one] = self.rows.documents.get(one, 0) + 1
            self.writes += 1

    def incidents(self, wanted: Wanted, after: Place | None, limit: int) -> Sequence[Incident]:
        known = [self.incident(one) for one in self.rows.notices]
        found = (one for one in known if one is not None and _is_wanted(one, wanted))
        return sorted((one for one in found if after is None or one.place > after), key=_by_place)[:limit]

    def incident(self, incident_id: str) -> Incident | None:
        notice = self.rows.notices.get(incident_id)
        instance = None if notice is None else self.rows.instances.get(notice.instance_id)
        if notice is None or instance is None:
            return None
        return Incident(notice=notice, instance_name=instance.name, flavor=instance.flavor)

    def incarnations(self, project_ids: Iterable[str]) -> Mapping[str, int]:
        return {one: self.rows.documents.get(one, 0) for one in project_ids}

    def closures(self) -> Sequence[Closure]:
        return sorted(self.rows.closures.values(), key=_by_id)

    def put_closure(self, closure: Closure) -> Closure:
        return self._put(self.rows.closures, closure)

    def drop_closure(self, closure: Closure) -> None:
        if self.rows.closures.get(closure.id) != closure:
            self.is_spent = True
            raise StaleVersion(f"The closure of {closure.id} has changed.")
        del self.rows.closures[closure.id]
        self.writes += 1

    def reservable_hosts(self) -> Sequence[ReservableHost]:
        return sorted(self.rows.reservable.values(), key=lambda one: one.id)

    def put_reservable_hosts(self, hosts: Sequence[ReservableHost]) -> Sequence[ReservableHost]:
        return [self._put(self.rows.reservable, host) for host in hosts]

    def drop_reservable_hosts(self, ids: Sequence[str]) -> None:
        for one in self.rows.reservable.keys() & set(ids):
            del self.rows.reservable[one]
            self.writes += 1

    def heartbeats(self) -> Sequence[Heartbeat]:
        return sorted(self.rows.heartbeats.values(), key=lambda one: (one.host, one.pid))

    def put_heartbeat(self, heartbeat: Heartbeat) -> Heartbeat:
        return self._put(self.rows.heartbeats, heartbeat)

    def drop_heartbeats(self, before: int) -> None:
        self.rows.heartbeats = {one.id: one for one in self.rows.heartbeats.values() if one.beat_at >= before}

    def switch(self) -> Switch:
        return self.rows.switches.get(Switch().id, Switch())

    def put_switch(self, switch: Switch) -> Switch:
        return self._put(self.rows.switches, switch)


class FakeStore:
    """A database for tests.

    ``claims``, ``reclaims``, ``notices``, ``instances``, ``evictions``, ``breaches`` and ``deeds`` show everything that
    was ever stored. ``writes``
    counts the rows that were written. While ``is_down`` is set nothing can be begun.
    """

    kind: type[FakeWork] = FakeWork
    """What a unit of work is made of."""

    def __init__(self) -> None:
        self._rows = Tables()
        self._turn = threading.Lock()
        self._holder: int | None = None
        self.writes = 0
        self.is_down = False

    @property
    def claims(self) -> list[Claim]:
        return sorted(self._rows.claims.values(), key=_by_id)

    @property
    def reclaims(self) -> list[Reclaim]:
        return sorted(self._rows.reclaims.values(), key=_by_id)

    @property
    def notices(self) -> list[Notice]:
        return sorted(self._rows.notices.values(), key=_by_id)

    @property
    def instances(self) -> list[Instance]:
        return sorted(self._rows.instances.values(), key=_by_id)

    @property
    def evictions(self) -> list[Eviction]:
        return sorted(self._rows.evictions.values(), key=_by_id)

    @property
    def breaches(self) -> list[Breach]:
        return sorted(self._rows.breaches.values(), key=_by_instant)

    @property
    def deeds(self) -> list[Deed]:
        return sorted(self._rows.deeds.values(), key=_by_instant)

    @property
    def letters(self) -> list[Letter]:
        """Those that were not sent yet."""
        return sorted(self._rows.letters.values(), key=lambda letter: letter.id)

    @property
    def webhooks(self) -> list[Webhook]:
        return sorted(self._rows.webhooks.values(), key=lambda webhook: webhook.id)

    @property
    def deliveries(self) -> list[Delivery]:
        """Also those that are done."""
        return sorted(self._rows.deliveries.values(), key=order)

    @contextmanager
    def begin(self) -> Iterator[FakeWork]:
        with self._turn_of_this_thread():
            if self.is_down:
                raise Unreachable("The database is down.")
            work = self.kind(self._rows.copy())
            yield work
            if work.is_spent:
                raise StaleVersion("A write of this unit of work failed, so none of it is stored.")
            self._rows = work.rows
            self.writes += work.writes

    @contextmanager
    def _turn_of_this_thread(self) -> Iterator[None]:
        if self._holder == threading.get_ident():
            raise RuntimeError("a unit of work was begun inside another one of the same thread")
        with self._turn:
            self._holder = threading.get_ident()
            try:
                yield
            finally:
                self._holder = None


def _is_wanted(incident: Incident, wanted: Wanted) -> bool:
    notice = incident.notice
    return (
        incident.progress in wanted.progress
        and wanted.project_id in (None, notice.project_id)
        and wanted.instance_id in (None, notice.instance_id)
        and wanted.flavor in (None, incident.flavor)
    )


def _by_place(incident: Incident) -> Place:
    return incident.place


def _by_instant(value: Breach | Deed) -> tuple[int, str]:
    return value.at, value.id


def _by_id(value: Closure | Claim | Reclaim | Notice | Instance | Eviction) -> str:
    return value.id


def _by_start(value: Claim | Reclaim) -> tuple[int, str]:
    return value.start_at, value.id
