# SPDX-License-Identifier: Apache-2.0
"""Decides the notices that reclaims ask for: those of all of them together, and with each what is to be on record.

Nothing is told here: what a notice says is ``notices``', and that guests can read it ``telling``'s.
"""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from blazar_spot.core.errors import StaleVersion
from blazar_spot.core.lateness import is_unfenced
from blazar_spot.core.promises import Instance, Reclaim
from blazar_spot.core.record import Cause, breach
from blazar_spot.enforcement.bell import Bell
from blazar_spot.enforcement.ledger import as_seen
from blazar_spot.enforcement.notices import Notices
from blazar_spot.enforcement.occupancy import Look
from blazar_spot.ports.clock import Clock
from blazar_spot.ports.store import Store, Work

LOG = logging.getLogger(__name__)

TRIES = 3
"""How often those of one reclaim are decided again at once: the next tick would be seconds later."""


@dataclass(frozen=True, slots=True)
class Untold:
    """Who has to be told because of a reclaim."""

    reclaim: Reclaim
    look: Look
    instances: frozenset[str]


class Announcing:
    """Announces their end to those who do not know of it."""

    def __init__(self, store: Store, notices: Notices, bell: Bell, clock: Clock) -> None:
        self._store = store
        self._notices = notices
        self._bell = bell
        self._clock = clock

    def announce(self, untold: Sequence[Untold], instances: Mapping[str, Instance], tries: int = TRIES) -> None:
        """Decide the notices of all reclaims together; or of one after another, if another engine decides some, too,
        or a holder orders a rehearsal at this moment. ``instances``: what the database knows of them."""
        if not untold:
            return
        self._notices.give_way(frozenset().union(*(one.instances for one in untold)))
        try:
            with self._store.begin() as work:
                told = [instance for one in untold for instance in self._decide(work, one, instances)]
                work.count_news(instance.project_id for instance in told)
            self._bell.ring()
        except StaleVersion:
            LOG.info(
                "Notices for %s are decided by somebody else as well", ", ".join(one.reclaim.host for one in untold)
            )
            if tries:
                for one in untold:
                    self.announce([one], instances, tries - 1)

    def _decide(self, work: Work, untold: Untold, known: Mapping[str, Instance]) -> list[Instance]:
        now = self._clock.now()
        reclaim = untold.reclaim
        instances = [
            as_seen(server, reclaim.host, known.get(server.id), now)
            for server in untold.look.servers
            if server.id in untold.instances
        ]
        too_long = self._notices.decide(work, instances, reclaim)
        for one in sorted(too_long & unfenced(reclaim, untold.look)):
            work.add(breach(Cause.UNFENCED_BOOT, now, reclaim.id, reclaim.host, one))
        return instances


def unfenced(reclaim: Reclaim, look: Look) -> frozenset[str]:
    """The spot instances that came onto the host behind its fence."""
    spots = (server for server in look.servers if server.id in look.groups.spots)
    return frozenset(server.id for server in spots if is_unfenced(reclaim, server.created_at))
