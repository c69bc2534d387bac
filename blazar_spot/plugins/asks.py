# SPDX-License-Identifier: Apache-2.0
"""What reservations of slots ask for, in our words: of a size that is named, or of a flavor's.

As upstream, the one takes no more of a host than is really there, and the other counts as Nova's scheduler does, with
overcommitment and traits. A preemptible flavor cannot be reserved: its instances would be spot instances.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from blazar.manager.exceptions import MalformedParameter
from oslo_utils.strutils import bool_from_string

from blazar_spot.core.booking import Wish
from blazar_spot.core.flavors import devices, is_preemptible, resources, untracked
from blazar_spot.core.model import Size
from blazar_spot.plugins.bounded import Placement
from blazar_spot.plugins.calendar import instant
from blazar_spot.plugins.matching import required
from blazar_spot.plugins.parts import DEVICES, EPHEMERAL, flavor_of, size_of

Values = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Ask:
    """Slots of one size on hosts that meet the requirements; ``names`` are the hosts that qualify, None if all do.

    ``is_real``: not more than a host's hypervisor really has, whatever overcommitment allows.
    """

    wish: Wish
    size: Size
    requirements: tuple[str, ...] = ()
    names: frozenset[str] | None = None
    is_real: bool = False

    def of(self, dates: Values, amount: int) -> "Ask":
        """The same for so many slots in the window of these dates."""
        start_at, end_at = instant(dates["start_date"]), instant(dates["end_date"])
        return replace(
            self, wish=replace(self.wish, start_at=start_at, end_at=end_at, count_min=amount, count_max=amount)
        )


class Asks:
    """Reads reservations."""

    def __init__(self, pci_aliases: Mapping[str, str]) -> None:
        self._pci_aliases = pci_aliases

    def with_devices(self, source: Values) -> dict[str, Any]:
        """The flavor with what its PCI aliases stand for. Nova asks Placement for these devices though no extra spec
        names their class; of devices that Placement does not track none can be promised to anybody."""
        unknown = untracked(source["extra_specs"], self._pci_aliases)
        if unknown:
            which = f"PCI alias {', '.join(unknown)} stands for no resource class in [nova] pci_aliases"
            raise MalformedParameter(param=f"flavor_id ({which}, so its devices cannot be reserved)")
        asked = devices(source["extra_specs"], self._pci_aliases)
        return {**source, DEVICES: asked} if asked else dict(source)

    def again(self, reservation: Values, dates: Values, amount: int) -> Ask:
        """What so many slots of an existing reservation would ask for."""
        values = {**reservation, **dates, "amount": amount}
        properties = reservation["resource_properties"]
        if properties and EPHEMERAL in properties:
            return self.of_flavor(values, json.loads(properties))
        return self.of_instances(values)

    def of_instances(self, values: Values) -> Ask:
        """What a reservation of a named size asks for."""
        wanted = required(["and", *([">=", f"${name}", str(values[key])] for name, key in _SIZES)])
        if values["resource_properties"]:
            wanted += required(values["resource_properties"])
        size = size_of(values)
        return Ask(_wish(values, size), size, tuple(wanted), is_real=True)

    def of_flavor(self, values: Values, source: Values) -> Ask:
        """What a reservation of this flavor asks for."""
        if is_preemptible(source["extra_specs"]):
            raise MalformedParameter(param="flavor_id (servers of a preemptible flavor cannot be reserved)")
        size = resources(flavor_of(source))
        return Ask(_wish(values, size), size, names=self._with_traits(source["extra_specs"]))

    def _with_traits(self, specs: Mapping[str, str]) -> frozenset[str] | None:
        signs = {"required": "", "forbidden": "!"}
        traits = [signs[value] + key.split(":")[1] for key, value in specs.items() if key.startswith("trait:")]
        if not traits:
            return None
        query = f"required={','.join(traits)}"
        found = Placement().list_resource_providers(query=query, microversion="1.22")
        return frozenset(provider["name"] for provider in found)


_SIZES = (("vcpus", "vcpus"), ("memory_mb", "memory_mb"), ("local_gb", "disk_gb"))
"""What Blazar calls these of a host, and of a reservation."""


def _wish(values: Values, size: Size) -> Wish:
    count = int(values["amount"])
    return Wish(
        start_at=instant(values["start_date"]),
        end_at=instant(values["end_date"]),
        count_min=count,
        count_max=count,
        size=size,
        affinity=bool_from_string(values["affinity"], default=None),
    )
