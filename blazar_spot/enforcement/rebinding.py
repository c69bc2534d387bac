# SPDX-License-Identifier: Apache-2.0
"""Which reservations should have other hosts before their fences close.

It only decides. The calendar's keeper asks what is due, says which hosts there are, and writes; the claims follow as
after any other change of the calendar, and the fences with them. With nothing due it costs one read.
"""

from collections.abc import Sequence
from dataclasses import replace

from blazar_spot.core import rebinding
from blazar_spot.core.closures import around_drains
from blazar_spot.core.interruptions import known_to_reclaims
from blazar_spot.core.policy import Policy
from blazar_spot.core.promises import Claim, Reclaim
from blazar_spot.core.rebinding import Bound, Move
from blazar_spot.core.stays import Stays, around_stays
from blazar_spot.ports.clock import Clock
from blazar_spot.ports.store import Store


class Rebinding:
    """Decides again."""

    def __init__(self, store: Store, clock: Clock, policy: Policy, returning: Stays) -> None:
        self._store = store
        self._clock = clock
        self._policy = policy
        self._returning = returning

    def due(self, margin: int) -> list[tuple[Claim, Reclaim]]:
        """The claims that may still move; ``margin`` is the time that a new host's fence takes to be planned."""
        with self._store.begin() as work:
            return rebinding.due(work.claims_with_reclaims(), self._clock.now(), margin)

    def choose(self, bounds: Sequence[Bound], due: Sequence[tuple[Claim, Reclaim]], margin: int) -> list[Move]:
        """What to change, judged by the longest of the leads; nothing if meanwhile it has become too late."""
        hosts = {candidate.host for bound in bounds for candidate in bound.candidates}
        with self._store.begin() as work:
            told = work.instances_with_notices(sorted(hosts))
            claims = work.open_claims()
        moves = rebinding.moves(
            [self._present(bound, claims) for bound in bounds],
            [instance for instance, _ in told],
            known_to_reclaims((notice for _, notice in told if notice is not None), self._clock.now()),
            max((reclaim.lead for _, reclaim in due), default=0),
            self._policy,
            self._clock.now(),
        )
        still = {(claim.reservation_id, claim.host) for claim, _ in rebinding.due(due, self._clock.now(), margin)}
        return moves if all((move.reservation_id, move.leaves) in still for move in moves) else []

    def _present(self, bound: Bound, claims: Sequence[Claim]) -> Bound:
        """With the hosts as they are: busy while they are drained, and while a running reservation's servers stay."""
        now = self._clock.now()
        around = around_drains(bound.candidates, claims)
        return replace(bound, candidates=tuple(around_stays(around, self._returning(now), self._policy, now)))
