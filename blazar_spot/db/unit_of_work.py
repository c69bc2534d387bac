# SPDX-License-Identifier: Apache-2.0
"""What can be read and written in one transaction: the SQL behind ``ports.store.Work``.

Rows are replaced only at the version they were read at, so whoever decided on old knowledge is told and decides again.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import Connection, Select, Table, insert, select, update

from blazar_spot.core.errors import StaleVersion
from blazar_spot.core.promises import Claim, Instance, Notice, NoticeState, Reclaim, Standing
from blazar_spot.core.reclaim import ENDED, State
from blazar_spot.db.mapping import Stored, row_of, value_of
from blazar_spot.db.tables import claims, instances, notices, reclaims

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

    def instances_by_id(self, ids: Iterable[str]) -> Sequence[Instance]:
        return self._all(Instance, select(instances).where(instances.c.id.in_(list(ids))).order_by(instances.c.id))

    def put_instance(self, instance: Instance) -> Instance:
        return self._put(instances, instance)

    def _all(self, kind: type[Stored], query: Select[Any]) -> list[Stored]:
        return [value_of(kind, row) for row in self._connection.execute(query)]

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
