# SPDX-License-Identifier: Apache-2.0
"""What a lease of hosts asks for, in our words; what it is told, in Blazar's, is in ``answers``."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from blazar.manager.exceptions import InvalidRange, MalformedParameter

from blazar_spot.core.booking import Wish
from blazar_spot.plugins.calendar import instant
from blazar_spot.plugins.matching import required

PARAMETERS = ("min", "max", "hypervisor_properties", "resource_properties")
"""What of a reservation, besides its lease's dates, decides which hosts it gets."""


@dataclass(frozen=True, slots=True)
class Request:
    """So many hosts that meet the requirements, for a window."""

    requirements: tuple[str, ...]
    wish: Wish


def request(values: Mapping[str, Any]) -> Request:
    """The request in a reservation's values."""
    count_min, count_max = _count(values, "min"), _count(values, "max")
    if count_max < count_min:
        raise InvalidRange()
    return Request(
        tuple(
            requirement
            for name in ("hypervisor_properties", "resource_properties")
            if values[name]
            for requirement in required(values[name])
        ),
        Wish(
            start_at=instant(values["start_date"]),
            end_at=instant(values["end_date"]),
            count_min=count_min,
            count_max=count_max,
        ),
    )


def _count(values: Mapping[str, Any], name: str) -> int:
    try:
        count = int(values[name])
    except (KeyError, TypeError, ValueError):
        raise MalformedParameter(param=name) from None
    if count < 1:
        raise MalformedParameter(param=f"{name} (must be greater than or equal to 1)")
    return count
