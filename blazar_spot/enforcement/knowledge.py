# SPDX-License-Identifier: Apache-2.0
"""What the database says about the reclaims under way, read at once, and what a look at a host means by it.

Read anew whenever something is decided and never kept. Who is on a host is ``occupancy``'s to say.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from blazar_spot.core.evictions import Eviction
from blazar_spot.core.interruptions import known_to_reclaims
from blazar_spot.core.promises import Claim, Instance, Notice, Reclaim
from blazar_spot.core.steps import Seen
from blazar_spot.core.switch import Mode, withheld
from blazar_spot.enforcement.occupancy import Look
from blazar_spot.ports.store import Work


@dataclass(frozen=True, slots=True)
class Known:
    """What the database says now; of instances, those that were seen on the hosts."""

    reclaims: Mapping[str, Reclaim]
    claims: Mapping[str, Claim]
    notices: Mapping[str, Notice]
    instances: Mapping[str, Instance]
    evictions: Mapping[str, Eviction]
    withheld: str

    def of(self, look: Look, *, is_closed: bool) -> Seen:
        """What was observed of a host, as the rules want to be told."""
        groups = look.groups
        ours = groups.spots | groups.condemned
        return Seen(
            is_closed=is_closed,
            spots=groups.spots,
            occupants=look.occupants,
            notices={one: self.notices[one] for one in ours if one in self.notices},
            condemned=groups.condemned,
            moved=groups.moved,
            asked=frozenset(one for one, eviction in self.evictions.items() if eviction.is_accepted),
            unproven=frozenset(look.unproven),
        )


def read(work: Work, looks: Iterable[Look], mode: Mode, now: int) -> Known:
    """Everything that is open, and whoever was seen."""
    present = {server.id for look in looks for server in look.servers}
    return Known(
        reclaims={reclaim.id: reclaim for reclaim in work.open_reclaims()},
        claims={claim.id: claim for claim in work.open_claims()},
        notices=known_to_reclaims(work.open_notices(), now),
        instances={instance.id: instance for instance in work.instances_by_id(present)},
        evictions={eviction.id: eviction for eviction in work.open_evictions()},
        withheld=withheld(mode, work.switch()),
    )
