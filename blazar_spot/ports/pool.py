# SPDX-License-Identifier: Apache-2.0
"""The spot pool of each host, kept in the service that also schedules: closing it is atomic with scheduling.

Every call may raise ``Unreachable`` (nothing is known) and every write is idempotent.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from blazar_spot.core.fences import Fence
from blazar_spot.core.sharing import Usage


@dataclass(frozen=True, slots=True)
class Sight:
    """A pool as it was seen. ``generation`` counts its changes; a change that closes or opens it is always one."""

    is_closed: bool
    generation: int


class Pool(Protocol):
    """One pool per host; a host is named by its hypervisor."""

    def pools(self) -> Mapping[str, Sight]:
        """Every pool there is, by host."""

    def closed_pools(self) -> Mapping[str, Sight]:
        """Every pool that is closed, by host: much less to tell where most are open."""

    def revisions(self) -> Mapping[str, str]:
        """For each host a word that is another one after any change of its resources or of its pool, whoever made
        it. It may change without such a change, too."""

    def keep(self, host: str, fence: Fence, seen: Sight | None) -> bool:
        """Make the pool exist, mirror the host's resources as they are now, and withhold exactly this much; whether
        something had to be written.

        ``seen`` is how the pool was when the fence was decided on, None if there was none: if this lets go of
        anything and the pool has changed since, nothing is done and ``StaleVersion`` raised. ``NotFound`` if the host
        has no provider."""

    def close(self, host: str) -> None:
        """From the return on no new spot instance is scheduled to the host; running ones are not touched. Creates a
        missing pool, closed. A pool that was closed already changes its generation all the same, so that whoever
        decided to open it before this finds that out."""

    def remove(self, host: str) -> None:
        """Take the host's pool away; there being none is success. ``NotNow``, and it stays as it is, while somebody
        consumes it."""

    def withhold(self, host: str, fence: Fence) -> bool:
        """From the return on at least so much is withheld, and nothing is let go of that was withheld besides; whether
        something had to be written. Creates a missing pool. ``NotFound`` if the host has no provider."""

    def consumers(self, host: str) -> frozenset[str]:
        """The ids of all consumers on any provider of the host's tree: servers, also those still being built, and
        migrations. ``NotFound`` if the host has no provider."""

    def spot_consumers(self, host: str) -> frozenset[str]:
        """The ids of the consumers of the spot pool alone; empty if there is no pool."""

    def usage(self, host: str) -> Usage:
        """What the host has to give, with overcommitment and without what the operator keeps back, and what each
        consumer holds of it; all providers of the host's tree but the spot pool. ``NotFound`` as for ``consumers``."""
