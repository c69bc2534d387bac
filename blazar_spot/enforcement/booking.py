# SPDX-License-Identifier: Apache-2.0
"""Admission: may this reservation have these hosts at its start, and which ones?

``judge`` only looks; ``hold`` decides and writes held claims, and asks nobody but the database, so that it may be
called under a lock. ``secure`` follows, which may take the cloud's time. Whatever goes wrong, the answer is a refusal
with nothing held. What is chosen is in ``judgement``, and what is done behind a fence's instant in ``securing``.
"""

import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

from blazar_spot.core.booking import Candidate, Wish
from blazar_spot.core.errors import NotNow, Refused
from blazar_spot.core.planning import followed, planned
from blazar_spot.core.policy import Policy
from blazar_spot.core.promises import Claim, Standing
from blazar_spot.core.stays import Stays
from blazar_spot.enforcement.audit import rewrite
from blazar_spot.enforcement.judgement import Judgement, or_refused
from blazar_spot.enforcement.securing import Securing
from blazar_spot.ports.clock import Clock
from blazar_spot.ports.pool import Pool
from blazar_spot.ports.store import Store, Work


class _Place(NamedTuple):
    """When a claim holds its host, and how long before that the deletes begin."""

    start_at: int
    end_at: int
    lead: int


class Booking:
    """Answers and holds."""

    def __init__(self, store: Store, pool: Pool, clock: Clock, policy: Policy, returning: Stays) -> None:
        self._store = store
        self._clock = clock
        self._policy = policy
        self._judgement = Judgement(store, clock, policy, returning)
        self._securing = Securing(store, pool, clock, self._judgement)

    def judge(
        self, wish: Wish, candidates: Sequence[Candidate], *, without: str | None = None, along: int = 0
    ) -> list[Candidate]:
        """The hosts that the wish would get, or raise ``Refused`` if it cannot be met without breaking a promise.

        ``without`` is the reservation that would leave its place for it, but for so many hosts that go ``along``: they
        are freed for the wish's start, too.
        """
        with or_refused():
            judgement = self._judgement
            known = judgement.known(candidates, without)
            lead = judgement.lead(wish, along + wish.count_max, known.beside)
            return judgement.chosen(wish, judgement.present(wish, candidates, known.beside), known, lead)

    def judge_each(self, wishes: Sequence[tuple[Wish, Candidate]], *, without: str) -> list[Candidate]:
        """The hosts, each of which is to meet a wish alone: all of them, or raise ``Refused``."""
        with or_refused():
            judgement = self._judgement
            known = judgement.known([host for _, host in wishes], without)
            met: list[Candidate] = []
            for wish, host in wishes:
                lead = judgement.lead(wish, wish.count_max, known.beside)
                mine = replace(known, instances=[one for one in known.instances if one.host == host.host])
                met += judgement.chosen(wish, judgement.present(wish, [host], known.beside), mine, lead)
            return met

    def fence_at(self, wish: Wish, *, without: str | None = None) -> int:
        """When the pools of the hosts would be closed."""
        with or_refused():
            lead = self._judgement.lead_now(wish, wish.count_max, without)
        return self._policy.instants(wish.start_at, lead).fence_at

    def cheapest(self, wish: Wish, hosts: Sequence[Candidate], count: int) -> list[Candidate]:
        """So many of the hosts that a reservation has: those that are best to keep."""
        with or_refused():
            return self._judgement.cheapest(wish, hosts, count, self._judgement.known(hosts))

    def earliest(self, wish: Wish, hosts: Sequence[Candidate]) -> int | None:
        """The first start, from the wish's own on, at which these hosts could be had, by the database and by who is in
        their pools, which are closed for that."""
        with or_refused():
            known, inside = self._judgement.known(hosts), self._securing.look(hosts)
            instances = {one.id: one for one in (*inside.instances, *known.instances)}
            everybody = replace(known, instances=list(instances.values()))
            lead = self._judgement.lead(wish, wish.count_max, known.beside)
            return self._judgement.earliest(wish, self._judgement.present(wish, hosts, known.beside), everybody, lead)

    def hold(
        self,
        reservation_id: str,
        lease_id: str,
        wish: Wish,
        candidates: Sequence[Candidate],
        *,
        without: str | None = None,
        along: int = 0,
    ) -> list[Candidate]:
        """Choose the hosts and hold them for the reservation, or raise ``Refused`` with nothing held.

        Their pools are as they were: ``secure`` them before the booking is accepted. ``without`` and ``along`` are as
        in ``judge``.
        """
        with or_refused():
            judgement = self._judgement
            known = judgement.known(candidates, without)
            longest = judgement.lead(wish, along + wish.count_max, known.beside)
            present = judgement.present(wish, candidates, known.beside, reservation_id)
            found = judgement.chosen(wish, present, known, longest)
            lead = judgement.lead(wish, along + len(found), known.beside)
            chosen = [replace(one, lead=lead) for one in found]
            self._write_claims(reservation_id, lease_id, wish, chosen)
            self._must_not_be_drained(reservation_id, wish, chosen)
        return chosen

    def secure(self, reservation_id: str, wish: Wish, hosts: Sequence[Candidate]) -> list[Candidate]:
        """Behind the fence's instant, see to it that the held hosts can really be free, or raise ``Refused`` with
        nothing held of them any more; returns those that stay held, if fewer than asked for at the most will do."""
        lead = max((host.lead for host in hosts), default=0)
        if self._clock.now() < self._policy.instants(wish.start_at, lead).fence_at:
            return list(hosts)
        with or_refused():
            had = self._securing.secure(wish, hosts, lead, lambda: self.release(reservation_id, hosts))
            names = {host.host for host in had}
            self.release(reservation_id, [host for host in hosts if host.host not in names])
        return had

    def move(self, reservation_id: str, wish: Wish, hosts: Sequence[Candidate], *, along: int = 0) -> None:
        """Let the reservation hold these hosts for the wish's window instead, or raise ``Refused`` with all as it was.

        Before the new fence's instant nothing is written: the claims follow when the calendar has changed. So many
        other hosts go ``along``: they are held for that window already.
        """
        with or_refused():
            lead = self._judgement.lead_now(wish, along + len(hosts), reservation_id)
        if self._clock.now() < self._policy.instants(wish.start_at, lead).fence_at:
            return
        with or_refused():
            place = _Place(wish.start_at, wish.end_at, lead)
            before = self._move_claims(reservation_id, {host.host: place for host in hosts})
            every_one = replace(wish, count_min=len(hosts))
            self._securing.secure(every_one, hosts, lead, lambda: self._move_claims(reservation_id, before))

    def release(self, reservation_id: str, hosts: Iterable[Candidate]) -> None:
        """Withdraw what is only held of these hosts for the reservation."""
        names = {host.host for host in hosts}
        with self._store.begin() as work:
            claims = [claim for claim in work.claims_of(reservation_id) if claim.host in names]
            self._withdraw(work, claims, "the host is not needed, or cannot be free in time")

    def abandon(self, lease_id: str) -> None:
        """Withdraw what is only held for the lease: its booking came to nothing."""
        with self._store.begin() as work:
            claims = [claim for claim in work.open_claims() if claim.lease_id == lease_id]
            self._withdraw(work, claims, "the booking came to nothing")

    def _withdraw(self, work: Work, claims: Iterable[Claim], because: str) -> None:
        for claim in claims:
            if claim.standing is Standing.HELD:
                rewrite(work, claim, replace(claim, standing=Standing.WITHDRAWN), self._clock.now(), because)

    def _write_claims(self, reservation_id: str, lease_id: str, wish: Wish, chosen: Sequence[Candidate]) -> None:
        now = self._clock.now()
        held = []
        for candidate in chosen:
            claim = Claim(
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
            held.append((claim, planned(claim, candidate.lead, self._policy, now)))
        with self._store.begin() as work:
            work.put_claims_with_reclaims(held)

    def _must_not_be_drained(self, reservation_id: str, wish: Wish, chosen: Sequence[Candidate]) -> None:
        """Orders to drain come from other processes: whoever has written looks for the other, so that one of two who
        come together sees the other's claim."""
        names = {host.host for host in chosen}
        with self._store.begin() as work:
            claims = [claim for claim, _ in work.claims_on(names)]
        drains = (one for one in claims if one.is_drain and one.reservation_id != reservation_id)
        taken = sorted({one.host for one in drains if one.start_at < wish.end_at})
        if taken:
            self.release(reservation_id, chosen)
            raise Refused(
                f"{', '.join(taken)} is to be drained since a moment ago; try again; code=cannot_judge",
                code="cannot_judge",
            )

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
                after = replace(claim, start_at=start_at, end_at=end_at)
                moved = rewrite(work, claim, after, now, "its lease is being changed", reclaims.get(claim.id))
                reclaim = reclaims.get(claim.id) or planned(moved, lead, self._policy, now)
                work.put_reclaim(followed(reclaim, moved, self._policy, now, lead))
                had[claim.host] = _Place(claim.start_at, claim.end_at, reclaim.lead)
        return had
