# SPDX-License-Identifier: Apache-2.0
"""What an update of a lease changes of a reservation of instances, and which changes are accepted in its state.

Only what was asked for is compared here; whether it can be had is for ``slots`` to judge and for ``tenure`` to write.
As upstream, but whatever is refused leaves the lease as it was, which upstream's ``InvalidStateUpdate`` does not.
"""

from collections.abc import Mapping
from typing import Any

from blazar import status
from blazar.manager.exceptions import CantUpdateParameter
from oslo_utils.strutils import bool_from_string

from blazar_spot.plugins.asks import Values
from blazar_spot.plugins.tenure import is_wider

PARAMETERS = ("vcpus", "memory_mb", "disk_gb", "affinity", "amount", "resource_properties")


def row_of(values: Values) -> dict[str, Any]:
    """Blazar's record of what is asked for."""
    row = {name: values[name] for name in PARAMETERS}
    return {**row, "affinity": bool_from_string(values["affinity"], default=None)}


def is_changed(before: Values, after: Mapping[str, Any]) -> bool:
    """Whether something else than a window is asked for."""
    return row_of(before) != row_of(after)


def only_grows(before: Values, after: Mapping[str, Any]) -> bool:
    """Whether all that changes of a running reservation is that it gets more slots."""
    is_larger = int(after["amount"]) > before["amount"]
    is_running = before["status"] == status.reservation.ACTIVE
    return is_running and is_larger and not is_changed(before, {**after, "amount": before["amount"]})


def check(reservation: Values, lease: Values, after: Mapping[str, Any]) -> None:
    """Refuse what no reservation in its state accepts."""
    has_changed = is_changed(reservation, after)
    if reservation["status"] == status.reservation.ERROR and (has_changed or is_wider(lease, after)):
        raise CantUpdateParameter(param="Any parameter of a reservation in error")
    if reservation["status"] != status.reservation.PENDING and has_changed and not only_grows(reservation, after):
        raise CantUpdateParameter(param="Anything but a larger amount of a reservation that has begun")
