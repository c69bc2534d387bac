# SPDX-License-Identifier: Apache-2.0
"""What operators ask of flavors: which of them consume the spot pools as they should, and that one does from now on.

The engine enrols preemptible flavors by itself (``enrolment``); here somebody wants to see it, or not to wait for it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from blazar_spot.core.errors import NotFound
from blazar_spot.core.flavors import Flavor, missing_specs, surplus_keys
from blazar_spot.core.policy import Policy
from blazar_spot.core.terms import MIN_UPTIME, NOTICE, disregarded, own
from blazar_spot.ports.compute import Compute


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """One flavor: the extra specs that it lacks to consume the spot pools, what it promises, and what is odd of it.

    One that is not preemptible is only here if it consumes the spot pools nevertheless; it promises nothing.
    """

    id: str
    name: str
    is_preemptible: bool
    min_uptime: int | None = None
    notice: int | None = None
    missing: Mapping[str, str] = field(default_factory=dict)
    remarks: Sequence[str] = ()


class Flavors:
    """Asks Nova each time; nothing is remembered."""

    def __init__(self, compute: Compute, policy: Policy) -> None:
        self._compute = compute
        self._policy = policy

    def check(self) -> Sequence[Checked]:
        """All flavors that are preemptible or consume the spot pools, by name and id."""
        preemptible = self._compute.preemptible_flavors()
        odd = {one: name for one, name in self._compute.enrolled_flavors().items() if one not in preemptible}
        found = [self._checked(one, flavor) for one, flavor in preemptible.items()]
        found += [_not_preemptible(one, name) for one, name in odd.items()]
        return sorted(found, key=lambda checked: (checked.name, checked.id))

    def enrol(self, flavor_id: str) -> Checked:
        """The flavor, which consumes the spot pools from now on; ``NotFound`` if no preemptible one has this id."""
        self._compute.enrol_flavor(flavor_id)
        flavor = self._compute.preemptible_flavors().get(flavor_id)
        if flavor is None:
            raise NotFound(f"There is no preemptible flavor with the id {flavor_id}.")
        return self._checked(flavor_id, flavor)

    def _checked(self, flavor_id: str, flavor: Flavor) -> Checked:
        remarks = disregarded(flavor.extra_specs, self._policy)
        remarks += [f"{key} asks the spot pools for what the flavor does not use" for key in surplus_keys(flavor)]
        return Checked(
            id=flavor_id,
            name=flavor.name,
            is_preemptible=True,
            min_uptime=self._policy.min_uptime_of(own(flavor.extra_specs, MIN_UPTIME)),
            notice=self._policy.notice_of(own(flavor.extra_specs, NOTICE)),
            missing=missing_specs(flavor),
            remarks=remarks,
        )


def _not_preemptible(flavor_id: str, name: str) -> Checked:
    remark = "it consumes the spot pools and is not preemptible: its servers are never asked to go"
    return Checked(id=flavor_id, name=name, is_preemptible=False, remarks=[remark])
