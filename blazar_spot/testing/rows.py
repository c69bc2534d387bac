# SPDX-License-Identifier: Apache-2.0
"""Rows in memory that are replaced only at the version they were read at. Which rows is for ``store``."""

from dataclasses import dataclass, field, replace

from blazar_spot.core.closures import Closure
from blazar_spot.core.deliveries import Delivery
from blazar_spot.core.errors import StaleVersion
from blazar_spot.core.evictions import Eviction
from blazar_spot.core.heartbeat import Heartbeat
from blazar_spot.core.outbox import Letter
from blazar_spot.core.promises import Claim, Instance, Notice, Reclaim
from blazar_spot.core.record import Breach, Deed
from blazar_spot.core.reservable import ReservableHost
from blazar_spot.core.switch import Switch
from blazar_spot.core.webhooks import Subscription, Webhook
from blazar_spot.ports.stored import Stored


@dataclass
class Tables:
    """The rows of all tables, by id."""

    claims: dict[str, Claim] = field(default_factory=dict)
    reclaims: dict[str, Reclaim] = field(default_factory=dict)
    notices: dict[str, Notice] = field(default_factory=dict)
    instances: dict[str, Instance] = field(default_factory=dict)
    evictions: dict[str, Eviction] = field(default_factory=dict)
    breaches: dict[str, Breach] = field(default_factory=dict)
    deeds: dict[str, Deed] = field(default_factory=dict)
    switches: dict[str, Switch] = field(default_factory=dict)
    closures: dict[str, Closure] = field(default_factory=dict)
    heartbeats: dict[str, Heartbeat] = field(default_factory=dict)
    letters: dict[str, Letter] = field(default_factory=dict)
    documents: dict[str, int] = field(default_factory=dict)
    webhooks: dict[str, Webhook] = field(default_factory=dict)
    subscriptions: dict[str, Subscription] = field(default_factory=dict)
    deliveries: dict[str, Delivery] = field(default_factory=dict)
    reservable: dict[str, ReservableHost] = field(default_factory=dict)

    def copy(self) -> "Tables":
        """Made for each unit of work, so it has to be quick."""
        return Tables(*[rows.copy() for rows in vars(self).values()])


class FakeRows:
    """The rows of one unit of work, its own until it is committed."""

    def __init__(self, rows: Tables) -> None:
        self.rows = rows
        self.writes = 0
        self.is_spent = False

    def _put(self, rows: dict[str, Stored], value: Stored) -> Stored:
        stored = rows[value.id].version if value.id in rows else 0
        if stored != value.version:
            self.is_spent = True
            raise StaleVersion(f"{value.id} is at version {stored}, not at {value.version}.")
        rows[value.id] = written = replace(value, version=value.version + 1)
        self.writes += 1
        return written
