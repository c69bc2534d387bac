# SPDX-License-Identifier: Apache-2.0
"""The tables, as the code reads them now; ``migration`` has how they came to be.

A table has one column for each field of the value it stores, by the same name. Instants are timestamps in UTC in the
database, for people and their tools, and whole seconds in the program.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Column, DateTime, Dialect, Enum, Index, Integer, MetaData, String, Table, Text
from sqlalchemy.types import TypeDecorator, TypeEngine

from blazar_spot.core import instants
from blazar_spot.core.deliveries import DeliveryState
from blazar_spot.core.events import Event, News
from blazar_spot.core.evictions import Measure, Outcome
from blazar_spot.core.messages import Message
from blazar_spot.core.promises import NoticeState, Purpose, Standing
from blazar_spot.core.reclaim import State
from blazar_spot.core.record import Cause
from blazar_spot.core.reservable import Value
from blazar_spot.core.webhooks import WebhookState


class Instant(TypeDecorator[int]):
    """Whole Unix seconds outside; inside an aware timestamp, or one in UTC where the database knows no zones."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: int | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if not isinstance(value, int):
            raise TypeError(f"an instant is whole seconds, not {value!r}")
        moment = instants.to_datetime(value)
        return moment if dialect.name == "postgresql" else moment.replace(tzinfo=None)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> int | None:
        if value is None:
            return None
        return instants.from_datetime(value if value.tzinfo else value.replace(tzinfo=UTC))


class Amounts(TypeDecorator[Mapping[str, int]]):
    """Amounts by resource class, as the text of a JSON object."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Mapping[str, int] | None, dialect: Dialect) -> str | None:
        return None if value is None else json.dumps(dict(value), sort_keys=True)

    def process_result_value(self, value: str | None, dialect: Dialect) -> dict[str, int] | None:
        return None if value is None else dict(json.loads(value))


class Properties(TypeDecorator[Mapping[str, Value]]):
    """What is said of a host, as the text of a JSON object."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Mapping[str, Value] | None, dialect: Dialect) -> str | None:
        return None if value is None else json.dumps(dict(value), sort_keys=True)

    def process_result_value(self, value: str | None, dialect: Dialect) -> dict[str, Value] | None:
        return None if value is None else dict(json.loads(value))


class EventText(TypeDecorator[Event]):
    """An event, as the text of a JSON object."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Event | None, dialect: Dialect) -> str | None:
        return None if value is None else json.dumps(asdict(value), sort_keys=True)

    def process_result_value(self, value: str | None, dialect: Dialect) -> Event | None:
        if value is None:
            return None
        fields = json.loads(value)
        return Event(**{**fields, "news": News(fields["news"])})


class MessageText(TypeDecorator[Message]):
    """A message, as the text of a JSON object."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Message | None, dialect: Dialect) -> str | None:
        return None if value is None else json.dumps(asdict(value), sort_keys=True)

    def process_result_value(self, value: str | None, dialect: Dialect) -> Message | None:
        return None if value is None else Message(**json.loads(value))


class Words(TypeDecorator[tuple[str, ...]]):
    """Some words, as the text of a JSON array; none where nothing is stored."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: tuple[str, ...] | None, dialect: Dialect) -> str | None:
        return json.dumps(value) if value else None

    def process_result_value(self, value: str | None, dialect: Dialect) -> tuple[str, ...]:
        return tuple(json.loads(value)) if value else ()


def text(length: int) -> TypeEngine[str]:
    """Text that is compared and sorted byte by byte, whatever the database's own rules for letters are."""
    byte_wise = String(length, collation="utf8mb4_bin")
    return String(length).with_variant(byte_wise, "mysql", "mariadb").with_variant(String(length, "C"), "postgresql")


def word(words: type[StrEnum]) -> Enum:
    """One word of a fixed set, stored as text, so that a new word needs no new column type."""
    return Enum(words, native_enum=False, length=16, values_callable=lambda kinds: [kind.value for kind in kinds])


ID = text(255)
NAME = text(255)

_NOTHING: Mapping[str, Sequence[Column[Any]]] = {}

metadata = MetaData()


