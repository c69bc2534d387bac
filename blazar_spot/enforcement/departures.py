# SPDX-License-Identifier: Apache-2.0
"""The third witness: of the spot instances that the other two name no more, who is not known to have left their host.

Each is asked about once, as a rule, and that it has left is written down. One that nobody vouches for keeps its host
from being clean and is named once, until its compute must have found it by itself. That time runs while the host is
seen up, and begins anew when it was not.
"""

import logging
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import replace

from blazar_spot.core.departures import SETTLED_AFTER, has_left
from blazar_spot.core.errors import NotFound, SpotError, StaleVersion
from blazar_spot.core.model import Size
from blazar_spot.core.promises import Instance
from blazar_spot.core.record import deed
from blazar_spot.enforcement.parallel import at_once
from blazar_spot.ports.clock import Clock
from blazar_spot.ports.compute import Compute
from blazar_spot.ports.store import Store

LOG = logging.getLogger(__name__)

AT_ONCE = 16
"""So many instances are asked about at the same time."""

Unproven = Mapping[str, Size | None]
"""By id what each still holds of its host, as far as is known; None if its size was never written down."""


class Departures:
    """Asks what became of whoever is missed."""

    def __init__(self, store: Store, compute: Compute, clock: Clock, reaper_seconds: int) -> None:
        self._store = store
        self._compute = compute
        self._clock = clock
        self._reaper_seconds = reaper_seconds

    def unproven(self, seen: Mapping[str, Set[str] | None]) -> dict[str, Unproven]:
        """Who may still run on each of these hosts unseen. ``seen``: whom the others name, None if nobody looked."""
        if not self._reaper_seconds:
            return {host: {} for host in seen}
        now = self._clock.now()
        with self._store.begin() as work:
            known = work.instances_not_known_to_have_left(list(seen), now - self._reaper_seconds)
        absent = [one for one in known if one.id not in (seen[one.host] or ())]
        judged = at_once(lambda one: self._judged(one, now, is_up=seen[one.host] is not None), absent, AT_ONCE)
        self._record([after for before, after in zip(absent, judged, strict=True) if after != before])
        missed = [one for one in judged if one.missed_at is not None and one.left_at is None]
        self._name((one for one in missed if now - (one.missed_at or now) >= SETTLED_AFTER), now)
        return {host: {one.id: one.size for one in missed if one.host == host} for host in seen}

    def _judged(self, instance: Instance, now: int, *, is_up: bool) -> Instance:
        if not is_up:
            return instance if instance.gone_at is None else replace(instance, missed_at=now)
        missed_at = now if instance.missed_at is None else instance.missed_at
        is_gone = self._has_left(instance, now - missed_at)
        return replace(instance, missed_at=missed_at, left_at=now if is_gone else None)

    def _has_left(self, instance: Instance, missed_for: int) -> bool:
        deletion = None
        try:
            deletion = self._compute.last_deletion(instance.id)
            if deletion is None and self._is_elsewhere(instance):
                return True
        except NotFound:
            return instance.running_since is None or has_left(None, missed_for, self._reaper_seconds)
        except SpotError as error:
            LOG.warning("It is not known what became of %s on %s: %s", instance.id, instance.host, error)
        return has_left(deletion, missed_for, self._reaper_seconds)

    def _is_elsewhere(self, instance: Instance) -> bool:
        """Nobody asked for the deletion of one that lives, and of one that no host had any more nobody wrote it down;
        the latter is ``NotFound``."""
        return self._compute.server(instance.id).host != instance.host

    def _record(self, changed: Sequence[Instance]) -> None:
        """If somebody else was faster, what was found out is as true, and is found out again."""
        if not changed:
            return
        try:
            with self._store.begin() as work:
                work.put_instances(changed)
        except StaleVersion as error:
            LOG.info("What became of %d instances is not written down yet: %s", len(changed), error)

    def _name(self, missed: Iterable[Instance], now: int) -> None:
        for one in missed:
            entry = deed("is unproven", now, "", one.host, one.id, f"missed since {one.missed_at}", once="named")
            with self._store.begin() as work:
                is_new = work.add(entry)
            if is_new:
                LOG.error(
                    "%s (%s) may still run on %s: its row is gone, and no compute has said that it destroyed it",
                    one.id,
                    one.name,
                    one.host,
                )
