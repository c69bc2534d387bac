# SPDX-License-Identifier: Apache-2.0
"""Hosts that are still in the aggregate of a reservation that does not have them any more.

They are on their way back. That takes a moment when the reservation is over; one that runs keeps what servers it has
left on a host that failed, and the host with them, to its end if need be.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import NamedTuple

from blazar_spot.core.booking import Candidate
from blazar_spot.core.policy import Policy


class Stay(NamedTuple):
    """Where a host comes back from, and when its servers go at the latest; 0 if they are going."""

    reservation_id: str
    until: int


Stays = Callable[[int], Mapping[str, Stay]]
"""The hypervisors that are on their way back, and whose servers are not told to go before this instant."""


def around_stays(
    candidates: Iterable[Candidate], stays: Mapping[str, Stay], policy: Policy, now: int, by: str | None = None
) -> list[Candidate]:
    """The hosts, busy until they can be back, too. The reservation ``by`` which they are wished for may have its own
    again as they are."""
    soon = now + policy.force_allowance + policy.reset_allowance
    busy = {host: (now, max(soon, stay.until)) for host, stay in stays.items() if stay.reservation_id != by}
    return [replace(one, busy=(*one.busy, busy[one.host])) if one.host in busy else one for one in candidates]
