# SPDX-License-Identifier: Apache-2.0
"""Which hosts a new reservation gets, and which one takes the place of a host that failed.

The filter judges here and the plugin decides here, by the same rules on the same reading of the calendar. Whatever
holds is called with ``calendar.CHANGES`` held, and the caller writes the rows before it lets go; only then it secures
what it holds, which takes the cloud's time. Raises ``Refused``. What an update does is in ``changes``.
"""

import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from blazar_spot.core.booking import Candidate, Wish
from blazar_spot.core.errors import NotNow, Refused, SpotError
from blazar_spot.enforcement.booking import Booking
from blazar_spot.plugins import calendar
from blazar_spot.plugins.calendar import Reservable
from blazar_spot.plugins.requests import request
from blazar_spot.ports.clock import Clock

LOG = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Held:
    """Hosts that are held for a reservation, and what for."""

    reservation_id: str
    wish: Wish
    hosts: tuple[Candidate, ...]
    ids: tuple[str, ...]
    """The hosts as Blazar knows them."""


class Admission:
    """Puts requests for hosts to the booking."""

    def __init__(self, booking: Booking, clock: Clock) -> None:
        self._booking = booking
        self._clock = clock

    def choose(self, values: Mapping[str, Any], *, without: str | None = None) -> list[str]:
        """The ids of the hosts that the request would get now; holds nothing."""
        asked = request(values)
        offered = on_offer(calendar.hosts(asked.requirements, from_at=asked.wish.start_at, without=without))
        return ids(offered, self._booking.judge(asked.wish, candidates(offered), without=without))

    def hold(self, reservation_id: str, lease_id: str, values: Mapping[str, Any]) -> Held:
        """Hold hosts for a new reservation."""
        asked = request(values)
        offered = on_offer(calendar.hosts(asked.requirements, from_at=asked.wish.start_at))
        chosen = self._booking.hold(reservation_id, lease_id, asked.wish, candidates(offered))
        return held(reservation_id, asked.wish, offered, chosen)

    def secure(self, held: Held) -> list[str]:
        """Make sure that what is held can really be had; returns the ids of what is held no longer."""
        had = {host.host for host in self._booking.secure(held.reservation_id, held.wish, held.hosts)}
        return [host_id for host, host_id in zip(held.hosts, held.ids, strict=True) if host.host not in had]

    def hold_another(self, reservation: Mapping[str, Any], lease: Mapping[str, Any]) -> str | None:
        """Hold one host in the place of one that failed, as soon as there can be one; None if there is none. ``NotNow``
        if that cannot be told yet.

        There is nothing to secure: a host that comes late is better than none.
        """
        asked = request({**reservation, "start_date": lease["start_date"], "end_date": lease["end_date"]})
        start_at = max(asked.wish.start_at, self._clock.now())
        offered = on_offer(calendar.hosts(asked.requirements, from_at=start_at))
        wish = replace(asked.wish, start_at=start_at, count_min=1, count_max=1)
        try:
            chosen = self._hold_soonest(reservation["id"], lease["id"], wish, unreserved(offered, wish))
        except Refused as refused:
            LOG.warning("Reservation %s gets no other host: %s", reservation["id"], refused)
            return None
        return ids(offered, chosen)[0]

    def hold_now(self, reservation: Mapping[str, Any], lease: Mapping[str, Any]) -> Held:
        """Hold one host more that can be free at once."""
        asked = request({**reservation, "start_date": lease["start_date"], "end_date": lease["end_date"]})
        wish = replace(asked.wish, start_at=self._clock.now(), count_min=1, count_max=1)
        offered = on_offer(calendar.hosts(asked.requirements, from_at=wish.start_at))
        chosen = self._booking.hold(reservation["id"], lease["id"], wish, candidates(offered))
        return held(reservation["id"], wish, offered, chosen)

    def abandon(self, lease_id: str) -> None:
        """Withdraw what is only held for the lease. If even that fails, the next poll does it."""
        try:
            self._booking.abandon(lease_id)
        except SpotError as error:
            LOG.warning("What is held for lease %s is not withdrawn yet: %s", lease_id, error)

    def release(self, held: Held) -> None:
        """Hold these hosts no longer. If even that fails, the next poll does it."""
        try:
            self._booking.release(held.reservation_id, held.hosts)
        except SpotError as error:
            LOG.warning("What is held for reservation %s is not withdrawn yet: %s", held.reservation_id, error)

    def _hold_soonest(self, reservation_id: str, lease_id: str, wish: Wish, among: list[Candidate]) -> list[Candidate]:
        """A host that comes late is better than none: its spot instances get their notice, then it joins. One that
        another reservation has for a while is none, since two would have it at the same time."""
        try:
            return self._hold_if_judged(reservation_id, lease_id, wish, among)
        except Refused as refused:
            if refused.earliest_start is None or refused.earliest_start >= wish.end_at:
                raise
            later = replace(wish, start_at=refused.earliest_start)
            return self._hold_if_judged(reservation_id, lease_id, later, among)

    def _hold_if_judged(
        self, reservation_id: str, lease_id: str, wish: Wish, among: Sequence[Candidate]
    ) -> list[Candidate]:
        """As the booking; but what cannot be judged now is ``NotNow`` and no refusal, after which the failed host would
        be given up."""
        try:
            return self._booking.hold(reservation_id, lease_id, wish, among)
        except Refused as refused:
            if refused.code == "cannot_judge":
                raise NotNow(str(refused)) from refused
            raise


def held(reservation_id: str, wish: Wish, offered: Iterable[Reservable], chosen: Sequence[Candidate]) -> Held:
    """The chosen ones of the offered hosts."""
    return Held(reservation_id, wish, tuple(chosen), tuple(ids(offered, chosen)))


def on_offer(hosts: Iterable[Reservable]) -> list[Reservable]:
    """Those that may be given to somebody new."""
    return [host for host in hosts if host.is_offered]


def candidates(hosts: Iterable[Reservable]) -> list[Candidate]:
    """The hosts as the booking knows them."""
    return [host.candidate for host in hosts]


def unreserved(hosts: Iterable[Reservable], wish: Wish) -> list[Candidate]:
    """Those that no other reservation has at any time of the wish."""
    return [
        host
        for host in candidates(hosts)
        if not any(start < wish.end_at and wish.start_at < end for start, end in host.busy)
    ]


def ids(hosts: Iterable[Reservable], chosen: Iterable[Candidate]) -> list[str]:
    """The ids that Blazar knows the chosen hosts by."""
    by_name = {host.candidate.host: host.id for host in hosts}
    return [by_name[candidate.host] for candidate in chosen]
