# SPDX-License-Identifier: Apache-2.0
"""What can be read and written in one transaction: the SQL behind ``ports.store.Work``.

Rows are replaced only at the version they were read at, so whoever decided on old knowledge is told and decides again.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import Connection, Select, Table, insert, select, update

from blazar_spot.core.errors import StaleVersion
from blazar_spot.core.evictions import Eviction
from blazar_spot.core.promises import Claim, Instance, Notice, NoticeState, Reclaim, Standing
from blazar_spot.core.reclaim import ENDED, State
from blazar_spot.core.record import Breach, Deed
from blazar_spot.core.switch import Switch
from blazar_spot.db.mapping import Stored, row_of, value_of
from blazar_spot.db.tables import breaches, claims, deeds, evictions, instances, notices, reclaims, switches

_IS_OPEN = claims.c.standing.in_([Standing.HELD, Standing.FIRM])
_HAS_NOT_ENDED = reclaims.c.state.in_([state for state in State if state not in ENDED])


class SqlWork:
    """One transaction on one connection; ``is_spent`` once a write failed, since then it must not be committed."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self.is_spent = False

    def open_claims(self) -> Sequence[Claim]:
        return self._all(Claim, select(claims).where(_IS_OPEN).order_by(claims.c.start_at, claims.c.id))

    def claims_of(self, reservation_id: str) -> Sequence[Claim]:
        of_reservation = select(claims).where(claims.c.reservation_id == reservation_id, _IS_OPEN)
        return self._all(Claim, of_reservation.order_by(claims.c.id))

    def claims_served_by(self, host: str) -> Sequence[Claim]:
        served = claims.c.standing.in_([Standing.FIRM, Standing.ENDED])
        of_host = select(claims).where(claims.c.host == host, served)
        return self._all(Claim, of_host.order_by(claims.c.start_at, claims.c.id))

    def put_claim(self, claim: Claim) -> Claim:
        return self._put(claims, claim)

    def open_reclaims(self) -> Sequence[Reclaim]:
        return self._all(Reclaim, _by_start(select(reclaims).where(_HAS_NOT_ENDED)))

    def reclaims_of_open_claims(self) -> Sequence[Reclaim]:
        with_claim = select(reclaims).join(claims, claims.c.id == reclaims.c.id)
        return self._all(Reclaim, _by_start(with_claim.where(_IS_OPEN)))

    def put_reclaim(self, reclaim: Reclaim) -> Reclaim:
        return self._put(reclaims, reclaim)

    def open_notices(self) -> Sequence[Notice]:
        scheduled = select(notices).where(notices.c.state == NoticeState.SCHEDULED)
        return self._all(Notice, scheduled.order_by(notices.c.deadline_at, notices.c.id))

    def put_notice(self, notice: Notice) -> Notice:
        return self._put(notices, notice)

    def instances(self, hosts: Iterable[str] | None = None) -> Sequence[Instance]:
        present = select(instances).where(instances.c.gone_at.is_(None))
        if hosts is not None:
            present = present.where(instances.c.host.in_(list(hosts)))
        return self._all(Instance, present.order_by(instances.c.id))

    def present_instances(self) -> frozenset[str]:
        present = select(instances.c.id).where(instances.c.gone_at.is_(None))
        return frozenset(self._connection.execute(present).scalars())

    def instances_by_id(self, ids: Iterable[str]) -> Sequence[Instance]:
        return self._all(Instance, select(instances).where(instances.c.id.in_(list(ids))).order_by(instances.c.id))

    def put_instance(self, instance: Instance) -> Instance:
        return self._put(instances, instance)

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

    def breaches(self, since: int) -> Sequence[Breach]:
        recent = select(breaches).where(breaches.c.at >= since)
        return self._all(Breach, recent.order_by(breaches.c.at, breaches.c.id))

    def deeds(self, since: int) -> Sequence[Deed]:
        return self._all(Deed, select(deeds).where(deeds.c.at >= since).order_by(deeds.c.at, deeds.c.id))

    def switch(self) -> Switch:
        found = self._all(Switch, select(switches).where(switches.c.id == Switch().id))
        return found[0] if found else Switch()

    def put_switch(self, switch: Switch) -> Switch:
        return self._put(switches, switch)

    def _all(self, kind: type[Stored], query: Select[Any]) -> list[Stored]:
        return [value_of(kind, row) for row in self._connection.execute(query)]

    def _add(self, table: Table, entry: Stored) -> bool:
        if self._connection.execute(select(table.c.id).where(table.c.id == entry.id)).first():
            return False
        self._put(table, entry)
        return True

    def _put(self, table: Table, value: Stored) -> Stored:
        self.is_spent = True
        written = replace(value, version=value.version + 1)
        if value.version == 0:
            self._connection.execute(insert(table).values(row_of(written)))
        else:
            self._replace(table, value.version, written)
        self.is_spent = False
        return written

    def _replace(self, table: Table, version: int, written: Stored) -> None:
        same = (table.c.id == written.id) & (table.c.version == version)
        if self._connection.execute(update(table).where(same).values(row_of(written))).rowcount != 1:
            raise StaleVersion(f"The row {written.id} of {table.name} is not at version {version} any more.")


def _by_start(query: Select[Any]) -> Select[Any]:
    return query.order_by(reclaims.c.start_at, reclaims.c.id)
