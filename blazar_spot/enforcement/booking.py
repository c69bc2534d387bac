# SPDX-License-Identifier: Apache-2.0
"""Admission: may this reservation have these hosts at its start, and which ones?

``judge`` only looks; ``hold`` decides and writes held claims, and asks nobody but the database, so that it may be
called under a lock. ``secure`` follows: when the booking comes after its own fence's instant, it closes the held pools
first and only then looks who is in them, since what it sees can no longer grow. Whatever goes wrong, the answer is a
refusal with nothing held.
"""

import logging
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, Set
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import NamedTuple

from blazar_spot.core.booking import (
    Candidate,
    Wish,
    cheapest_first,
    refusal,
    request,
    snapshot,
    without_promises,
)
from blazar_spot.core.errors import NotFound, NotNow, Refused, SpotError
from blazar_spot.core.leads import lead_beside
from blazar_spot.core.model import Plan
from blazar_spot.core.planner import plan
from blazar_spot.core.planning import followed, planned
from blazar_spot.core.policy import Policy
from blazar_spot.core.promises import Claim, Instance, Notice, Reclaim, Standing
from blazar_spot.enforcement.ledger import NOWHERE
from blazar_spot.ports.clock import Clock
from blazar_spot.ports.pool import Pool
from blazar_spot.ports.store import Store, Work

LOG = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Known:
    """Spot instances, by instance the notices that run, and the claims with which the deletes are shared."""

    instances: Sequence[Instance]
    notices: Mapping[str, Notice]
    beside: Sequence[tuple[Claim, Reclaim | None]] = ()


class _Place(NamedTuple):
    """When a claim holds its host, and how long before that the deletes begin."""

    start_at: int
    end_at: int
    lead: int


