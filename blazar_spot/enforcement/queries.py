# SPDX-License-Identifier: Apache-2.0
"""What the API reads: questions about what is stored, and no change to anything.

Who may ask is for ``api``. Next: ``watching``, which answers those who wait for a change.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from blazar_spot.core.errors import NotFound
from blazar_spot.core.incidents import Incident, Place, Wanted
from blazar_spot.ports.store import Store


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """Some incidents, and after which place there are more; ``incarnation`` is their project's, if it is one."""

    incidents: Sequence[Incident]
    more_after: Place | None
    incarnation: int | None


class Queries:
    """Questions to the store."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def incidents(self, wanted: Wanted, after: Place | None, limit: int) -> Page:
        """The first so many incidents after this place.

        The incarnation is read first: a change in between makes it old, so that nobody waits for it in vain.
        """
        project = wanted.project_id
        with self._store.begin() as work:
            incarnation = None if project is None else work.incarnations([project])[project]
            found = work.incidents(wanted, after, limit + 1)
        some = found[:limit]
        return Page(incidents=some, more_after=some[-1].place if len(found) > limit else None, incarnation=incarnation)

    def incident(self, incident_id: str) -> Incident:
        """This incident, whatever has become of it."""
        with self._store.begin() as work:
            found = work.incident(incident_id)
        if found is None:
            raise NotFound("There is no such event.")
        return found
