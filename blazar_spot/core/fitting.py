# SPDX-License-Identifier: Apache-2.0
"""How many instances of one size fit into what is free."""

from collections.abc import Iterable

from blazar_spot.core.model import Size


def fitting(size: Size, free: Iterable[Size]) -> int:
    """How many in all of these places together; an instance is in one place with all that it takes."""
    return sum(_in_one(size, place) for place in free)


def _in_one(size: Size, place: Size) -> int:
    return min((max(0, place.get(name, 0)) // amount for name, amount in size.items() if amount), default=0)