class Booking:
    """Answers and holds."""

    def __init__(
        self, store: Store, pool: Pool, clock: Clock, policy: Policy, returning: Callable[[], Set[str]]
    ) -> None:
        self._store = store
        self._pool = pool
        self._clock = clock
        self._policy = policy
        self._returning = returning

    def judge(self, wish: Wish, candidates: Sequence[Candidate], *, without: str | None = None) -> list[Candidate]:
        """The hosts that the wish would get, or raise ``Refused`` if it cannot be met without breaking a promise.

        ``without`` is the reservation that would leave its place for it.
        """
        with _or_refused():
            known = self._known(candidates, without)
            return self._plan(wish, self._present(candidates), known, self._lead(wish, wish.count_max, known.beside))

    def fence_at(self, wish: Wish, *, without: str | None = None) -> int:
        """When the pools of the hosts would be closed."""
        with _or_refused(), self._store.begin() as work:
            lead = self._lead(wish, wish.count_max, _beside(work, without))
        return self._policy.instants(wish.start_at, lead).fence_at

    def cheapest(self, wish: Wish, hosts: Sequence[Candidate], count: int) -> list[Candidate]:
        """So many of the hosts that a reservation has: those that are best to keep."""
        with _or_refused():
            known = self._known(hosts)
        lead = self._lead(wish, count, known.beside)
        state = snapshot(wish, hosts, known.instances, known.notices, lead, self._policy, self._clock.now())
        best = set(cheapest_first(state, wish)[:count])
        return [host for host in hosts if host.host in best]

    def hold(self, reservation_id: str, lease_id: str, wish: Wish, candidates: Sequence[Candidate]) -> list[Candidate]:
        """Choose the hosts and hold them for the reservation, or raise ``Refused`` with nothing held.

        Their pools are as they were: ``secure`` them before the booking is accepted.
        """
        with _or_refused():
            known = self._known(candidates)
            longest = self._lead(wish, wish.count_max, known.beside)
            planned = self._plan(wish, self._present(candidates), known, longest)
            lead = self._lead(wish, len(planned), known.beside)
            chosen = [replace(one, lead=lead) for one in planned]
            self._write_claims(reservation_id, lease_id, wish, chosen)
        return chosen

    def secure(self, reservation_id: str, wish: Wish, hosts: Sequence[Candidate]) -> list[Candidate]:
        """Behind the fence's instant, see to it that the held hosts can really be free, or raise ``Refused`` with
        nothing held of them any more; returns those that stay held, if fewer than asked for at the most will do."""
        lead = max((host.lead for host in hosts), default=0)
        if self._clock.now() < self._policy.instants(wish.start_at, lead).fence_at:
            return list(hosts)
        with _or_refused():
            had = self._fence_then_look(wish, hosts, lead, lambda: self.release(reservation_id, hosts))
            names = {host.host for host in had}
            self.release(reservation_id, [host for host in hosts if host.host not in names])
        return had

    def move(self, reservation_id: str, wish: Wish, hosts: Sequence[Candidate]) -> None:
        """Let the reservation hold these hosts for the wish's window instead, or raise ``Refused`` with all as it was.

        Before the new fence's instant nothing is written: the claims follow when the calendar has changed.
        """
        with _or_refused(), self._store.begin() as work:
            lead = self._lead(wish, len(hosts), _beside(work, reservation_id))
        if self._clock.now() < self._policy.instants(wish.start_at, lead).fence_at:
            return
        with _or_refused():
            place = _Place(wish.start_at, wish.end_at, lead)
            before = self._move_claims(reservation_id, {host.host: place for host in hosts})
            every_one = replace(wish, count_min=len(hosts))
            self._fence_then_look(every_one, hosts, lead, lambda: self._move_claims(reservation_id, before))

    def release(self, reservation_id: str, hosts: Iterable[Candidate]) -> None:
        """Withdraw what is only held of these hosts for the reservation."""
        names = {host.host for host in hosts}
        with self._store.begin() as work:
            for claim in work.claims_of(reservation_id):
                if claim.standing is Standing.HELD and claim.host in names:
                    work.put_claim(replace(claim, standing=Standing.WITHDRAWN))

    def abandon(self, lease_id: str) -> None:
        """Withdraw what is only held for the lease: its booking came to nothing."""
        with self._store.begin() as work:
            for claim in work.open_claims():
                if claim.standing is Standing.HELD and claim.lease_id == lease_id:
                    work.put_claim(replace(claim, standing=Standing.WITHDRAWN))

    def _present(self, candidates: Sequence[Candidate]) -> list[Candidate]:
        """The hosts as they are: one that is on its way back from its last reservation is busy a little longer."""
        returning = self._returning()
        now = self._clock.now()
        until = now + self._policy.force_allowance + self._policy.reset_allowance
        return [
            replace(host, busy=(*host.busy, (now, until))) if host.host in returning else host for host in candidates
        ]

    def _lead(self, wish: Wish, hosts: int, beside: Sequence[tuple[Claim, Reclaim | None]]) -> int:
        """The lead of so many hosts beside the claims that there are: the one that the engine will fix."""
        claims = [claim for claim, _ in beside]
        reclaims = {reclaim.id: reclaim for _, reclaim in beside if reclaim is not None}
        return lead_beside(wish.start_at, hosts, claims, reclaims, self._policy, self._clock.now())

    def _plan(self, wish: Wish, candidates: Sequence[Candidate], known: _Known, lead: int) -> list[Candidate]:
        state = snapshot(wish, candidates, known.instances, known.notices, lead, self._policy, self._clock.now())
        answer: Plan = plan(state, request(wish))
        if not answer.feasible:
            refused = refusal(wish, answer, self._policy)
            answer = plan(without_promises(state, wish), request(wish)) if self._policy.breaks_promises else answer
            if not answer.feasible:
                raise refused
            LOG.warning("Promises to spot instances will be broken: %s", refused)
        chosen = {choice.host: choice.slots for choice in answer.hosts}
        return [replace(one, slots=chosen[one.host]) for one in candidates if one.host in chosen]

    def _known(self, candidates: Sequence[Candidate], without: str | None = None) -> _Known:
        with self._store.begin() as work:
            told = work.instances_with_notices([candidate.host for candidate in candidates])
            beside = _beside(work, without)
        notices = {instance.id: notice for instance, notice in told if notice is not None}
        return _Known([instance for instance, _ in told], notices, beside)

    def _write_claims(self, reservation_id: str, lease_id: str, wish: Wish, chosen: Sequence[Candidate]) -> None:
        now = self._clock.now()
        with self._store.begin() as work:
            for candidate in chosen:
                claim = work.put_claim(
                    Claim(
                        id=uuid.uuid4().hex,
                        reservation_id=reservation_id,
                        lease_id=lease_id,
                        host=candidate.host,
                        service_host=candidate.service_host,
                        start_at=wish.start_at,
                        end_at=wish.end_at,
                        standing=Standing.HELD,
                        held_until=now + self._policy.hold_for,
                        room=wish.room(candidate.slots),
                    )
                )
                work.put_reclaim(planned(claim, candidate.lead, self._policy, now))

    def _move_claims(self, reservation_id: str, places: Mapping[str, _Place]) -> dict[str, _Place]:
        """Give the claims on these hosts new places, and let their reclaims follow; returns the places they had."""
        now = self._clock.now()
        had = {}
        with self._store.begin() as work:
            claims = [claim for claim in work.claims_of(reservation_id) if claim.host in places]
            if len(claims) < len(places):
                raise NotNow(f"reservation {reservation_id} has no claim on some of its hosts yet")
            reclaims = {reclaim.id: reclaim for reclaim in work.reclaims_of_open_claims()}
            for claim in claims:
                start_at, end_at, lead = places[claim.host]
                moved = work.put_claim(replace(claim, start_at=start_at, end_at=end_at))
                reclaim = reclaims.get(claim.id) or planned(moved, lead, self._policy, now)
                work.put_reclaim(followed(reclaim, moved, self._policy, now, lead))
                had[claim.host] = _Place(claim.start_at, claim.end_at, reclaim.lead)
        return had

    def _fence_then_look(
        self, wish: Wish, chosen: Sequence[Candidate], lead: int, give_back: Callable[[], object]
    ) -> list[Candidate]:
        """Close the chosen pools, judge by who is in them now, and give everything back if that is too many."""
        try:
            inside = self._inside(self._closed(chosen))
            return [one for part, hosts in _as_chosen(wish, chosen) for one in self._plan(part, hosts, inside, lead)]
        except Exception:
            give_back()
            raise

    def _closed(self, chosen: Sequence[Candidate]) -> list[Candidate]:
        """Those that have a pool, which is closed now. Without one no spot instance can come to a host."""
        pooled = []
        for candidate in chosen:
            try:
                self._pool.close(candidate.host)
            except NotFound as error:
                LOG.warning("%s is reserved without a spot pool: %s", candidate.host, error)
            else:
                pooled.append(candidate)
        return pooled

    def _inside(self, pooled: Sequence[Candidate]) -> _Known:
        """Who consumes the pools. One that is not in the ledger yet, or comes back to a host, has only just begun."""
        inside = [(one, host.host) for host in pooled for one in sorted(self._pool.spot_consumers(host.host))]
        with self._store.begin() as work:
            seen = work.instances_by_id(server for server, _ in inside)
            known = {instance.id: instance for instance in seen if instance.host != NOWHERE}
            notices = {notice.instance_id: notice for notice in work.open_notices()}
        now = self._clock.now()
        found = [known.get(server) or _unknown(server, host, now) for server, host in inside]
        # One that failed before it ever ran was promised nothing; any other one may still be alive.
        return _Known([one for one in found if one.gone_at is None or one.running_since is not None], notices)


