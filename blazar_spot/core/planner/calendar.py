# SPDX-License-Identifier: Apache-2.0
"""What the reservations of one host hold, over a window.

Only accepted reservations are counted here; spot instances are ``capacity``'s. A reservation holds [start, end).
"""

from collections.abc import Sequence
from dataclasses import dataclass

from blazar_spot.core.model import Reservation, Size

Amounts = dict[str, int]


@dataclass(frozen=True, slots=True)
class Load:
    """What reservations hold: the peak of each resource over the window, and all of it at the instants that count."""

    peak: Amounts
    at: tuple[tuple[int, Amounts], ...]


def add(amounts: Amounts, size: Size, sign: int) -> None:
    """Add a size to running totals in place, or take it away with the sign -1."""
    for resource, amount in size.items():
        amounts[resource] = amounts.get(resource, 0) + sign * amount


def load(claims: Sequence[Reservation], start: int, horizon: int) -> Load:
    """The load of part-host reservations that all overlap a window which begins at ``start``.

    The instants that count are the window's start and the later starts of reservations up to the horizon.
    """
    # At one instant ends (0) come before starts (1): the intervals are half-open.
    events = [(max(claim.start, start), 1, number) for number, claim in enumerate(claims)]
    events += [(claim.end, 0, number) for number, claim in enumerate(claims)]
    events.sort()
    held: Amounts = {}
    peak: Amounts = {}
    at: dict[int, Amounts] = {start: {}}
    for instant, begins, number in events:
        size = claims[number].size or {}
        add(held, size, 1 if begins else -1)
        if not begins:
            continue
        for resource in size:
            peak[resource] = max(peak.get(resource, 0), held[resource])
        if instant <= max(start, horizon):
            at[instant] = dict(held)
    return Load(peak, tuple(at.items()))
