# SPDX-License-Identifier: Apache-2.0
"""What each host's pool has to withhold, always computed as a whole, never counted up and down.

A claim closes its host's pool from its fence's instant until the claim has ended or been withdrawn: not only until
the hand-over. Hosts of the headroom are closed as well. A pool that stays open withholds what its host's unpooled
instances use: they stand on the host without consuming the pool.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Set
from dataclasses import dataclass, field

from blazar_spot.core.model import Size
from blazar_spot.core.promises import Claim, Reclaim


@dataclass(frozen=True, slots=True)
class Fence:
    """What is withheld from new spot instances: everything, or so much of each of the host's resource classes."""

    is_closed: bool = False
    amounts: Mapping[str, int] = field(default_factory=dict)

    def of(self, resource_class: str, total: int) -> int:
        """How much of a class of which the host has so much."""
        return total if self.is_closed else min(total, self.amounts.get(resource_class, 0))


OPEN = Fence()
CLOSED = Fence(is_closed=True)


def hosts_to_close(claims: Iterable[Claim], reclaims: Iterable[Reclaim], now: int) -> frozenset[str]:
    """The hosts whose pools the open claims want closed at ``now``."""
    fence_at = {reclaim.id: reclaim.fence_at for reclaim in reclaims}
    return frozenset(
        claim.host for claim in claims if claim.is_open and claim.id in fence_at and fence_at[claim.id] <= now
    )


def fences(closed: Set[str], withheld: Iterable[tuple[str, Size]]) -> dict[str, Fence]:
    """The fence of each host that has one: of the closed hosts, and of those on which sizes are withheld."""
    amounts: dict[str, Counter[str]] = {}
    for host, size in withheld:
        amounts.setdefault(host, Counter()).update(size)
    partly = {host: Fence(amounts=dict(total)) for host, total in amounts.items()}
    return partly | dict.fromkeys(closed, CLOSED)
