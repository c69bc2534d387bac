# SPDX-License-Identifier: Apache-2.0
"""Takes orders to drain hosts: a closure, and a claim without a lease, which the engine treats as any other.

The claim is booked as a reservation's is: held, made sure of, and only then firm; and with every promise kept, whatever
the policy says. So it waits for the reservations that have the host already, and no later one gets the host while it
lasts. ``closing`` opens the host again.
"""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from blazar_spot.core.booking import Candidate, Wish
from blazar_spot.core.closures import FOREVER, Closed, is_reserved, to_drain
from blazar_spot.core.errors import NotNow, PromiseBroken, Refused, Unreachable
from blazar_spot.core.instants import iso
from blazar_spot.core.policy import Policy
from blazar_spot.core.promises import Standing
from blazar_spot.core.record import deed
from blazar_spot.core.stays import Stays
from blazar_spot.enforcement import hindering
from blazar_spot.enforcement.booking import Booking
from blazar_spot.enforcement.closing import Closing, needed, write
from blazar_spot.ports.clock import Clock
from blazar_spot.ports.pool import Pool
from blazar_spot.ports.store import Store

LOG = logging.getLogger(__name__)

HASTE_SECONDS = 5
"""What it may take to find out the earliest instant and to write it down."""
NO_LEASE = ""


class Draining:
    """Books hosts for nobody."""

    def __init__(
        self,
        store: Store,
        pool: Pool,
        clock: Clock,
        policy: Policy,
        closing: Closing,
        returning: Stays,
    ) -> None:
        self._store = store
        self._clock = clock
        self._closing = closing
        self._booking = Booking(store, pool, clock, replace(policy, breaks_promises=False), returning)

    def drain(self, host: str, by: int | None, reason: str) -> Closed:
        """Let the host be empty from this instant on, or from the first one that breaks no promise, until it is opened.

        ``NotCarriedOut`` if no engine evicts. ``PromiseBroken`` if it cannot be as early as that: then all is as it
        was. If the first one is asked for, the host is closed before that is found out, and stays so whatever comes of
        it.
        """
        self._closing.must_have_pool(host)
        with self._store.begin() as work:
            hindering.must_be_carried_out(work, needed(is_drain=True), self._clock.now())
        standing = next((one for one in self._closing.closed() if one.closure.id == host and one.claim), None)
        if standing and standing.claim:
            if by not in (None, standing.claim.start_at):
                raise NotNow(f"{host} is to be drained by {iso(standing.claim.start_at)} already; open it first.")
            return standing
        self._booking.release(host, [self._candidate(host)])  # what an order that was cut off has left
        if by is None:
            self._closing.close(host, reason)
            start_at = self._hold_soonest(host)
        else:
            start_at = self._hold(host, max(by, self._clock.now()))
        self._commit(host, start_at, reason)
        self._closing.close_pool(host)
        return self._closing.on(host)

    def _hold_soonest(self, host: str) -> int:
        """What else is due at about that time may make it later than was found out at first."""
        now = self._clock.now()
        with _as_promise(host, now):
            first = self._booking.earliest(_wish(now), [self._candidate(host)])
        if first is None:
            raise PromiseBroken(f"{host} cannot be drained: reservations have it for as long as can be foreseen.")
        try:
            return self._hold(host, first + HASTE_SECONDS)
        except PromiseBroken as broken:
            if broken.earliest_at is None:
                raise
            return self._hold(host, broken.earliest_at)

    def _hold(self, host: str, by: int) -> int:
        candidate = self._candidate(host)
        with _as_promise(host, by):
            chosen = self._booking.hold(host, NO_LEASE, _wish(by), [candidate])
            self._booking.secure(host, _wish(by), chosen)
        return by

    def _candidate(self, host: str) -> Candidate:
        with self._store.begin() as work:
            return to_drain(host, work.open_claims())

    def _commit(self, host: str, start_at: int, reason: str) -> None:
        """From now on the engine tells and evicts for it, unless somebody has booked or drained the host meanwhile."""
        now = self._clock.now()
        with self._store.begin() as work:
            held = [one for one in work.claims_of(host) if one.is_drain and one.start_at == start_at]
            if not held or is_reserved(held[0], work.open_claims()):
                raise NotNow(f"{host} was booked by somebody else at the same time.")
            work.put_claim(replace(held[0], standing=Standing.FIRM, held_until=held[0].end_at))
            write(work, host, reason, now)
            by = iso(held[0].start_at)
            work.add(deed("drain ordered", now, held[0].id, host, details=f"to be empty at {by}: {reason}"))
        LOG.info("%s is to be drained by %s", host, by)


def _wish(by: int) -> Wish:
    return Wish(start_at=by, end_at=FOREVER, count_min=1, count_max=1)


@contextmanager
def _as_promise(host: str, by: int) -> Iterator[None]:
    """A refusal in the words of whoever drains a host."""
    try:
        yield
    except Refused as refused:
        if refused.code == "cannot_judge":
            raise Unreachable(str(refused)) from refused
        why = "a reservation has it" if refused.code == "not_enough_hosts" else "spot instances were promised more time"
        later = "" if refused.earliest_start is None else f"; it can be at {iso(refused.earliest_start)}"
        raise PromiseBroken(f"{host} cannot be empty at {iso(by)}: {why}{later}.", refused.earliest_start) from refused
