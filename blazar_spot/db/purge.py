# SPDX-License-Identifier: Apache-2.0
"""Removes what is over and old. Nothing that is open is ever removed, however old, nor what is on record of it."""

from sqlalchemy import and_, delete, exists, or_

from blazar_spot.core.outbox import KEEP_SECONDS
from blazar_spot.core.promises import NoticeState, Standing
from blazar_spot.core.reclaim import ENDED
from blazar_spot.db.engine import Database
from blazar_spot.db.tables import (
    breaches,
    claims,
    deeds,
    deliveries,
    evictions,
    heartbeats,
    instances,
    letters,
    notices,
    reclaims,
)


def purge(database: Database, before: int) -> int:
    """Remove what was over before this instant; how many rows that were."""
    is_over = claims.c.standing.in_([Standing.ENDED, Standing.WITHDRAWN])
    is_drain = claims.c.lease_id == ""  # which has no end
    has_notice = exists().where(notices.c.instance_id == instances.c.id, notices.c.state == NoticeState.SCHEDULED)
    has_eviction = exists().where(evictions.c.id == instances.c.id, evictions.c.gone_at.is_(None))
    has_claim = exists().where(claims.c.id == reclaims.c.id)
    breach_is_open, deed_is_open = (
        or_(
            exists().where(reclaims.c.id == entry.c.reclaim_id),
            exists().where(notices.c.scheduled_for == entry.c.subject),
        )
        for entry in (breaches, deeds)
    )
    statements = (
        delete(claims).where(is_over, or_(claims.c.end_at < before, and_(is_drain, claims.c.start_at < before))),
        delete(reclaims).where(reclaims.c.state.in_(list(ENDED)), reclaims.c.start_at < before, ~has_claim),
        delete(notices).where(notices.c.state != NoticeState.SCHEDULED, notices.c.deadline_at < before),
        delete(instances).where(instances.c.gone_at < before, ~or_(has_notice, has_eviction)),
        delete(evictions).where(evictions.c.gone_at < before),
        delete(breaches).where(breaches.c.at < before, ~breach_is_open),
        delete(deeds).where(deeds.c.at < before, ~deed_is_open),
        delete(letters).where(letters.c.written_at < before - KEEP_SECONDS),  # of a channel that nobody serves any more
        delete(deliveries).where(or_(deliveries.c.done_at < before, deliveries.c.expires_at < before)),
        delete(heartbeats).where(heartbeats.c.beat_at < before),
    )
    with database.transaction() as connection:
        return sum(connection.execute(statement).rowcount for statement in statements)
