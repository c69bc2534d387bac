# SPDX-License-Identifier: Apache-2.0
"""Preemptible flavors are made to consume the spot pools, so that a closed pool keeps their instances out.

Each flavor is on its own: one that cannot be changed is named once, tried again at each sweep, and holds up no other.
With ``auto_enrol`` off nothing is changed and the flavors that lack something are named.
"""

import logging

from blazar_spot.core.errors import NotFound, SpotError
from blazar_spot.ports.compute import Compute

LOG = logging.getLogger(__name__)


class Enrolment:
    """Looks for preemptible flavors that do not consume the pools."""

    def __init__(self, compute: Compute, *, is_automatic: bool) -> None:
        self._compute = compute
        self._is_automatic = is_automatic
        self._named: set[str] = set()

    def enrol(self) -> None:
        """Enrol each flavor that lacks something, or name it."""
        try:
            found = self._compute.unenrolled_flavors()
        except SpotError as error:
            LOG.warning("New flavors have to wait: %s", error)
            return
        self._named &= found.keys()
        for flavor_id, name in sorted(found.items()):
            if self._is_automatic:
                self._enrol(flavor_id, name)
            else:
                self._name(flavor_id, name, "auto_enrol is off")

    def _enrol(self, flavor_id: str, name: str) -> None:
        try:
            self._compute.enrol_flavor(flavor_id)
        except NotFound:  # deleted since it was listed
            return
        except SpotError as error:
            self._name(flavor_id, name, str(error))
            return
        LOG.info("Flavor %s now consumes the spot pools", name)

    def _name(self, flavor_id: str, name: str, reason: str) -> None:
        if flavor_id not in self._named:
            self._named.add(flavor_id)
            LOG.warning("Preemptible flavor %s does not consume the spot pools: %s", name, reason)
