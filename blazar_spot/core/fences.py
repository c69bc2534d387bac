# SPDX-License-Identifier: Apache-2.0
"""What each host's pool has to withhold, always computed as a whole, never counted up and down.

A claim on a whole host closes its pool from its fence's instant until the claim has ended or been withdrawn: not only
until the hand-over. Hosts of the headroom are closed as well. A pool that stays open withholds what its host's unpooled
instances use: they stand on the host without consuming the pool.

A claim on a part closes the pool while its reservation runs. From its fence until then only its room is withheld, and
whoever is inside counts in full, those that have to go for it included. So a new instance fits only if all that are
there and the claim's room fit beside it, and then nobody is in the claim's way, the new one least of all. Room that
those to go will leave is nobody's before they have left it: who goes may change until they are gone, and somebody who
was let in on the word of one who stays after all would have to go too young, or make the host late.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Set
from dataclasses import dataclass, field, replace

from blazar_spot.core.model import Size
from blazar_spot.core.promises import Claim, Reclaim


@dataclass(frozen=True, slots=True)
class Fence:
    """What is withheld from new spot instances: everything, or so much of each of the host's resource classes.

    ``room`` is what has to stay free of what the host can give, with overcommitment and without what its operator keeps
    back; the pool, which has neither, withholds it so.
    """

    is_closed: bool = False
    amounts: Mapping[str, int] = field(default_factory=dict)
    room: Mapping[str, int] = field(default_factory=dict)

    def of(self, resource_class: str, total: int) -> int:
        """How much of a class of which the host has so much."""
        return total if self.is_closed else min(total, self.amounts.get(resource_class, 0))

    def at(self, totals: Size, capacity: Size) -> "Fence":
        """The same for a host that has this and can give that: with its room among the amounts."""
        kept = {
            name: max(0, totals[name] + room - capacity.get(name, 0))
            for name, room in self.room.items()
            if name in totals
        }
        return replace(self, amounts=dict(Counter(self.amounts) + Counter(kept)), room={}) if kept else self


OPEN = Fence()
CLOSED = Fence(is_closed=True)


def claimed(claims: Iterable[Claim], reclaims: Iterable[Reclaim], now: int) -> dict[str, Fence]:
    """The fence that the open claims want of each host's pool at ``now``; none of a host that nobody wants fenced."""
    fence_at = {reclaim.id: reclaim.fence_at for reclaim in reclaims}
    found: dict[str, Fence] = {}
    for claim in claims:
        if not claim.is_open or claim.id not in fence_at or now < fence_at[claim.id]:
            continue
        before = found.get(claim.host, OPEN)
        if claim.room is None or claim.start_at <= now or before.is_closed:
            found[claim.host] = CLOSED
        else:
            found[claim.host] = Fence(room=dict(Counter(before.room) + Counter(claim.room)))
    return found


def fences(claimed: Mapping[str, Fence], headroom: Set[str], withheld: Iterable[tuple[str, Size]]) -> dict[str, Fence]:
    """The fence of each host that has one: what claims want, of the hosts of the headroom everything, and the sizes
    that are withheld besides."""
    amounts: dict[str, Counter[str]] = {}
    for host, size in withheld:
        amounts.setdefault(host, Counter()).update(size)
    found = {host: Fence(amounts=dict(total)) for host, total in amounts.items()}
    for host, fence in claimed.items():
        found[host] = fence if fence.is_closed else replace(fence, amounts=dict(amounts.get(host, {})))
    return found | dict.fromkeys(headroom, CLOSED)
