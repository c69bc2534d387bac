# SPDX-License-Identifier: Apache-2.0
"""What a lease asks for, and what it is told, translated between Blazar's words and ours.

A refusal must be Blazar's own exception class itself, never a subclass: the API looks it up by its name, and an
update that raises any other leaves the lease in ERROR.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from blazar.enforcement.exceptions import ExternalServiceFilterException
from blazar.manager.exceptions import InvalidRange, MalformedParameter
from blazar.utils import plugins as requirements

from blazar_spot.core.booking import Wish
from blazar_spot.core.errors import Refused, SpotError
from blazar_spot.plugins.calendar import instant

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
            for requirement in requirements.convert_requirements(values[name])
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


@contextmanager
def answered() -> Iterator[None]:
    """Say no in Blazar's words."""
    try:
        yield
    except Refused as refused:
        # Blazar logs it with all that led to it, and a refusal is no fault. Its own NotEnoughHostsAvailable would say
        # the same, but has no HTTP status: the API makes an internal server error of it.
        raise ExternalServiceFilterException(message=str(refused)) from None
    except SpotError as error:
        message = f"The hosts cannot be held now: {error}; code={error.code}"
        raise ExternalServiceFilterException(message=message) from error
