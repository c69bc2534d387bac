# SPDX-License-Identifier: Apache-2.0
"""Which hosts a wish can have, by what the database says now and the planner's rules. Nothing is held or asked here.

Every start is judged by the lead that the engine will fix for it, beside the claims that there are. ``booking`` holds
what is chosen here, and ``securing`` judges once more by who is really inside.
"""

import logging
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace

from blazar_spot.core.booking import Candidate, Wish, cheapest_first, refusal, request, snapshot, without_promises
from blazar_spot.core.closures import around_drains
from blazar_spot.core.errors import Refused, SpotError
from blazar_spot.core.interruptions import known_to_reclaims
from blazar_spot.core.leads import lead_beside
from blazar_spot.core.model import Plan, Snapshot
from blazar_spot.core.planner import plan
from blazar_spot.core.policy import Policy
from blazar_spot.core.promises import Claim, Instance, Notice, Reclaim
from blazar_spot.core.stays import Stays, around_stays
from blazar_spot.ports.clock import Clock
from blazar_spot.ports.store import Store, Work

LOG = logging.getLogger(__name__)

Beside = Sequence[tuple[Claim, Reclaim | None]]
"""The claims with which the deletes are shared."""


@dataclass(frozen=True, slots=True)
class Known:
    """Spot instances, by instance the notices that run, and the claims beside."""

    instances: Sequence[Instance]
    notices: Mapping[str, Notice]
    beside: Beside = ()


class Judgement:
    """Chooses."""

    def __init__(self, store: Store, clock: Clock, policy: Policy, returning: Stays) -> None:
        self._store = store
        self._clock = clock
        self._policy = policy
        self._returning = returning

    def known(self, candidates: Sequence[Candidate], without: str | None = None) -> Known:
        """What is known of these hosts. ``without`` is a reservation that leaves its place."""
        with self._store.begin() as work:
            told = work.instances_with_notices([candidate.host for candidate in candidates])
            claims = beside(work, without)
        notices = known_to_reclaims((notice for _, notice in told if notice is not None), self._clock.now())
        return Known([instance for instance, _ in told], notices, claims)

    def lead(self, wish: Wish, hosts: int, beside: Beside) -> int:
        """The lead of so many hosts beside the claims that there are: the one that the engine will fix."""
        claims = [claim for claim, _ in beside]
        reclaims = {reclaim.id: reclaim for _, reclaim in beside if reclaim is not None}
        return lead_beside(wish.start_at, hosts, claims, reclaims, self._policy, self._clock.now())

    def lead_now(self, wish: Wish, hosts: int, without: str | None) -> int:
        """The same beside the claims in the database."""
        with self._store.begin() as work:
            claims = beside(work, without)
        return self.lead(wish, hosts, claims)

    def chosen(self, wish: Wish, candidates: Sequence[Candidate], known: Known, lead: int) -> list[Candidate]:
        """The hosts that the wish gets, or raise ``Refused``."""
        answer, refused = self.answer(wish, candidates, known, lead)
        if refused is not None:
            if not answer.feasible:
                raise refused
            LOG.warning("Promises to spot instances will be broken: %s", refused)
        slots = {choice.host: choice.slots for choice in answer.hosts}
        return [replace(one, slots=slots[one.host]) for one in candidates if one.host in slots]

    def answer(
        self, wish: Wish, candidates: Sequence[Candidate], known: Known, lead: int
    ) -> tuple[Plan, Refused | None]:
        """The plan for the wish, and why it has to be refused if every promise is kept, or None. A plan that is
        feasible all the same breaks promises, as the operator lets it."""
        state = self._state(wish, candidates, known, lead)
        answer = plan(state, request(wish))
        if answer.feasible:
            return answer, None
        refused = refusal(wish, answer, self._policy)
        if self._policy.breaks_promises:
            broken = plan(without_promises(state, wish), request(wish))
            return (broken if broken.feasible else answer), refused
        return answer, refused

    def cheapest(self, wish: Wish, hosts: Sequence[Candidate], count: int, known: Known) -> list[Candidate]:
        """So many of the hosts that a reservation has: those that are best to keep."""
        state = self._state(wish, hosts, known, self.lead(wish, count, known.beside))
        best = set(cheapest_first(state, wish)[:count])
        return [host for host in hosts if host.host in best]

    def earliest(self, wish: Wish, candidates: Sequence[Candidate], known: Known, lead: int) -> int | None:
        """The first start, from the wish's own on, at which it could be met with every promise kept."""
        answer = plan(self._state(wish, candidates, known, lead), request(wish))
        return wish.start_at if answer.feasible else answer.earliest_start

    def present(
        self, wish: Wish, candidates: Sequence[Candidate], beside: Beside, by: str | None = None
    ) -> list[Candidate]:
        """The hosts as they are: busy while they are drained, and until they are back from their last reservation, but
        for that one itself. Nobody is asked which are, if the wish begins when they are back."""
        policy, now = self._policy, self._clock.now()
        returning = self._returning(wish.start_at - policy.force_allowance - policy.reset_allowance)
        around = around_drains(candidates, (claim for claim, _ in beside))
        return around_stays(around, returning, policy, now, by)

    def _state(self, wish: Wish, candidates: Sequence[Candidate], known: Known, lead: int) -> Snapshot:
        return snapshot(wish, candidates, known.instances, known.notices, lead, self._policy, self._clock.now())


def beside(work: Work, without: str | None) -> Beside:
    """The claims that there are, but for those of a reservation that leaves its place."""
    return [(claim, reclaim) for claim, reclaim in work.claims_with_reclaims() if claim.reservation_id != without]


@contextmanager
def or_refused() -> Iterator[None]:
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
