# SPDX-License-Identifier: Apache-2.0
"""What a lease would get if it were asked for now, and whom that would cost what. Nothing is written or held.

It is judged as a booking is, by the same rules, on the calendar and the hosts as they were last published: a few
seconds and half a minute ago. Who may see what of it is for ``api``.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from blazar_spot.core.booking import Candidate, Wish
from blazar_spot.core.errors import BadLease, NotFound, Refused
from blazar_spot.core.model import Plan
from blazar_spot.core.policy import Instants, Policy
from blazar_spot.core.promises import Claim, Instance
from blazar_spot.core.reservable import ReservableHost, meeting, parsed
from blazar_spot.core.stays import Stays
from blazar_spot.enforcement.judgement import Judgement
from blazar_spot.ports.clock import Clock
from blazar_spot.ports.store import Store

PAST = 60
"""A lease that is asked for "now" starts at its minute, which is already running."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """A lease that somebody thinks of, from now on if ``start_at`` is None; its requirements are in Blazar's words."""

    start_at: int | None
    end_at: int
    count_min: int
    count_max: int
    requirements: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """The planner's answer. ``refused`` is why a booking would be refused; if the plan is feasible all the same, the
    operator lets it break promises. ``victims`` are the plan's, in its order."""

    wish: Wish
    plan: Plan
    instants: Instants
    refused: Refused | None
    victims: Sequence[Instance]


class Proposals:
    """Plans for those who ask."""

    def __init__(self, store: Store, clock: Clock, policy: Policy, returning: Stays) -> None:
        self._store = store
        self._clock = clock
        self._policy = policy
        self._judgement = Judgement(store, clock, policy, returning)

    def of_request(self, wanted: Wanted) -> Proposal:
        """What this would get among the hosts that meet its requirements; ``BadLease`` if nobody could ask for it."""
        wish = self._wish(wanted)
        required = [one for text in wanted.requirements for one in parsed(text)]
        with self._store.begin() as work:
            hosts = [one for one in meeting(work.reservable_hosts(), required) if one.is_offered]
            claims = [claim for claim, _ in work.claims_on([one.host for one in hosts])]
        return self._judged(wish, _candidates(hosts, claims), None)

    def _wish(self, wanted: Wanted) -> Wish:
        now = self._clock.now()
        start_at = now if wanted.start_at is None else wanted.start_at
        if start_at < now - PAST:
            raise BadLease("The start is in the past.")
        if wanted.end_at <= max(start_at, now):
            raise BadLease("The end is not after the start.")
        if wanted.count_max < wanted.count_min:
            raise BadLease("The most hosts are fewer than the least.")
        return Wish(
            start_at=max(start_at, now), end_at=wanted.end_at, count_min=wanted.count_min, count_max=wanted.count_max
        )

    def project_of(self, lease_id: str) -> str:
        """Whose lease this is; ``NotFound`` if it holds no hosts."""
        return self._held(lease_id)[0].project_id

    def of_lease(self, lease_id: str) -> Proposal:
        """What this lease would get if it were asked for now, on the hosts that it has."""
        mine = self._held(lease_id)
        if any(claim.room is not None for claim in mine) or len({claim.reservation_id for claim in mine}) > 1:
            raise BadLease("Only a lease of one reservation of whole hosts can be planned again.")
        wish = Wish(start_at=mine[0].start_at, end_at=mine[0].end_at, count_min=len(mine), count_max=len(mine))
        hosts = [Candidate(claim.host, claim.service_host) for claim in mine]
        return self._judged(wish, hosts, mine[0].reservation_id)

    def _held(self, lease_id: str) -> list[Claim]:
        with self._store.begin() as work:
            held = [claim for claim, _ in work.claims_of_leases([lease_id]) if claim.is_open]
        if not held:
            raise NotFound("There is no such lease.")
        return held

    def _judged(self, wish: Wish, candidates: Sequence[Candidate], without: str | None) -> Proposal:
        judgement = self._judgement
        known = judgement.known(candidates, without)
        lead = judgement.lead(wish, wish.count_max, known.beside)
        plan, refused = judgement.answer(wish, judgement.present(wish, candidates, known.beside), known, lead)
        if plan.hosts:
            lead = judgement.lead(wish, len(plan.hosts), known.beside)  # as a booking holds it
        by_id: Mapping[str, Instance] = {instance.id: instance for instance in known.instances}
        return Proposal(
            wish=wish,
            plan=plan,
            instants=self._policy.instants(wish.start_at, lead),
            refused=refused,
            victims=[by_id[victim.id] for victim in plan.victims],
        )


def _candidates(hosts: Sequence[ReservableHost], claims: Collection[Claim]) -> list[Candidate]:
    """The hosts with the windows in which others have them, their cleaning included."""
    windows: dict[str, list[tuple[int, int]]] = {}
    for claim in claims:
        windows.setdefault(claim.host, []).append((claim.start_at, claim.end_at))
    return [
        Candidate(
            host.host,
            host.service_host,
            tuple(sorted((start - host.cleaning, end + host.cleaning) for start, end in windows.get(host.host, ()))),
        )
        for host in hosts
    ]
