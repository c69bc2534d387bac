# SPDX-License-Identifier: Apache-2.0
"""How it goes, in numbers, as the database tells it at one instant: what stands now, and what the last hour brought.

Everything here comes from what is written down anyway, so nothing is lost when a process ends, and all engines tell
the same. Next: ``adapters/metrics``, which gives it names and units.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

WINDOW = 3600
"""What happened this long ago, or longer, is no news."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """So many wait, and the first of them since this instant."""

    count: int
    since: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """Durations are in seconds, one for each thing that happened in the last hour.

    ``start_delays``: from the start of a reservation to each of its hosts' hand-over. ``notice_leads``: from when a
    notice could be read to its deadline. ``deletions``: from the request to when the instance was seen gone. ``held``:
    what the spot instances have that are there, by resource class.
    """

    at: int
    reclaims: Mapping[str, int] = field(default_factory=dict)
    breaches: Mapping[str, int] = field(default_factory=dict)
    start_delays: Sequence[int] = ()
    notice_leads: Sequence[int] = ()
    deletions: Sequence[int] = ()
    letters: Mapping[str, Waiting] = field(default_factory=dict)
    deliveries: Mapping[str, int] = field(default_factory=dict)
    deliveries_waiting: Waiting | None = None
    instances: int = 0
    hosts_with_instances: int = 0
    held: Mapping[str, int] = field(default_factory=dict)
    engines: Mapping[str, int] = field(default_factory=dict)
    is_paused: bool = False


def quantile(values: Sequence[int], share: float) -> int | None:
    """The smallest value that this share of all does not exceed; None of none."""
    if not values:
        return None
    ordered = sorted(values)
    return ordered[min(int(share * len(ordered)), len(ordered) - 1)]
