# SPDX-License-Identifier: Apache-2.0
"""Writes down what becomes of notices, with all that follows from it, in one transaction.

That is the notice itself, its entry on record, a letter for each channel, and that its project's list has changed. So
none of it is known to be sent before it is decided, and none is forgotten. What is to become of a notice is for others
to say. Next: ``post``, which carries the letters.
"""

import logging
from collections.abc import Collection, Sequence

from blazar_spot.core.audit import of_notice
from blazar_spot.core.errors import StaleVersion
from blazar_spot.core.events import event
from blazar_spot.core.outbox import letters
from blazar_spot.core.promises import Instance, Notice
from blazar_spot.enforcement.bell import Bell
from blazar_spot.enforcement.logbook import about
from blazar_spot.ports.clock import Clock
from blazar_spot.ports.store import Store, Work

LOG = logging.getLogger(__name__)

Change = tuple[Notice, Notice]
"""The notice as it was read and as it is to be."""


class Revising:
    """Writes notices."""

    def __init__(self, store: Store, clock: Clock, channels: Collection[str], bell: Bell) -> None:
        self._store = store
        self._clock = clock
        self._channels = channels
        self._bell = bell

    def begin(self, work: Work, notices: Sequence[Notice], instances: Sequence[Instance]) -> None:
        """The first word about these notices, which are of these instances. That their projects have news is for the
        caller to count, and to ring for: it may begin others in the same transaction."""
        work.put_notices(notices)
        self._write_letters(work, [(None, notice) for notice in notices], instances)

    def put(self, changes: Sequence[Change]) -> list[Notice]:
        """Store them together; or one by one, if somebody else has changed one of them at the same time."""
        try:
            return self._put_together(changes)
        except StaleVersion:
            return [stored for change in changes for stored in self._put_if_fresh(change)]

    def revise(self, work: Work, changes: Sequence[Change]) -> list[Notice]:
        """The same as the last thing of a transaction, after which the caller rings."""
        stored = list(work.put_notices([after for _, after in changes]))
        now = self._clock.now()
        news = [(before, after) for before, after in changes if after.revision > before.revision]
        if news:
            entries = [of_notice(before, after, now) for before, after in news]
            work.add_all([entry for entry in entries if entry is not None])
        if news and self._channels:
            self._write_letters(work, news, work.instances_by_id({after.instance_id for _, after in news}))
        work.count_news(after.project_id for _, after in changes)
        return stored

    def _put_together(self, changes: Sequence[Change]) -> list[Notice]:
        if not changes:
            return []
        with self._store.begin() as work:
            stored = self.revise(work, changes)
        self._bell.ring()
        return stored

    def _put_if_fresh(self, change: Change) -> list[Notice]:
        try:
            return self._put_together([change])
        except StaleVersion:
            about(LOG, change[1].id).info(
                "The notice of %s was changed by somebody else at the same time", change[1].instance_id
            )
            return []

    def _write_letters(
        self, work: Work, changes: Sequence[tuple[Notice | None, Notice]], instances: Sequence[Instance]
    ) -> None:
        known = {instance.id: instance for instance in instances}
        now = self._clock.now()
        events = (event(before, after, known[after.instance_id], now) for before, after in changes)
        work.put_letters(letters([one for one in events if one is not None], self._channels))
