# SPDX-License-Identifier: Apache-2.0
"""The spot pools: there is one for each host that may run spot instances, and each withholds exactly what claims,
headroom and unpooled instances want withheld.

What is wanted is computed as a whole on every tick. Pools are closed first, before anybody else is asked; everything
else follows when the spot instances are known. A sweep finds what has changed behind our back: pools and hosts that
were added, deleted, resized or edited by hand. Next: ``core.fences``.
"""

import logging
from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace

from blazar_spot.core.errors import NotFound, SpotError, Unreachable
from blazar_spot.core.fences import CLOSED, OPEN, Fence, claimed, fences
from blazar_spot.core.planner.headroom import headroom
from blazar_spot.core.promises import Claim
from blazar_spot.core.reclaim import ENDED
from blazar_spot.enforcement.turns import Turns
from blazar_spot.ports.compute import Compute, Server
from blazar_spot.ports.pool import Pool, Sight
from blazar_spot.ports.store import Store

LOG = logging.getLogger(__name__)

PER_TICK = 200
"""How many pools that are missing or known to be wrong are kept on one tick at the most."""
SUSPECTS_PER_TICK = 25
"""How many more are looked at because they are not known yet, or changed although no spot instance came or went."""
LOOKS_PER_TICK = 5
"""How many of all others that have changed: each look takes a few requests, and reclaims wait for them."""
LOOKS_WHILE_FREEING = 2
"""Instead of both, while hosts are being freed, and one more for every twenty of these: looking at them comes first."""
PATIENCE = 3
"""After so many pools about which Placement gave no answer, the others wait for the next tick."""


@dataclass(frozen=True, slots=True)
class Fenced:
    """The pools at the beginning of a tick, and the fences that claims and closures want of them; ``held`` are the
    hosts whose pools withhold as much as that. ``freeing`` is how many hosts are being freed, each of which is looked
    at on this tick."""

    sights: Mapping[str, Sight]
    claims: Collection[Claim]
    claimed: Mapping[str, Fence]
    held: frozenset[str]
    freeing: int

    @property
    def closed(self) -> frozenset[str]:
        """The hosts whose pools are closed because claims or closures want it."""
        return frozenset(host for host in self.held if self.claimed[host].is_closed)


