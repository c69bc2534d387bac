# SPDX-License-Identifier: Apache-2.0
"""One tick of the engine: look at the whole cloud, bring every promise one step further.

A tick starts from what the database and the cloud say now and keeps no decision in memory, so it can be cut off
anywhere and begun again by this engine or another one. Two ticks without a change in the world write nothing.
"""

from blazar_spot.core.switch import Mode
from blazar_spot.enforcement.enrolment import Enrolment
from blazar_spot.enforcement.fleet import QUESTIONS, Fleet
from blazar_spot.enforcement.hunting import Hunting
from blazar_spot.enforcement.interruptions import Interruptions
from blazar_spot.enforcement.notices import Notices
from blazar_spot.enforcement.plans import Plans
from blazar_spot.enforcement.pools import Pools
from blazar_spot.enforcement.reclaims import Reclaims
from blazar_spot.ports.clock import Clock

FEW_QUESTIONS = 2
"""Instead of those, while hosts are being freed: looking at those hosts comes first."""


class Engine:
    """Knows the order of the work, and nothing else."""

    def __init__(
        self,
        clock: Clock,
        fleet: Fleet,
        enrolment: Enrolment,
        pools: Pools,
        plans: Plans,
        reclaims: Reclaims,
        hunting: Hunting,
        notices: Notices,
        interruptions: Interruptions,
        sweep_seconds: int,
        mode: Mode,
    ) -> None:
        self._clock = clock
        self._fleet = fleet
        self._enrolment = enrolment
        self._pools = pools
        self._plans = plans
        self._reclaims = reclaims
        self._hunting = hunting
        self._notices = notices
        self._interruptions = interruptions
        self._sweep_seconds = sweep_seconds
        self._mode = mode
        self._sweep_at = 0

    def tick(self) -> bool:
        """Fence before notice, notice before eviction, and look before all of them. Whether instances are being
        deleted, so that looking again soon is worth it."""
        now = self._clock.now()
        self._plans.keep(now)
        # First of all, because it takes neither a list of servers nor the compute service to close a pool in time.
        fenced = None if self._mode is Mode.OBSERVE else self._pools.fence(now)
        self._fleet.refresh(now, FEW_QUESTIONS if fenced is not None and fenced.freeing else QUESTIONS)
        if fenced is None:
            return False
        self._sweep(now)
        self._pools.settle(fenced, self._fleet.unpooled(), self._fleet.counts(), now)
        is_deleting = self._reclaims.advance(self._fleet, fenced.held)
        notices = self._notices.settle(self._fleet)
        return self._interruptions.carry_out(notices, self._fleet) or is_deleting

    def refill(self) -> None:
        """Between two ticks, where instances that are gone have left room for more deletes, send those.

        Of all that a tick does this is the part that must not wait: what it waits is added to every round of deletes.
        """
        self._fleet.refresh(self._clock.now(), questions=0)
        self._hunting.hunt(self._fleet)

    def _sweep(self, now: int) -> None:
        """New flavors are rare: they are looked for less often than the rest."""
        if now >= self._sweep_at:
            self._enrolment.enrol()
            self._sweep_at = now + self._sweep_seconds