def _beside(work: Work, without: str | None) -> list[tuple[Claim, Reclaim | None]]:
    """The claims that there are, but for those of a reservation that leaves its place."""
    return [(claim, reclaim) for claim, reclaim in work.claims_with_reclaims() if claim.reservation_id != without]


def _as_chosen(wish: Wish, chosen: Sequence[Candidate]) -> list[tuple[Wish, Sequence[Candidate]]]:
    """What is to be judged again: each host's slots are where they were put, and may not wander to another one."""
    if wish.size is None:
        return [(wish, chosen)]
    return [(replace(wish, count_min=one.slots, count_max=one.slots, affinity=True), [one]) for one in chosen]


def _unknown(server: str, host: str, now: int) -> Instance:
    return Instance(id=server, host=host, project_id="", name="", flavor="", created_at=now, running_since=None)


@contextmanager
def _or_refused() -> Iterator[None]:
    """Whatever cannot be found out or written now is a reason to refuse."""
    try:
        yield
    except Refused:
        raise
    except SpotError as error:
        LOG.error("A reservation is refused because it cannot be judged: %s", error)
        raise Refused(
            f"It cannot be judged now whether the hosts can be free in time ({error.code}); try again later; "
            "code=cannot_judge",
            code="cannot_judge",
        ) from error
