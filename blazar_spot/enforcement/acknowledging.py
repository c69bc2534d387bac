# SPDX-License-Identifier: Apache-2.0
"""What holders say to their notices: that they know of one, and that the instance may go before its deadline.

Nothing is done to the instance here. That its holder lets it go is written down, and the engine finds it there. The
engines change notices, too, so whoever was faster is read again.
"""

import logging
from dataclasses import replace

from blazar_spot.core.errors import NotFound, NotOpen, StaleVersion
from blazar_spot.core.incidents import Incident
from blazar_spot.core.notice import acknowledged
from blazar_spot.core.promises import NoticeState
from blazar_spot.enforcement.bell import Bell
from blazar_spot.enforcement.logbook import about
from blazar_spot.enforcement.revising import Revising
from blazar_spot.ports.clock import Clock
from blazar_spot.ports.store import Store

LOG = logging.getLogger(__name__)

TRIES = 5
"""How often others may be faster: each of them has changed the notice, and there is little that can become of one."""


class Acknowledging:
    """Takes acknowledgements."""

    def __init__(self, store: Store, revising: Revising, bell: Bell, clock: Clock) -> None:
        self._store = store
        self._revising = revising
        self._bell = bell
        self._clock = clock

    def acknowledge(self, incident_id: str, project_id: str | None, *, is_ready: bool) -> Incident:
        """The incident after this was said to it; said again it changes nothing.

        ``project_id``: whose incidents there are for whoever says so, None if all. ``NotFound`` if it is none of these,
        ``NotOpen`` if it is over, and ``StaleVersion`` if others were faster again and again.
        """
        for _ in range(TRIES - 1):
            try:
                return self._acknowledge(incident_id, project_id, is_ready=is_ready)
            except StaleVersion:
                about(LOG, incident_id).info("The notice was changed by somebody else at the same time")
        return self._acknowledge(incident_id, project_id, is_ready=is_ready)

    def _acknowledge(self, incident_id: str, project_id: str | None, *, is_ready: bool) -> Incident:
        with self._store.begin() as work:
            incident = work.incident(incident_id)
            if incident is None or project_id not in (None, incident.notice.project_id):
                raise NotFound("There is no such event.")
            before = incident.notice
            if before.state is not NoticeState.SCHEDULED:
                raise NotOpen(f"The event is over: it was {before.state}.")
            after = acknowledged(before, self._clock.now(), is_ready=is_ready)
            if after == before:
                return incident
            (stored,) = self._revising.revise(work, [(before, after)])
        self._bell.ring()
        what = ", it may go" if is_ready else ""
        about(LOG, incident_id).info("The notice of instance %s is acknowledged%s", stored.instance_id, what)
        return replace(incident, notice=stored)
