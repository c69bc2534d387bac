# SPDX-License-Identifier: Apache-2.0
"""The spot pools as operators see them: how full each is, whether it is closed and why, and who wants its host next.

Which pools there are costs two questions to Placement, and each pool that is shown three more, side by side; the
database is asked three however many are shown.
"""

from bisect import bisect_right
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from blazar_spot.core.errors import NotFound
from blazar_spot.core.fences import claimed
from blazar_spot.core.pages import Mark, Page
from blazar_spot.core.promises import Claim, Reclaim
from blazar_spot.enforcement.parallel import at_once
from blazar_spot.ports.clock import Clock
from blazar_spot.ports.pool import Pool, Sight
from blazar_spot.ports.stock import Level, Stock
from blazar_spot.ports.store import Store

AT_ONCE = 8

Wanting = tuple[Claim, Reclaim | None]


class Because(StrEnum):
    """Why a pool is closed. If it is for none of these, the engine opens it soon."""

    CLAIM = "claim"
    CLOSURE = "closure"
    HEADROOM = "headroom"


@dataclass(frozen=True, slots=True, kw_only=True)
class PoolView:
    """One pool; ``level`` is None if it was taken away while it was looked at."""

    host: str
    is_closed: bool
    because: Sequence[Because]
    level: Level | None
    instances: int
    holding: Sequence[Wanting]
    """The claims whose fences' instants have come, by start."""
    next_claim: Wanting | None
    """The first one whose has not."""


class Stocks:
    """Questions about pools."""

    def __init__(self, store: Store, pool: Pool, stock: Stock, clock: Clock, headroom_hosts: int) -> None:
        self._store = store
        self._pool = pool
        self._stock = stock
        self._clock = clock
        self._headroom_hosts = headroom_hosts

    def page(self, after: str, limit: int) -> Page[PoolView]:
        """The first so many pools by host, behind this one."""
        pools = self._pool.pools()
        hosts = sorted(pools)
        behind = hosts[bisect_right(hosts, after) :]
        views = self._views({host: pools[host] for host in behind[:limit]})
        return Page(views, Mark(0, behind[limit - 1]) if len(behind) > limit else None)

    def one(self, host: str) -> PoolView:
        """The pool of this host."""
        pools = self._pool.pools()
        if host not in pools:
            raise NotFound("There is no such pool.")
        return self._views({host: pools[host]})[0]

    def _views(self, sights: Mapping[str, Sight]) -> list[PoolView]:
        hosts = list(sights)
        levels = dict(zip(hosts, at_once(self._level, hosts, AT_ONCE), strict=True))
        with self._store.begin() as work:
            counts, wanting = work.instance_counts(hosts), work.claims_on(hosts)
            closed = {one.id for one in work.closures()}
        return [
            self._view(
                host,
                sight,
                levels[host],
                counts.get(host, 0),
                [one for one in wanting if one[0].host == host],
                is_ordered=host in closed,
            )
            for host, sight in sights.items()
        ]

    def _level(self, host: str) -> Level | None:
        try:
            return self._stock.level(host)
        except NotFound:
            return None

    def _view(
        self,
        host: str,
        sight: Sight,
        level: Level | None,
        instances: int,
        wanting: Collection[Wanting],
        *,
        is_ordered: bool,
    ) -> PoolView:
        now = self._clock.now()
        holding = [one for one in wanting if one[1] is not None and one[1].fence_at <= now]
        coming = [one for one in wanting if one not in holding]
        return PoolView(
            host=host,
            is_closed=sight.is_closed,
            because=self._because(wanting, host, now, is_ordered=is_ordered) if sight.is_closed else (),
            level=level,
            instances=instances,
            holding=holding,
            next_claim=coming[0] if coming else None,
        )

    def _because(self, wanting: Collection[Wanting], host: str, now: int, *, is_ordered: bool) -> list[Because]:
        fences = claimed([claim for claim, _ in wanting], [its for _, its in wanting if its is not None], now)
        because = [Because.CLOSURE] if is_ordered else []
        if host in fences and fences[host].is_closed:
            because.append(Because.CLAIM)
        if because:
            return because
        return [Because.HEADROOM] if self._headroom_hosts else []