class Pools:
    """Keeps the pools as hosts, claims and instances want them. What it remembers only saves it from asking."""

    def __init__(self, store: Store, compute: Compute, pool: Pool, sweep_seconds: int, headroom_hosts: int) -> None:
        self._store = store
        self._compute = compute
        self._pool = pool
        self._sweep_seconds = sweep_seconds
        self._headroom_hosts = headroom_hosts
        self._sweep_at = 0
        self._freepool: frozenset[str] = frozenset()
        self._revisions: Mapping[str, str] = {}
        self._seen: dict[str, tuple[str | None, int]] = {}
        self._unchecked: set[str] = set()
        self._suspects: set[str] = set()
        self._kept: dict[str, tuple[str | None, Fence]] = {}
        self._withheld: dict[str, tuple[int, Fence]] = {}
        self._if_open: Mapping[str, Sight] = {}
        self._withholds_parts = False
        self._absent: set[str] = set()
        self._turns = Turns(PATIENCE)

    def fence(self, now: int) -> Fenced:
        """Close the pools that claims want closed, and let others withhold what claims want withheld.

        The pools are read before the claims. A booking writes its claim before it closes a pool, so whatever is seen
        closed here has its claim already; and from a pool that has changed since then nothing is let go of.
        """
        sights = self._look(now)
        with self._store.begin() as work:
            claims = work.open_claims()
            reclaims = work.reclaims_of_open_claims()
            closures = work.closures()
        wanted = claimed(claims, reclaims, now) | dict.fromkeys((one.id for one in closures), CLOSED)
        held = {host for host in wanted if host in sights and sights[host].is_closed}
        self._absent &= wanted.keys() - held
        for host in self._turns.begin(sorted(wanted.keys() - held - self._absent)):
            is_held = self._close(host) if wanted[host].is_closed else self._withhold(host, wanted[host], sights)
            held |= {host} if is_held else set()
        freeing = {one.host for one in reclaims if one.state not in ENDED and one.fence_at <= now}
        return Fenced(sights, claims, wanted, frozenset(held), len(freeing))

    def _look(self, now: int) -> Mapping[str, Sight]:
        """All pools: those that are closed as they are now, and the others as they were at the last sweep, unless
        something is withheld of one that is open. Whoever lets go of something on the word of an old sight is refused
        if anything has changed since."""
        if now < self._sweep_at and not self._withholds_parts:
            return {**self._if_open, **self._pool.closed_pools()}
        sights = self._pool.pools()
        closed = {host: sight for host, sight in sights.items() if sight.is_closed}
        self._if_open = {**sights, **{host: replace(sight, is_closed=False) for host, sight in closed.items()}}
        return sights

    def settle(self, fenced: Fenced, unpooled: Iterable[Server], spots: Mapping[str, int], now: int) -> None:
        """Let every pool withhold what it has to. ``unpooled``: the spot servers that use something of their hosts
        outside the pools; ``spots``: how many spot servers there are on each host."""
        if now >= self._sweep_at:
            self._survey(fenced, spots)
            self._sweep_at = now + self._sweep_seconds
        sizes = ((server.host, server.unpooled) for server in unpooled if server.host is not None)
        wanted = fences(fenced.claimed, self._headroom(fenced, spots), sizes)
        self._withholds_parts = any(not fence.is_closed for fence in wanted.values())
        for host in self._turns.begin(self._amiss(fenced, wanted)):
            self._keep(host, wanted.get(host, OPEN), fenced.sights.get(host))

    def _survey(self, fenced: Fenced, spots: Mapping[str, int]) -> None:
        """Find the hosts that are new or have changed since their pools were kept.

        A host also changes when an instance comes or goes. One that has changed since the last survey with as many
        instances as then is suspected of having been changed by somebody.
        """
        try:
            self._freepool = frozenset(host.host for host in self._compute.freepool_hosts())
            self._revisions = self._pool.revisions()
        except SpotError as error:
            LOG.warning("New and changed hosts have to wait: %s", error)
            return
        self._absent -= self._revisions.keys()
        hosts = self._freepool | fenced.sights.keys()
        self._kept = {host: kept for host, kept in self._kept.items() if host in hosts}
        kept = {host: revision for host, (revision, _) in self._kept.items()}
        self._unchecked = {host for host in hosts if host not in kept or self._revisions.get(host) != kept[host]}
        before, self._seen = self._seen, {host: (self._revisions.get(host), spots.get(host, 0)) for host in hosts}
        for host, (revision, count) in self._seen.items():
            if host not in kept or (host in before and before[host][0] != revision and before[host][1] == count):
                self._suspects.add(host)
        self._suspects &= self._unchecked

    def _headroom(self, fenced: Fenced, spots: Mapping[str, int]) -> frozenset[str]:
        if not self._headroom_hosts:
            return frozenset()
        starts: dict[str, int] = {}
        for claim in fenced.claims:
            starts[claim.host] = min(claim.start_at, starts.get(claim.host, claim.start_at))
        held = {host for host, sight in fenced.sights.items() if sight.is_closed}
        free = (self._freepool or fenced.sights.keys()) - fenced.claimed.keys()
        return headroom(free, self._headroom_hosts, spots, starts, held)

    def _amiss(self, fenced: Fenced, wanted: Mapping[str, Fence]) -> list[str]:
        """The hosts whose pools may not be as wanted: first those that are seen to be wrong, then those that were kept
        for something else or are missing, then suspects, then all others, the ones first that were longest ago."""
        known = fenced.sights.keys() - (fenced.claimed.keys() - fenced.held)
        wrong = {
            host for host in known - fenced.closed if fenced.sights[host].is_closed != wanted.get(host, OPEN).is_closed
        }
        other = {host for host, (_, fence) in self._kept.items() if fence != wanted.get(host, OPEN)}
        new = {host for host in wanted if host not in self._kept} & known - fenced.closed
        missing = self._unchecked - fenced.sights.keys()
        urgent = sorted(wrong) + sorted((other | new | missing) - wrong)
        suspects = sorted(self._suspects.difference(urgent))
        others = self._unchecked - self._suspects - set(urgent)
        longest_ago = [host for host in self._kept if host in others]
        if fenced.freeing:
            return urgent[:PER_TICK] + (suspects + longest_ago)[: LOOKS_WHILE_FREEING + fenced.freeing // 20]
        return urgent[:PER_TICK] + suspects[:SUSPECTS_PER_TICK] + longest_ago[:LOOKS_PER_TICK]

    def _keep(self, host: str, fence: Fence, seen: Sight | None) -> None:
        if self._turns.is_over:
            return
        self._unchecked.discard(host)
        self._suspects.discard(host)
        try:
            is_written = self._pool.keep(host, fence, seen)
        except SpotError as error:
            LOG.warning("The spot pool of %s cannot be brought up to date, trying again: %s", host, error)
            self._turns.note(host, is_answered=not isinstance(error, Unreachable))
            return
        self._turns.note(host, is_answered=True)
        self._kept.pop(host, None)  # so that it is the last one now
        # What was written changes the revision, and what is deleted afterwards may bring the old one back.
        self._kept[host] = (None if is_written else self._revisions.get(host), fence)
        if is_written:
            LOG.info("The spot pool of %s is %s", host, _in_words(fence))

    def _close(self, host: str) -> bool:
        if self._turns.is_over:
            return False
        try:
            self._pool.close(host)
        except NotFound as error:
            return self._miss(host, error)
        except SpotError as error:
            LOG.warning("Could not close the spot pool of %s, trying again: %s", host, error)
            self._turns.note(host, is_answered=not isinstance(error, Unreachable))
            return False
        self._turns.note(host, is_answered=True)
        self._kept[host] = (None, CLOSED)
        LOG.info("The spot pool of %s is closed", host)
        return True

    def _miss(self, host: str, error: NotFound) -> bool:
        """A host that is no more has no pool to be closed; it is closed when a sweep finds that the host is back."""
        self._turns.note(host, is_answered=True)
        self._absent.add(host)
        self._kept.pop(host, None)
        LOG.warning("The spot pool of %s is left alone until there is such a host again: %s", host, error)
        return False

    def _withhold(self, host: str, fence: Fence, sights: Mapping[str, Sight]) -> bool:
        """What is withheld is looked at again only when the pool has changed."""
        sight = sights.get(host)
        if sight is not None and self._withheld.get(host) == (sight.generation, fence):
            return True
        if self._turns.is_over:
            return False
        try:
            is_written = self._pool.withhold(host, fence)
        except NotFound as error:
            return self._miss(host, error)
        except SpotError as error:
            LOG.warning("The spot pool of %s cannot withhold what is claimed, trying again: %s", host, error)
            self._turns.note(host, is_answered=not isinstance(error, Unreachable))
            return False
        self._turns.note(host, is_answered=True)
        if is_written:
            LOG.info("The spot pool of %s is %s", host, _in_words(fence))
        elif sight is not None:
            self._withheld[host] = (sight.generation, fence)
        return True


def _in_words(fence: Fence) -> str:
    if fence.is_closed:
        return "closed"
    amounts = Counter(fence.amounts) + Counter(fence.room)
    withheld = ", ".join(f"{amount} {name}" for name, amount in sorted(amounts.items()))
    return f"open but for {withheld}" if withheld else "open"