def _table(name: str, *parts: Column[Any] | Index, later: Mapping[str, Sequence[Column[Any]]] = _NOTHING) -> Table:
    """A table whose rows have an id and count their writes. Columns that came ``later``, by the schema's version, are
    the last ones, as they are in a database that was migrated."""
    return Table(
        name,
        metadata,
        Column("id", ID, primary_key=True),
        *parts,
        Column("version", Integer, nullable=False),
        *(column for columns in later.values() for column in columns),
        mysql_engine="InnoDB",
        mysql_charset="utf8mb4",
    )


claims = _table(
    "claims",
    Column("reservation_id", ID, nullable=False),
    Column("lease_id", ID, nullable=False),
    Column("host", NAME, nullable=False),
    Column("service_host", NAME, nullable=False),
    Column("start_at", Instant, nullable=False),
    Column("end_at", Instant, nullable=False),
    Column("standing", word(Standing), nullable=False),
    Column("held_until", Instant, nullable=False),
    Index("claims_by_standing", "standing", "start_at"),
    Index("claims_by_reservation", "reservation_id"),
    Index("claims_by_host", "host", "standing"),
    later={
        "0004": [Column("room", Amounts)],
        "0010": [
            Column("project_id", ID, nullable=False, server_default=""),
            Column("lease_name", NAME, nullable=False, server_default=""),
        ],
    },
)
Index("claims_by_lease", claims.c.lease_id)
Index("claims_by_project", claims.c.project_id, claims.c.lease_id)

reclaims = _table(
    "reclaims",
    Column("host", NAME, nullable=False),
    Column("state", word(State), nullable=False),
    Column("fence_at", Instant, nullable=False),
    Column("notice_at", Instant, nullable=False),
    Column("evict_at", Instant, nullable=False),
    Column("start_at", Instant, nullable=False),
    Index("reclaims_by_state", "state", "start_at"),
    later={"0002": [Column("planned_at", Instant)]},
)
Index("reclaims_by_host", reclaims.c.host, reclaims.c.state)
Index("reclaims_by_start", reclaims.c.start_at, reclaims.c.id)

notices = _table(
    "notices",
    Column("instance_id", ID, nullable=False),
    Column("host", NAME, nullable=False),
    Column("decided_at", Instant, nullable=False),
    Column("deadline_at", Instant, nullable=False),
    Column("given_at", Instant),
    Column("state", word(NoticeState), nullable=False),
    Column("revision", Integer, nullable=False),
    Column("scheduled_for", ID),
    Index("notices_by_state", "state", "deadline_at"),
    Index("notices_one_scheduled_an_instance", "scheduled_for", unique=True),
    later={
        "0008": [Column("project_id", ID), Column("acknowledged_at", Instant), Column("ready_at", Instant)],
        "0011": [Column("purpose", word(Purpose), nullable=False, server_default=Purpose.RECLAIM.value)],
    },
)
Index("notices_by_decision", notices.c.state, notices.c.decided_at, notices.c.id)
Index("notices_by_project", notices.c.project_id, notices.c.state, notices.c.decided_at, notices.c.id)
Index("notices_by_instance", notices.c.instance_id)
"""``scheduled_for`` names the instance while the notice is scheduled and nothing afterwards: being unique, it is what
keeps two engines from scheduling two notices for one instance. A project's notices are listed by when they were
decided, which never changes."""

