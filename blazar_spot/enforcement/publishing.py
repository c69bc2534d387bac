# SPDX-License-Identifier: Apache-2.0
"""Claims follow the reservations' calendar.

The calendar's keeper calls this with everything it holds. It is the only writer of a claim's dates: held claims
become firm, moved ones follow, and what is no longer in the calendar, or never came to be in it, is ended or
withdrawn; a drain's claim, which is in none, is left alone. No claim outlives its end by more than ``OVERRUN``,
whatever the calendar says: a lease that is stuck for ever must not keep a pool closed for ever.
"""

import logging
import uuid
from collections.abc import Iterable, Set
from dataclasses import dataclass, replace

from blazar_spot.core.model import Size
from blazar_spot.core.promises import Claim, Standing
from blazar_spot.core.reclaim import State
from blazar_spot.enforcement.audit import rewrite
from blazar_spot.ports.clock import Clock
from blazar_spot.ports.store import Store, Work

LOG = logging.getLogger(__name__)

OVERRUN = 3600
"""How long after its end a reservation may still hold its hosts; a lease that ends late does so by minutes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One reservation on one host, as the calendar has it; with ``room`` it has only that of the host."""

    reservation_id: str
    lease_id: str
    host: str
    service_host: str
    start_at: int
    end_at: int
    room: Size | None = None
    project_id: str = ""
    lease_name: str = ""


class Publishing:
    """Writes the calendar down as claims."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    def publish(self, entries: Iterable[Entry], unsettled: Set[str]) -> None:
        """Make the claims say what the calendar says; reservations in ``unsettled`` are being changed right now and
        are left alone."""
        now = self._clock.now()
        over_at = now - OVERRUN
        wanted = {(entry.reservation_id, entry.host): entry for entry in entries if over_at < entry.end_at}
        with self._store.begin() as work:
            open_claims, doubles = _one_each(work)
            for key, entry in wanted.items():
                before = open_claims.get(key)
                after = _firm(entry, before)
                if before is None:
                    work.put_claim(after)
                elif after != before:
                    rewrite(work, before, after, now, "so its lease was changed")
            gone = [
                claim
                for key, claim in open_claims.items()
                if key not in wanted and (claim.reservation_id not in unsettled or claim.end_at <= over_at)
            ]
            if gone:
                self._close(work, gone, "its lease does not have the host any more")
            if doubles:
                self._close(work, doubles, "its lease holds the host by another claim")

    def end(self, reservation_id: str) -> None:
        """Close the claims of a reservation that is over, without waiting for the next time."""
        with self._store.begin() as work:
            self._close(work, work.claims_of(reservation_id), "its reservation is over")

    def _close(self, work: Work, gone: Iterable[Claim], because: str) -> None:
        reclaims = {reclaim.id: reclaim for reclaim in work.reclaims_of_open_claims()}
        for claim in gone:
            reclaim = reclaims.get(claim.id)
            was_served = reclaim is not None and reclaim.state is State.HANDED_OVER
            standing = Standing.ENDED if was_served else Standing.WITHDRAWN
            LOG.info("The claim of reservation %s on %s is %s", claim.reservation_id, claim.host, standing)
            rewrite(work, claim, replace(claim, standing=standing), self._clock.now(), because, reclaim)


def _one_each(work: Work) -> tuple[dict[tuple[str, str], Claim], list[Claim]]:
    """The open claims by what they are for, and those that are one too many: a reservation that gets a host again
    before it was published that it had lost it holds it twice. The one that is served is kept, or a firm one."""
    claims = [claim for claim in work.open_claims() if not claim.is_drain]
    found = {(claim.reservation_id, claim.host): claim for claim in claims}
    if len(found) == len(claims):
        return found, []
    states = {reclaim.id: reclaim.state for reclaim in work.reclaims_of_open_claims()}
    ranked = sorted(claims, key=lambda one: (states.get(one.id) is State.HANDED_OVER, one.standing is Standing.FIRM))
    found = {(claim.reservation_id, claim.host): claim for claim in ranked}
    kept = {claim.id for claim in found.values()}
    return found, [claim for claim in claims if claim.id not in kept]


def _firm(entry: Entry, claim: Claim | None) -> Claim:
    if claim is None:
        return Claim(
            id=uuid.uuid4().hex,
            reservation_id=entry.reservation_id,
            lease_id=entry.lease_id,
            host=entry.host,
            service_host=entry.service_host,
            start_at=entry.start_at,
            end_at=entry.end_at,
            standing=Standing.FIRM,
            held_until=entry.end_at,
            room=entry.room,
            project_id=entry.project_id,
            lease_name=entry.lease_name,
        )
    return replace(
        claim,
        service_host=entry.service_host,
        start_at=entry.start_at,
        end_at=entry.end_at,
        standing=Standing.FIRM,
        room=entry.room,
        project_id=entry.project_id,
        lease_name=entry.lease_name,
    )
