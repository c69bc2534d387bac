# SPDX-License-Identifier: Apache-2.0
"""``SqlStatistics``: the Statistics port. The database counts; what is read row by row is what an hour brought."""

from collections import Counter
from collections.abc import Mapping
from typing import Any

from sqlalchemy import ColumnElement, Connection, Table, distinct, func, select

from blazar_spot.core.deliveries import DeliveryState
from blazar_spot.core.figures import WINDOW, Figures, Waiting
from blazar_spot.core.heartbeat import SILENT_AFTER
from blazar_spot.core.promises import NoticeState
from blazar_spot.core.reclaim import ENDED, State
from blazar_spot.db.engine import Database
from blazar_spot.db.tables import (
    Instant,
    breaches,
    deeds,
    deliveries,
    evictions,
    heartbeats,
    instances,
    letters,
    notices,
    reclaims,
    switches,
)

_HANDED_OVER = f"is {State.HANDED_OVER}"


class SqlStatistics:
    """One database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def figures(self, now: int) -> Figures:
        since = now - WINDOW
        with self._database.transaction() as connection:
            alive = instances.c.gone_at.is_(None)
            return Figures(
                at=now,
                reclaims=_counts(connection, reclaims, reclaims.c.state, reclaims.c.state.not_in(list(ENDED))),
                breaches=_counts(connection, breaches, breaches.c.cause, breaches.c.at > since),
                start_delays=_start_delays(connection, since),
                notice_leads=_notice_leads(connection, since),
                deletions=_deletions(connection, since),
                letters=_letters(connection),
                deliveries=_counts(connection, deliveries, deliveries.c.state, deliveries.c.done_at > since),
                deliveries_waiting=_deliveries_waiting(connection),
                instances=_number(connection, func.count(), alive),
                hosts_with_instances=_number(connection, func.count(distinct(instances.c.host)), alive),
                held=_held(connection, alive),
                engines=_engines(connection, now),
                is_paused=bool(_number(connection, func.count(), switches.c.paused_at.is_not(None))),
            )


def _counts(connection: Connection, table: Table, word: Any, which: ColumnElement[bool]) -> Mapping[str, int]:
    query = select(word, func.count()).select_from(table).where(which).group_by(word)
    return {str(name): int(count) for name, count in connection.execute(query)}


def _number(connection: Connection, number: Any, which: ColumnElement[bool]) -> int:
    return int(connection.execute(select(number).where(which)).scalar_one())


def _held(connection: Connection, which: ColumnElement[bool]) -> Mapping[str, int]:
    """There are as many sizes as flavors, however many instances there are."""
    held: Counter[str] = Counter()
    query = select(instances.c.size, func.count()).where(which, instances.c.size.is_not(None))
    for size, count in connection.execute(query.group_by(instances.c.size)):
        held.update({name: amount * count for name, amount in size.items()})
    return held


def _notice_leads(connection: Connection, since: int) -> list[int]:
    """Of those that were not withdrawn. A notice is given before its deadline, by which there is an index."""
    states = [state for state in NoticeState if state is not NoticeState.WITHDRAWN]
    which = (notices.c.state.in_(states), notices.c.deadline_at > since, notices.c.given_at > since)
    query = select(notices.c.given_at, notices.c.deadline_at).where(*which)
    return [deadline_at - given_at for given_at, deadline_at in connection.execute(query)]


def _deletions(connection: Connection, since: int) -> list[int]:
    query = select(evictions.c.asked_at, evictions.c.gone_at).where(evictions.c.gone_at > since)
    return [gone_at - asked_at for asked_at, gone_at in connection.execute(query)]


def _start_delays(connection: Connection, since: int) -> list[int]:
    """A host that was ready before the start was handed over in time, however early."""
    both = select(deeds.c.at, reclaims.c.start_at).join(reclaims, reclaims.c.id == deeds.c.reclaim_id)
    query = both.where(deeds.c.what == _HANDED_OVER, deeds.c.at > since)
    return [max(at - start_at, 0) for at, start_at in connection.execute(query)]


def _first(column: Any) -> Any:
    return func.min(column, type_=Instant())


def _letters(connection: Connection) -> Mapping[str, Waiting]:
    query = select(letters.c.channel, func.count(), _first(letters.c.written_at)).group_by(letters.c.channel)
    return {channel: Waiting(count, since) for channel, count, since in connection.execute(query)}


def _deliveries_waiting(connection: Connection) -> Waiting | None:
    pending = deliveries.c.state == DeliveryState.PENDING
    query = select(func.count(), _first(deliveries.c.written_at)).where(pending)
    count, since = connection.execute(query).one()
    return Waiting(count, since) if count else None


def _engines(connection: Connection, now: int) -> Mapping[str, int]:
    """A process that has ended is remembered for a while, and counts as silent until it is forgotten."""
    found = {"working": 0, "failing": 0, "silent": 0}
    for beat_at, failing_since in connection.execute(select(heartbeats.c.beat_at, heartbeats.c.failing_since)):
        silent = now - beat_at > SILENT_AFTER
        found["silent" if silent else "working" if failing_since is None else "failing"] += 1
    return found
