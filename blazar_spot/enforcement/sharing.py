# SPDX-License-Identifier: Apache-2.0
"""Looks at a shared host with the eyes of a claim on a part of it: only who is in its way is seen.

With room enough nobody is. So a reclaim of a part walks the same states as that of a whole host, and READY means that
room was seen. What could not be asked is None, as everywhere.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace

from blazar_spot.core.occupants import Sorted
from blazar_spot.core.policy import Policy
from blazar_spot.core.promises import Claim, Instance, Notice, Reclaim
from blazar_spot.core.sharing import Usage, at_home, beside, cost, missing, victims
from blazar_spot.enforcement.occupancy import HOSTS_AT_ONCE, Look
from blazar_spot.enforcement.parallel import at_once
from blazar_spot.enforcement.witnesses import Witnesses
from blazar_spot.ports.clock import Clock

_NOBODY: frozenset[str] = frozenset()


class Sharing:
    """Counts room."""

    def __init__(self, witnesses: Witnesses, clock: Clock, policy: Policy) -> None:
        self._witnesses = witnesses
        self._clock = clock
        self._policy = policy

    def has_room(self, claim: Claim, claims: Iterable[Claim]) -> bool:
        """Whether it was seen that the claim's room is free."""
        usage = self._witnesses.usage_with_unproven(claim.host)
        return usage is not None and not missing(claim, beside(claim, claims, self._clock.now()), usage)

    def usages(self, hosts: Collection[str]) -> dict[str, Usage | None]:
        """What is used of each of these hosts: it is asked once, however many claims there are on a host."""
        return dict(zip(hosts, at_once(self._witnesses.usage, hosts, HOSTS_AT_ONCE), strict=True))

    def narrowed(
        self,
        look: Look,
        usage: Usage | None,
        reclaim: Reclaim,
        claim: Claim,
        claims: Iterable[Claim],
        instances: Mapping[str, Instance],
        notices: Mapping[str, Notice],
    ) -> Look:
        """The same look, of which only those who are in this claim's way are seen."""
        if look.occupants is None or usage is None:
            return replace(look, occupants=None)
        others = beside(claim, claims, self._clock.now())
        lacking = missing(claim, others, usage)
        if not missing(claim, others, usage.and_held_by(look.unproven)):
            return replace(look, occupants=_NOBODY, groups=Sorted(_NOBODY, _NOBODY, _NOBODY, _NOBODY), unproven={})
        # Nobody goes to make room for one that has gone itself and is only not known to have left.
        going = self._going(look.groups, reclaim, lacking, usage, instances, notices)
        strangers = look.groups.strangers - at_home([claim, *others], usage)
        is_enough = all(sum(usage.held[one].get(name, 0) for one in going) >= lacking[name] for name in lacking)
        groups = Sorted(
            spots=look.groups.spots & going,
            condemned=look.groups.condemned & going,
            moved=look.groups.moved,
            strangers=_NOBODY if is_enough else strangers,
        )
        # What is short is never nobody's, even if nobody can be named for it.
        in_the_way = going | groups.strangers | look.unproven.keys()
        return replace(look, occupants=in_the_way or frozenset(lacking), groups=groups)

    def _going(
        self,
        groups: Sorted,
        reclaim: Reclaim,
        lacking: Mapping[str, int],
        usage: Usage,
        instances: Mapping[str, Instance],
        notices: Mapping[str, Notice],
    ) -> frozenset[str]:
        now = self._clock.now()
        costs = {
            one: cost(instances.get(one), notices.get(one), reclaim.evict_at, self._policy, now) for one in groups.spots
        }
        costs |= dict.fromkeys(groups.condemned, 0)
        sizes = {one: usage.held[one] for one in costs if one in usage.held}
        return victims(lacking, sizes, costs)
