# SPDX-License-Identifier: Apache-2.0
"""Whom the checks look at: the ports, and the few settings that matter to them."""

from collections.abc import Callable
from dataclasses import dataclass

from blazar_spot.ports.clock import Clock
from blazar_spot.ports.compute import Compute
from blazar_spot.ports.keyring import Keyring
from blazar_spot.ports.pool import Pool
from blazar_spot.ports.store import Store
from blazar_spot.ports.surroundings import Bus, Schema, Surroundings


@dataclass(frozen=True, slots=True, kw_only=True)
class Patient:
    """``bus`` is None if nobody is to listen. ``keyring`` raises ``Permanent`` if there are no keys, or bad ones."""

    clock: Clock
    store: Store
    schema: Schema
    compute: Compute
    pool: Pool
    surroundings: Surroundings
    bus: Bus | None
    keyring: Callable[[], Keyring]
    channels: frozenset[str]
    is_auto_enrolling: bool
