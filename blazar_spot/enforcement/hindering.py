# SPDX-License-Identifier: Apache-2.0
"""Asks before an order is taken whether any engine would carry it out, and says what one that was taken waits for.

Orders are taken in one process and carried out in others: all that is known of these is their signs of life.
"""

from collections.abc import Mapping

from blazar_spot.core.errors import NotCarriedOut
from blazar_spot.core.hindrances import hindrance
from blazar_spot.core.switch import Mode
from blazar_spot.ports.store import Work


def waits_for(work: Work, now: int) -> Mapping[Mode, str | None]:
    """Why nothing comes yet of an order that takes an engine of each mode; None if it is carried out."""
    beats, switch = work.heartbeats(), work.switch()
    found = {needed: hindrance(needed, beats, switch, now) for needed in Mode}
    return {needed: one.sentence if one else None for needed, one in found.items()}


def must_be_carried_out(work: Work, needed: Mode, now: int) -> None:
    """``NotCarriedOut`` if no engine is configured to go as far as an order takes."""
    found = hindrance(needed, work.heartbeats(), work.switch(), now)
    if found and found.is_configured:
        raise NotCarriedOut(f"Nothing would come of it. {found.sentence}")
