# SPDX-License-Identifier: Apache-2.0
"""Takes orders to close hosts for spot instances, and to open them again.

What is ordered is carried out by the engine; that a pool is closed is tried here, too, so that it is at once. Nobody is
told or evicted for it: next, ``draining``.
"""

import logging
from collections.abc import Sequence
from dataclasses import replace
from typing import NoReturn, TypeGuard

from blazar_spot.core.closures import Closed, Closure, Stage
from blazar_spot.core.errors import NotFound, SpotError
from blazar_spot.core.promises import Claim, Standing
from blazar_spot.core.record import deed
from blazar_spot.core.switch import Mode
from blazar_spot.enforcement import hindering
from blazar_spot.enforcement.audit import rewrite
from blazar_spot.ports.clock import Clock
from blazar_spot.ports.pool import Pool
from blazar_spot.ports.store import Store, Work

LOG = logging.getLogger(__name__)


class Closing:
    """Closes and opens."""

    def __init__(self, store: Store, pool: Pool, clock: Clock) -> None:
        self._store = store
        self._pool = pool
        self._clock = clock

    def closed(self) -> Sequence[Closed]:
        """Every host that is closed. What is only held of one may be what an order that was cut off has left."""
        with self._store.begin() as work:
            both = work.claims_with_reclaims()
            firm = ((claim, reclaim) for claim, reclaim in both if claim.standing is Standing.FIRM)
            drains = {claim.host: (claim, reclaim) for claim, reclaim in firm if claim.is_drain}
            pairs = [(closure, *drains.get(closure.id, (None, None))) for closure in work.closures()]
            now = self._clock.now()
            waits_for = hindering.waits_for(work, now)
        at_work = {claim.host for claim, _ in both if not claim.is_drain and claim.start_at <= now < claim.end_at}
        found = [
            Closed(
                closure=closure,
                claim=drain,
                reclaim=reclaim,
                is_taken=_is_due(drain, now) and drain.host in at_work,
                waits_for=waits_for[needed(is_drain=drain is not None)],
            )
            for closure, drain, reclaim in pairs
        ]
        return [replace(one, waits_for=None) if one.stage is Stage.DRAINED else one for one in found]

    def on(self, host: str) -> Closed:
        """The closure of this host."""
        return next((one for one in self.closed() if one.closure.id == host), None) or _nothing(host)

    def close(self, host: str, reason: str) -> Closed:
        """Let no more spot instances come to the host. Reservations may have it; and one that is drained stays so."""
        self.must_have_pool(host)
        with self._store.begin() as work:
            hindering.must_be_carried_out(work, needed(is_drain=False), self._clock.now())
            write(work, host, reason, self._clock.now())
        self.close_pool(host)
        return self.on(host)

    def open(self, host: str) -> None:
        """Let spot instances come again, and let those stay that were told to go because it was to be drained."""
        now = self._clock.now()
        with self._store.begin() as work:
            work.drop_closure(_closure(work, host) or _nothing(host))
            reclaims = {reclaim.id: reclaim for reclaim in work.reclaims_of_open_claims()}
            for claim in work.claims_of(host):
                after = replace(claim, standing=Standing.WITHDRAWN)
                rewrite(work, claim, after, now, "the host was opened again", reclaims.get(claim.id))
            work.add(deed("opened", now, "", host))
        LOG.info("%s is open for spot instances again", host)

    def must_have_pool(self, host: str) -> None:
        """``NotFound`` if it has none: then no spot instance comes to it, and it may not even exist."""
        if host not in self._pool.pools():
            raise NotFound(f"There is no spot pool of a host {host!r}.")

    def close_pool(self, host: str) -> None:
        """At once, if that can be done: if not, the engine does it."""
        try:
            self._pool.close(host)
        except SpotError as error:
            LOG.warning("The spot pool of %s is not closed yet: %s", host, error)


def needed(*, is_drain: bool) -> Mode:
    """How far an engine has to go for a closure."""
    return Mode.ENFORCE if is_drain else Mode.PROTECT


def write(work: Work, host: str, reason: str, now: int) -> None:
    """Write the closure down, if that says anything new."""
    before = _closure(work, host)
    after = replace(before or Closure(id=host, closed_at=now), reason=reason)
    if after != before:
        stored = work.put_closure(after)
        work.add(deed("closed", now, "", host, details=reason, once=f"{stored.closed_at}/{stored.version}"))


def _is_due(drain: Claim | None, now: int) -> TypeGuard[Claim]:
    return drain is not None and drain.start_at <= now


def _closure(work: Work, host: str) -> Closure | None:
    return next((one for one in work.closures() if one.id == host), None)


def _nothing(host: str) -> NoReturn:
    raise NotFound(f"{host} is not closed.")
