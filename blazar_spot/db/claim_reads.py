# SPDX-License-Identifier: Apache-2.0
"""The SQL behind those parts of ``ports.reads`` that are about claims and their reclaims."""

from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import Select, and_, case, func, or_, select

from blazar_spot.core.overviews import GOING, Asked, By, Counts, Told
from blazar_spot.core.pages import Mark
from blazar_spot.core.promises import Claim, Reclaim, Standing
from blazar_spot.core.record import Breach, Deed
from blazar_spot.db.rows import Rows
from blazar_spot.db.tables import breaches, claims, deeds, instances, reclaims

IS_OPEN = claims.c.standing.in_([Standing.HELD, Standing.FIRM])
_COUNTS = claims.c.standing.in_([Standing.HELD, Standing.FIRM, Standing.ENDED])
_BOTH = select(claims, reclaims).join(reclaims, reclaims.c.id == claims.c.id)
PERHAPS_BOTH = select(claims, reclaims).outerjoin(reclaims, reclaims.c.id == claims.c.id)
_BY = {By.ID: claims.c.id, By.LEASE: claims.c.lease_id}
_IS_THERE = and_(instances.c.gone_at.is_(None), instances.c.host == deeds.c.host)


class ClaimReads(Rows):
    """What can be looked up about claims."""

    def reclaim_page(self, asked: Asked, after: Mark | None, limit: int) -> Sequence[tuple[Claim, Reclaim]]:
        query = _BOTH.where(reclaims.c.state.in_(asked.states))
        for column, wanted in (
            (claims.c.project_id, asked.project_id),
            (claims.c.lease_id, asked.lease_id),
            (claims.c.host, asked.host),
        ):
            if wanted is not None:
                query = query.where(column == wanted)
        if after is not None:
            same = and_(reclaims.c.start_at == after.at, reclaims.c.id > after.id)
            query = query.where(reclaims.c.start_at >= after.at, or_(reclaims.c.start_at > after.at, same))
        return self._both(query.order_by(reclaims.c.start_at, reclaims.c.id).limit(limit))

    def claim_and_reclaim(self, reclaim_id: str) -> tuple[Claim, Reclaim] | None:
        found = self._both(_BOTH.where(reclaims.c.id == reclaim_id))
        return found[0] if found else None

    def lease_page(self, project_id: str | None, after: str, limit: int) -> Sequence[str]:
        query = select(claims.c.lease_id).distinct().where(claims.c.lease_id > after, IS_OPEN)
        if project_id is not None:
            query = query.where(claims.c.project_id == project_id)
        return self._connection.execute(query.order_by(claims.c.lease_id).limit(limit)).scalars().all()

    def claims_of_leases(self, lease_ids: Collection[str]) -> Sequence[tuple[Claim, Reclaim | None]]:
        query = PERHAPS_BOTH.where(claims.c.lease_id.in_(lease_ids), _COUNTS)
        in_order = query.order_by(claims.c.lease_id, claims.c.start_at, claims.c.id)
        return self._pairs(Claim, claims, Reclaim, reclaims, in_order)

    def claims_on(self, hosts: Collection[str]) -> Sequence[tuple[Claim, Reclaim | None]]:
        query = PERHAPS_BOTH.where(claims.c.host.in_(hosts), IS_OPEN)
        return self._pairs(Claim, claims, Reclaim, reclaims, query.order_by(claims.c.start_at, claims.c.id))

    def counts(self, by: By, ids: Collection[str]) -> Counts:
        those = _BY[by].in_(ids)
        one, still = deeds.c.subject.distinct(), case((_IS_THERE, deeds.c.subject)).distinct()
        told = (
            select(deeds.c.reclaim_id, func.count(one), func.count(still))
            .join(claims, claims.c.id == deeds.c.reclaim_id)
            .join(instances, instances.c.id == deeds.c.subject)
            .where(those, deeds.c.what.in_(GOING))
            .group_by(deeds.c.reclaim_id)
        )
        broken = select(breaches.c.reclaim_id, func.count()).join(claims, claims.c.id == breaches.c.reclaim_id)
        hosts = select(claims.c.host).where(those, IS_OPEN)
        there = select(instances.c.host, func.count()).where(instances.c.gone_at.is_(None), instances.c.host.in_(hosts))
        execute = self._connection.execute
        return Counts(
            told={reclaim: Told(ever, still) for reclaim, ever, still in execute(told)},
            breaches=dict(execute(broken.where(those).group_by(breaches.c.reclaim_id)).tuples().all()),
            present=dict(execute(there.group_by(instances.c.host)).tuples().all()),
        )

    def breach_page(self, after: Mark | None, limit: int) -> Sequence[Breach]:
        query = select(breaches)
        if after is not None:
            same = and_(breaches.c.at == after.at, breaches.c.id < after.id)
            query = query.where(breaches.c.at <= after.at, or_(breaches.c.at < after.at, same))
        return self._all(Breach, query.order_by(breaches.c.at.desc(), breaches.c.id.desc()).limit(limit))

    def breaches_of(self, reclaim_id: str) -> Sequence[Breach]:
        query = select(breaches).where(breaches.c.reclaim_id == reclaim_id)
        return self._all(Breach, query.order_by(breaches.c.at, breaches.c.id))

    def deeds_of(self, reclaim_id: str) -> Sequence[Deed]:
        query = select(deeds).where(deeds.c.reclaim_id == reclaim_id)
        return self._all(Deed, query.order_by(deeds.c.at, deeds.c.id))

    def _both(self, query: Select[Any]) -> list[tuple[Claim, Reclaim]]:
        found = self._pairs(Claim, claims, Reclaim, reclaims, query)
        return [(claim, reclaim) for claim, reclaim in found if reclaim is not None]