instances = _table(
    "instances",
    Column("host", NAME, nullable=False),
    Column("project_id", ID, nullable=False),
    Column("name", NAME, nullable=False),
    Column("flavor", NAME, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("running_since", Instant),
    Column("gone_at", Instant),
    Index("instances_by_host", "gone_at", "host"),
    later={
        "0004": [Column("size", Amounts)],
        "0006": [Column("min_uptime", Integer), Column("notice", Integer)],
        "0007": [Column("missed_at", Instant), Column("left_at", Instant)],
        "0009": [Column("tags", Words)],
    },
)
Index("instances_by_departure", instances.c.host, instances.c.left_at)
Index("instances_by_end", instances.c.gone_at, instances.c.id)
Index("instances_by_project", instances.c.project_id, instances.c.gone_at, instances.c.id)

evictions = _table(
    "evictions",
    Column("host", NAME, nullable=False),
    Column("asked_at", Instant, nullable=False),
    Column("measure", word(Measure), nullable=False),
    Column("tried_at", Instant, nullable=False),
    Column("outcome", word(Outcome), nullable=False),
    Column("gone_at", Instant),
    Index("evictions_by_end", "gone_at"),
)

breaches = _table(
    "breaches",
    Column("at", Instant, nullable=False),
    Column("cause", word(Cause), nullable=False),
    Column("reclaim_id", ID, nullable=False),
    Column("host", NAME, nullable=False),
    Column("subject", NAME, nullable=False),
    Column("details", Text, nullable=False),
    Index("breaches_by_instant", "at"),
)
Index("breaches_by_reclaim", breaches.c.reclaim_id)
Index("breaches_by_subject", breaches.c.subject)

deeds = _table(
    "deeds",
    Column("at", Instant, nullable=False),
    Column("what", NAME, nullable=False),
    Column("reclaim_id", ID, nullable=False),
    Column("host", NAME, nullable=False),
    Column("subject", NAME, nullable=False),
    Column("details", Text, nullable=False),
    Index("deeds_by_instant", "at"),
)
Index("deeds_by_reclaim", deeds.c.reclaim_id)
Index("deeds_by_subject", deeds.c.subject)

letters = _table(
    "letters",
    Column("channel", NAME, nullable=False),
    Column("event", EventText, nullable=False),
    Column("written_at", Instant, nullable=False),
    Column("due_at", Instant, nullable=False),
    Column("tries", Integer, nullable=False),
    Index("letters_by_channel", "channel", "written_at"),
)

documents = _table("documents")
"""By project, how often the list of its notices has changed. A number never goes back, so no row is ever removed. Those
who make webhooks of one project wait for each other at a row of their own here."""

webhooks = _table(
    "webhooks",
    Column("project_id", ID, nullable=False),
    Column("name", NAME, nullable=False),
    Column("url", Text, nullable=False),
    Column("secret", Text, nullable=False),
    Column("state", word(WebhookState), nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("due_at", Instant, nullable=False),
    Column("challenge", Text),
    Column("verify_until", Instant),
    Column("verified_at", Instant),
    Column("old_secret", Text),
    Column("old_secret_until", Instant),
    Column("reason", Text, nullable=False),
    Column("failures", Integer, nullable=False),
    Column("failing_since", Instant),
    Index("webhooks_by_project", "project_id"),
    Index("webhooks_by_turn", "state", "due_at"),
)

subscriptions = _table(
    "subscriptions",
    Column("webhook_id", ID, nullable=False),
    Column("project_id", ID, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("event_types", Words),
    Column("flavors", Words),
    Column("instances", Words),
    Column("tags", Words),
    Index("subscriptions_by_webhook", "webhook_id"),
)

deliveries = _table(
    "deliveries",
    Column("webhook_id", ID, nullable=False),
    Column("project_id", ID, nullable=False),
    Column("subject", ID, nullable=False),
    Column("message", MessageText, nullable=False),
    Column("revision", Integer, nullable=False),
    Column("written_at", Instant, nullable=False),
    Column("due_at", Instant, nullable=False),
    Column("expires_at", Instant, nullable=False),
    Column("state", word(DeliveryState), nullable=False),
    Column("tries", Integer, nullable=False),
    Column("tried_at", Instant),
    Column("done_at", Instant),
    Column("status", Integer),
    Column("response", Text, nullable=False),
    Index("deliveries_by_turn", "state", "due_at", "webhook_id"),
    Index("deliveries_by_webhook", "webhook_id", "written_at"),
    Index("deliveries_by_end", "done_at"),
)

closures = _table(
    "closures",
    Column("closed_at", Instant, nullable=False),
    Column("reason", Text, nullable=False),
)

reservable = _table(
    "hosts",
    Column("host", NAME, nullable=False),
    Column("service_host", NAME, nullable=False),
    Column("cleaning", Integer, nullable=False),
    Column("properties", Properties, nullable=False),
)

heartbeats = _table(
    "heartbeats",
    Column("host", NAME, nullable=False),
    Column("pid", Integer, nullable=False),
    Column("mode", NAME, nullable=False),
    Column("started_at", Instant, nullable=False),
    Column("beat_at", Instant, nullable=False),
    Column("worked_at", Instant),
    Column("failing_since", Instant),
    later={"0013": [Column("heard_at", Instant)]},
)

switches = _table(
    "switches",
    Column("paused_at", Instant),
    Column("reason", Text, nullable=False),
)
