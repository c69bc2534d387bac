# SPDX-License-Identifier: Apache-2.0
"""Who stands on a host, as three witnesses say, asked in this order.

The scheduler's books come first: they show builds and moves. The compute service's rows come second: they are what
makes it refuse to move the host, and one outlives its entry in the books by a moment. Both may be without a spot
instance that still runs, so the third, ``departures``, is asked about those who were there. A host is clean when none
names anybody; if one of them cannot be asked, nothing is known.
"""

import logging
from collections.abc import Mapping, Set

from blazar_spot.core.errors import NotFound, SpotError
from blazar_spot.core.sharing import Usage
from blazar_spot.enforcement.departures import Departures, Unproven
from blazar_spot.ports.compute import Compute
from blazar_spot.ports.pool import Pool

LOG = logging.getLogger(__name__)


class Witnesses:
    """Asks all of them."""

    def __init__(self, compute: Compute, pool: Pool, departures: Departures) -> None:
        self._compute = compute
        self._pool = pool
        self._departures = departures
        self._absent: set[str] = set()

    def occupants(self, host: str) -> frozenset[str] | None:
        """Everybody whom either of the first two names, or None if one of them could not be asked."""
        try:
            found = self._pool.consumers(host) | self._compute.servers_on(host)
        except NotFound as error:
            if not self.is_absent(host):
                LOG.warning("%s is gone, or was never there: %s", host, error)
            self._absent.add(host)
            return None
        except SpotError as error:
            LOG.warning("It is not known who is on %s: %s", host, error)
            return None
        self._absent.discard(host)
        return found

    def is_absent(self, host: str) -> bool:
        """Whether there was no such host when it was last looked at."""
        return host in self._absent

    def unproven(self, seen: Mapping[str, Set[str] | None]) -> dict[str, Unproven]:
        """Whom the third one names on each of these hosts beside those that were ``seen`` there."""
        return self._departures.unproven(seen)

    def usage(self, host: str) -> Usage | None:
        """What the host has and who holds how much of it by the books, or None if that could not be asked."""
        try:
            return self._pool.usage(host)
        except SpotError as error:
            LOG.warning("It is not known what is used of %s: %s", host, error)
            return None

    def usage_with_unproven(self, host: str) -> Usage | None:
        """The same, and what they may hold whom the third witness names; None also if that one could not be asked."""
        usage = self.usage(host)
        try:
            return usage and usage.and_held_by(self.unproven({host: usage.held.keys()})[host])
        except SpotError as error:
            LOG.warning("It is not known who may still run on %s: %s", host, error)
            return None

    def is_clean(self, host: str) -> bool:
        """Whether all were asked and none names anybody."""
        occupants = self.occupants(host)
        if occupants is None or occupants:
            return False
        try:
            return not self.unproven({host: occupants})[host]
        except SpotError as error:
            LOG.warning("It is not known who may still run on %s: %s", host, error)
            return False
