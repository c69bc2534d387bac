# SPDX-License-Identifier: Apache-2.0
"""What a store keeps, a row for each value."""

from typing import TypeVar

from blazar_spot.core.closures import Closure
from blazar_spot.core.deliveries import Delivery
from blazar_spot.core.evictions import Eviction
from blazar_spot.core.heartbeat import Heartbeat
from blazar_spot.core.outbox import Letter
from blazar_spot.core.promises import Claim, Instance, Notice, Reclaim
from blazar_spot.core.record import Breach, Deed
from blazar_spot.core.reservable import ReservableHost
from blazar_spot.core.switch import Switch
from blazar_spot.core.webhooks import Subscription, Webhook

Stored = TypeVar(
    "Stored",
    Claim,
    Reclaim,
    Notice,
    Instance,
    Eviction,
    Switch,
    Closure,
    Breach,
    Deed,
    Heartbeat,
    Letter,
    Webhook,
    Subscription,
    Delivery,
    ReservableHost,
)
