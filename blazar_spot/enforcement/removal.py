# SPDX-License-Identifier: Apache-2.0
"""Makes the servers of a reservation that is over go: forced deletes at once, then the same measures as for spot.

Nobody was promised anything here, so nothing is put on record, and what was sent is remembered in memory alone: a
process that starts anew begins again with a forced delete. Whoever calls sees to it that the reservation is over.
"""

import logging
from collections.abc import Mapping, Set
from dataclasses import replace

from blazar_spot.core.errors import SpotError
from blazar_spot.core.evictions import Eviction, Measure, Outcome, next_measure
from blazar_spot.core.policy import Policy
from blazar_spot.enforcement.parallel import at_once
from blazar_spot.ports.clock import Clock
from blazar_spot.ports.compute import Compute

LOG = logging.getLogger(__name__)

AT_ONCE = 8
"""So many servers are acted on at the same time."""


class Removal:
    """Sends each occupant what is due."""

    def __init__(self, compute: Compute, clock: Clock, policy: Policy) -> None:
        self._compute = compute
        self._clock = clock
        self._policy = policy
        self._sent: dict[str, Eviction] = {}

    def pursue(self, occupants: Mapping[str, Set[str]]) -> None:
        """Take the measures that are due against everybody on these hosts; whoever is gone from them is forgotten."""
        for one in list(self._sent.values()):
            if one.host in occupants and one.id not in occupants[one.host]:
                self._sent.pop(one.id, None)
        due = [eviction for host, names in occupants.items() for name in names if (eviction := self._due(name, host))]
        self._sent.update((eviction.id, eviction) for eviction in at_once(self._take, due, AT_ONCE))

    def _due(self, occupant: str, host: str) -> Eviction | None:
        now = self._clock.now()
        before = self._sent.get(occupant)
        measure = next_measure(before, self._policy, now, is_soft_deleted=True)
        if measure is None:
            return None
        fresh = Eviction(id=occupant, host=host, asked_at=now, measure=measure, tried_at=now, outcome=Outcome.SENT)
        if before is None or (before.measure is measure and measure is not Measure.ALARM):
            return before or fresh
        return replace(fresh, asked_at=before.asked_at)

    def _take(self, eviction: Eviction) -> Eviction:
        """The eviction with what came of its measure. An occupant that is no server may be the move of one."""
        if eviction.measure is Measure.ALARM:
            LOG.error("%s on %s withstands every measure and keeps it from returning", eviction.id, eviction.host)
        try:
            if eviction.measure is not Measure.FORCE:
                self._compute.reset_state(eviction.id)
            self._compute.delete(eviction.id, force=True)
            moved = self._compute.moves_from(eviction.host).get(eviction.id)
            if moved is not None:
                self._compute.confirm_move(moved)
        except SpotError as error:
            LOG.warning("%s on %s (%s) was refused: %s", eviction.id, eviction.host, eviction.measure, error)
            return replace(eviction, outcome=Outcome.REFUSED)
        return replace(eviction, outcome=Outcome.ACCEPTED)
