# SPDX-License-Identifier: Apache-2.0
"""Plans: what a lease of whole hosts would get if it were asked for now. Nothing is held."""

from typing import cast

from blazar_spot.client.documents import Plan
from blazar_spot.client.door import Door


class Plans:
    """An answer each, and not a promise."""

    def __init__(self, door: Door) -> None:
        self._door = door

    def of_lease(self, lease_id: str) -> Plan:
        """A lease that there is, on the hosts that it has."""
        return cast(Plan, self._door.post("plans", {"lease_id": lease_id})["plan"])

    def of_wish(
        self,
        end: str,
        *,
        start: str | None = None,
        least: int = 1,
        most: int | None = None,
        hypervisor_properties: str = "",
        resource_properties: str = "",
    ) -> Plan:
        """A lease that is thought of, from now on if no start is given."""
        wish = {
            "start": start,
            "end": end,
            "min": least,
            "max": most,
            "hypervisor_properties": hypervisor_properties,
            "resource_properties": resource_properties,
        }
        body = {name: value for name, value in wish.items() if value is not None}
        return cast(Plan, self._door.post("plans", body)["plan"])
