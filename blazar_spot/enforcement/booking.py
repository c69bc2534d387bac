# SPDX-License-Identifier: Apache-2.0
"""Admission: may this reservation have these hosts at its start, and which ones?

``judge`` only looks; ``hold`` decides and writes held claims. When the booking comes after its own fence's instant,
``hold`` closes the chosen pools first and only then looks who is in them: what it sees can no longer grow.
"""

import logging
import uuid
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace

from blazar_spot.core.booking import Candidate, Wish, instants, refusal, request, snapshot
from blazar_spot.core.errors import NotNow, Refused, SpotError, Temporary
from blazar_spot.core.model import Plan
from blazar_spot.core.planner import plan
from blazar_spot.core.planning import followed, planned
from blazar_spot.core.policy import Policy
from blazar_spot.core.promises import Claim, Instance, Standing
from blazar_spot.ports.clock import Clock
from blazar_spot.ports.pool import Pool
from blazar_spot.ports.store import Store

LOG = logging.getLogger(__name__)


class Booking:
    """Answers and holds."""

    def __init__(self, store: Store, pool: Pool, clock: Clock, policy: Policy) -> None:
        self._store = store
        self._pool = pool
        self._clock = clock
        self._policy = policy

    def judge(self, wish: Wish, candidates: Sequence[Candidate]) -> list[Candidate]:
        """The hosts that the wish would get, or raise ``Refused`` if it cannot be met without breaking a promise."""
        try:
            return self._plan(wish, candidates, self._known(candidates))
        except Temporary as error:
            raise _cannot_judge(error) from error

    def hold(self, reservation_id: str, lease_id: str, wish: Wish, candidates: Sequence[Candidate]) -> list[Candidate]:
        """Choose the hosts and hold them for the reservation, or raise ``Refused`` with nothing held."""
        try:
            chosen = self._plan(wish, candidates, self._known(candidates))
            claims = self._write_claims(reservation_id, lease_id, wish, chosen)
            if self._clock.now() >= instants(wish, self._policy).fence_at:
                self._fence_then_look(wish, chosen, lambda: self._release(claims))
        except Temporary as error:
            raise _cannot_judge(error) from error
        return chosen

    def move(self, reservation_id: str, wish: Wish, hosts: Sequence[Candidate]) -> None:
        """Let the reservation hold these hosts for the wish's window instead, or raise ``Refused`` with all as it was.

        Before the new fence's instant nothing is written: the claims follow when the calendar has changed.
        """
        if self._clock.now() < instants(wish, self._policy).fence_at:
            return
        try:
            before = self._move_claims(reservation_id, {host.host: (wish.start_at, wish.end_at) for host in hosts})
            every_one = replace(wish, count_min=len(hosts))
            self._fence_then_look(every_one, hosts, lambda: self._move_claims(reservation_id, before))
        except Temporary as error:
            raise _cannot_judge(error) from error

    def abandon(self, reservation_id: str) -> None:
        """Withdraw what is only held for the reservation: its booking came to nothing."""
        with self._store.begin() as work:
            claims = work.claims_of(reservation_id)
        self._release(claim for claim in claims if claim.standing is Standing.HELD)

    def _release(self, claims: Iterable[Claim]) -> None:
        """Withdraw claims; the next tick opens the pools that nobody else wants closed."""
        with self._store.begin() as work:
            for claim in claims:
                work.put_claim(replace(claim, standing=Standing.WITHDRAWN))

    def _plan(self, wish: Wish, candidates: Sequence[Candidate], instances: Sequence[Instance]) -> list[Candidate]:
        with self._store.begin() as work:
            notices = {notice.instance_id: notice for notice in work.open_notices()}
        state = snapshot(wish, candidates, instances, notices, self._policy, self._clock.now())
        answer: Plan = plan(state, request(wish))
        if not answer.feasible:
            raise refusal(wish, answer, self._policy)
        chosen = {choice.host for choice in answer.hosts}
        return [candidate for candidate in candidates if candidate.host in chosen]

    def _known(self, candidates: Sequence[Candidate]) -> Sequence[Instance]:
        with self._store.begin() as work:
            return work.instances([candidate.host for candidate in candidates])

    def _write_claims(self, reservation_id: str, lease_id: str, wish: Wish, chosen: Sequence[Candidate]) -> list[Claim]:
        lead = self._policy.lead_for_hosts(len(chosen))
        now = self._clock.now()
        claims = []
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
                    )
                )
                work.put_reclaim(planned(claim, lead, self._policy, now))
                claims.append(claim)
        return claims

    def _move_claims(self, reservation_id: str, windows: Mapping[str, tuple[int, int]]) -> dict[str, tuple[int, int]]:
        """Give the claims on these hosts new dates, and let their reclaims follow; returns the dates they had."""
        lead = self._policy.lead_for_hosts(len(windows))
        now = self._clock.now()
        with self._store.begin() as work:
            claims = [claim for claim in work.claims_of(reservation_id) if claim.host in windows]
            if len(claims) < len(windows):
                raise NotNow(f"reservation {reservation_id} has no claim on some of its hosts yet")
            reclaims = {reclaim.id: reclaim for reclaim in work.reclaims_of_open_claims()}
            for claim in claims:
                start_at, end_at = windows[claim.host]
                moved = work.put_claim(replace(claim, start_at=start_at, end_at=end_at))
                reclaim = reclaims.get(claim.id) or planned(moved, lead, self._policy, now)
                work.put_reclaim(followed(reclaim, moved, self._policy, now))
        return {claim.host: (claim.start_at, claim.end_at) for claim in claims}

    def _fence_then_look(self, wish: Wish, chosen: Sequence[Candidate], give_back: Callable[[], object]) -> None:
        """Close the chosen pools, judge by who is in them now, and give everything back if that is too many."""
        try:
            for candidate in chosen:
                self._pool.close(candidate.host)
            self._plan(wish, chosen, self._inside(chosen))
        except SpotError:
            give_back()
            raise

    def _inside(self, chosen: Sequence[Candidate]) -> list[Instance]:
        """Who consumes the pools. One that is not in the ledger yet is taken to have only just been created."""
        inside = [
            (server, candidate.host)
            for candidate in chosen
            for server in sorted(self._pool.spot_consumers(candidate.host))
        ]
        with self._store.begin() as work:
            known = {instance.id: instance for instance in work.instances_by_id(server for server, _ in inside)}
        now = self._clock.now()
        found = [known.get(server) or _unknown(server, host, now) for server, host in inside]
        # One that failed before it ever ran was promised nothing; any other one may still be alive.
        return [one for one in found if one.gone_at is None or one.running_since is not None]


def _unknown(server: str, host: str, now: int) -> Instance:
    return Instance(id=server, host=host, project_id="", name="", flavor="", created_at=now, running_since=None)


def _cannot_judge(error: Temporary) -> Refused:
    LOG.error("A reservation is refused because it cannot be judged: %s", error)
    return Refused(
        f"It cannot be judged now whether the hosts can be free in time ({error.code}); try again later; "
        "code=cannot_judge",
        code="cannot_judge",
    )
