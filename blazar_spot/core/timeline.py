# SPDX-License-Identifier: Apache-2.0
"""What was done, told in the order in which it happened.

Several things happen within one second, and are on record with nothing but that: then they are told as they follow from
each other.
"""

from collections.abc import Iterable

from blazar_spot.core.evictions import Measure
from blazar_spot.core.overviews import NOTICE
from blazar_spot.core.reclaim import State
from blazar_spot.core.record import Deed

_WITHIN_A_SECOND = [
    f"is {State.PLANNED}",
    f"is {State.FENCED}",
    NOTICE,
    f"is {State.NOTIFIED}",
    f"is {State.EVICTING}",
    *(measure.value for measure in Measure),
    f"is {State.OVERDUE}",
    f"is {State.VERIFYING}",
    f"is {State.READY}",
    f"is {State.HANDED_OVER}",
]
_ORDER = {what: number for number, what in enumerate(_WITHIN_A_SECOND)}


def in_order(deeds: Iterable[Deed]) -> list[Deed]:
    """The deeds, the oldest first; of one second, those that are no step of a reclaim come last."""
    return sorted(deeds, key=lambda one: (one.at, _ORDER.get(one.what, len(_ORDER)), one.id))
