# SPDX-License-Identifier: Apache-2.0
"""What there is in the spot pools, for people who look: nothing is decided by it, and nothing written.

Amounts are in the names of the hosts' own resource classes. Every call may raise ``Unreachable``.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from blazar_spot.core.model import Size


@dataclass(frozen=True, slots=True)
class Level:
    """How full a pool is: what its host has, what of that is withheld, and what spot instances use."""

    total: Size
    reserved: Size
    used: Size


class Stock(Protocol):
    """The pools, as they are in the service that also schedules."""

    def free(self) -> Mapping[str, Size]:
        """What each pool has left for new spot instances, by host, in as many questions for many pools as for one; of
        a class that is used up by more than there is now it may be less than nothing."""

    def level(self, host: str) -> Level:
        """How full this host's pool is. ``NotFound`` if it has none."""
