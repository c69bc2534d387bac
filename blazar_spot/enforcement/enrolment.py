# SPDX-License-Identifier: Apache-2.0
"""Preemptible flavors are made to consume the spot pools, so that a closed pool keeps their instances out.

Each flavor is on its own: one that cannot be changed is named once, tried again at each sweep, and holds up no other.
With ``auto_enrol`` off nothing is changed and the flavors that lack something are named. So is what a flavor says of
its minimum uptime or notice and its instances are not promised.
"""

import logging

from blazar_spot.core.errors import NotFound, SpotError
from blazar_spot.core.flavors import Flavor, missing_specs
from blazar_spot.core.policy import Policy
from blazar_spot.core.terms import MIN_UPTIME, NOTICE, disregarded, own
from blazar_spot.ports.compute import Compute

LOG = logging.getLogger(__name__)


class Enrolment:
    """Looks for preemptible flavors that do not consume the pools, and for what flavors promise in vain."""

    def __init__(self, compute: Compute, policy: Policy, *, is_automatic: bool) -> None:
        self._compute = compute
        self._policy = policy
        self._is_automatic = is_automatic
        self._said: set[str] = set()

    def enrol(self) -> None:
        """Enrol each flavor that lacks something, or name it."""
        try:
            found = self._compute.preemptible_flavors()
        except SpotError as error:
            LOG.warning("New flavors have to wait: %s", error)
            return
        said, self._said = self._said, set()
        for flavor_id, flavor in sorted(found.items()):
            if missing_specs(flavor):
                self._enrol(flavor_id, flavor, said)
            for sentence in disregarded(flavor.extra_specs, self._policy):
                self._say(f"Preemptible flavor {flavor.name}: {sentence}", said)

    def _enrol(self, flavor_id: str, flavor: Flavor, said: set[str]) -> None:
        reason = "auto_enrol is off"
        if self._is_automatic:
            try:
                self._compute.enrol_flavor(flavor_id)
            except NotFound:  # deleted since it was listed
                return
            except SpotError as error:
                reason = str(error)
            else:
                LOG.info("Flavor %s now consumes the spot pools; promised: %s", flavor.name, self._promise(flavor))
                return
        self._say(f"Preemptible flavor {flavor.name} does not consume the spot pools: {reason}", said)

    def _promise(self, flavor: Flavor) -> str:
        uptime = self._policy.min_uptime_of(own(flavor.extra_specs, MIN_UPTIME))
        return f"{uptime} s of uptime, {self._policy.notice_of(own(flavor.extra_specs, NOTICE))} s of notice"

    def _say(self, sentence: str, said: set[str]) -> None:
        """Warn of what was not said at the last sweep."""
        if sentence not in said:
            LOG.warning(sentence)
        self._said.add(sentence)
