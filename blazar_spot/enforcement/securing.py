# SPDX-License-Identifier: Apache-2.0
"""First fence, then look: a booking that comes after its own fence's instant is judged by who is inside its pools.

They are closed before they are asked, so what is seen can no longer grow. A part of a host closes the whole pool, too:
the engine lets go of what the part does not need with its next tick. ``booking`` is who calls, and gives back.
"""

import logging
from collections.abc import Callable, Sequence
from dataclasses import replace

from blazar_spot.core.booking import Candidate, Wish
from blazar_spot.core.errors import NotFound
from blazar_spot.core.interruptions import known_to_reclaims
from blazar_spot.core.promises import Instance
from blazar_spot.enforcement.judgement import Judgement, Known
from blazar_spot.enforcement.ledger import NOWHERE
from blazar_spot.ports.clock import Clock
from blazar_spot.ports.pool import Pool
from blazar_spot.ports.store import Store

LOG = logging.getLogger(__name__)


class Securing:
    """Closes and looks."""

    def __init__(self, store: Store, pool: Pool, clock: Clock, judgement: Judgement) -> None:
        self._store = store
        self._pool = pool
        self._clock = clock
        self._judgement = judgement

    def secure(
        self, wish: Wish, chosen: Sequence[Candidate], lead: int, give_back: Callable[[], object]
    ) -> list[Candidate]:
        """Close the chosen pools, judge by who is in them now, and give everything back if that is too many."""
        try:
            inside = self.look(chosen)
            return [
                one
                for part, hosts in _as_chosen(wish, chosen)
                for one in self._judgement.chosen(part, hosts, inside, lead)
            ]
        except Exception:
            give_back()
            raise

    def look(self, hosts: Sequence[Candidate]) -> Known:
        """Close the pools of these hosts; who is in them."""
        return self._inside(self._closed(hosts))

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

    def _inside(self, pooled: Sequence[Candidate]) -> Known:
        """Who consumes the pools. One that is not in the ledger yet, or comes back to a host, has only just begun."""
        inside = [(one, host.host) for host in pooled for one in sorted(self._pool.spot_consumers(host.host))]
        now = self._clock.now()
        with self._store.begin() as work:
            seen = work.instances_by_id(server for server, _ in inside)
            known = {instance.id: instance for instance in seen if instance.host != NOWHERE}
            notices = known_to_reclaims(work.open_notices(), now)
        found = [known.get(server) or _unknown(server, host, now) for server, host in inside]
        # One that failed before it ever ran was promised nothing; any other one may still be alive.
        return Known([one for one in found if one.gone_at is None or one.running_since is not None], notices)


def _as_chosen(wish: Wish, chosen: Sequence[Candidate]) -> list[tuple[Wish, Sequence[Candidate]]]:
    """What is to be judged again: each host's slots are where they were put, and may not wander to another one."""
    if wish.size is None:
        return [(wish, chosen)]
    return [(replace(wish, count_min=one.slots, count_max=one.slots, affinity=True), [one]) for one in chosen]


def _unknown(server: str, host: str, now: int) -> Instance:
    return Instance(id=server, host=host, project_id="", name="", flavor="", created_at=now, running_since=None)
