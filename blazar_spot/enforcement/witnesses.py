# SPDX-License-Identifier: Apache-2.0
"""Who stands on a host, as two witnesses say, asked in this order.

The scheduler's books come first: they show builds and moves. The compute service's rows come second: they are what
makes it refuse to move the host, and one outlives its entry in the books by a moment. A host is clean when neither
names anybody; if one of them cannot be asked, nothing is known.
"""

import logging

from blazar_spot.core.errors import SpotError
from blazar_spot.core.sharing import Usage
from blazar_spot.ports.compute import Compute
from blazar_spot.ports.pool import Pool

LOG = logging.getLogger(__name__)


class Witnesses:
    """Asks both."""

    def __init__(self, compute: Compute, pool: Pool) -> None:
        self._compute = compute
        self._pool = pool

    def occupants(self, host: str) -> frozenset[str] | None:
        """Everybody whom either names, or None if one of them could not be asked."""
        try:
            return self._pool.consumers(host) | self._compute.servers_on(host)
        except SpotError as error:
            LOG.warning("It is not known who is on %s: %s", host, error)
            return None

    def usage(self, host: str) -> Usage | None:
        """What the host has and who holds how much of it, or None if that could not be asked."""
        try:
            return self._pool.usage(host)
        except SpotError as error:
            LOG.warning("It is not known what is used of %s: %s", host, error)
            return None

    def is_clean(self, host: str) -> bool:
        """Whether both were asked and neither names anybody."""
        occupants = self.occupants(host)
        return occupants is not None and not occupants
