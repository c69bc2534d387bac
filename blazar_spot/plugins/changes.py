# SPDX-License-Identifier: Apache-2.0
"""What an update of a lease does to a reservation: which hosts it keeps, and which it gets besides.

A host stays if it still meets the requirements, is in no other reservation's way, and its spot instances can be gone
by the new start; a later start is never in their way. The filter judges the very change that the plugin then makes.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from blazar import status
from blazar.db import api as db_api

from blazar_spot.core.booking import Candidate, Wish
from blazar_spot.core.errors import Refused
from blazar_spot.enforcement.booking import Booking
from blazar_spot.plugins import calendar
from blazar_spot.plugins.admission import Held, candidates, held, ids, on_offer
from blazar_spot.plugins.calendar import Reservable, instant
from blazar_spot.plugins.requests import PARAMETERS, request
from blazar_spot.ports.clock import Clock


@dataclass(frozen=True, slots=True)
class Change:
    """Allocations that go, and what is wished for beside the kept ones.

    ``moved`` is what the kept ones are held for from now on, if that is earlier than before; ``is_moved`` if it is
    later, too.
    ``is_needed``: without more hosts the reservation would have fewer than it must have.
    """

    removed: tuple[str, ...] = ()
    wish: Wish | None = None
    offered: tuple[Reservable, ...] = ()
    is_needed: bool = False
    kept: tuple[Candidate, ...] = ()
    kept_ids: tuple[str, ...] = ()
    moved: Wish | None = None
    is_moved: bool = False


class Changes:
    """Finds out, judges and holds what an update takes."""

    def __init__(self, booking: Booking, clock: Clock) -> None:
        self._booking = booking
        self._clock = clock

    def change(self, reservation: Mapping[str, Any], before: Mapping[str, Any], after: Mapping[str, Any]) -> Change:
        """What turns the reservation, in a lease with the dates of ``before``, into what ``after`` says."""
        asked = request(after)
        if not _asks_for_more(reservation, before, after):
            return Change()
        around = calendar.hosts(asked.requirements, from_at=asked.wish.start_at, without=reservation["id"])
        hosts = {host.id: host for host in around}
        rows = db_api.host_allocation_get_all_by_values(reservation_id=reservation["id"])
        kept = self._kept([row["compute_host_id"] for row in rows], hosts, before, asked.wish)
        if kept and asked.wish.start_at < instant(before["start_date"]):
            kept = self._giving_way(reservation["id"], [hosts[host] for host in kept], asked.wish)
        removed = tuple(row["id"] for row in rows if row["compute_host_id"] not in kept)
        if removed and reservation["status"] == status.reservation.ACTIVE:
            raise Refused(
                "A running lease keeps its hosts, and this change would take some away; code=hosts_in_use",
                code="hosts_in_use",
            )
        change = Change(
            removed,
            kept=tuple(_idle(hosts[host]) for host in kept),
            kept_ids=tuple(kept),
            moved=asked.wish if kept and asked.wish.start_at < instant(before["start_date"]) else None,
            is_moved=asked.wish.start_at != instant(before["start_date"]),
        )
        if len(kept) == asked.wish.count_max:
            return change
        return replace(
            change,
            wish=self._besides(len(kept), asked.wish),
            offered=tuple(host for host in on_offer(around) if host.id not in kept),
            is_needed=len(kept) < asked.wish.count_min,
        )

    def judge(self, reservation_id: str, change: Change) -> list[str]:
        """The ids of the hosts that the reservation would have, or raise ``Refused`` if it cannot have what it needs;
        none if it only stays where it is."""
        if change.wish is None:
            return list(change.kept_ids)
        without, along = _together(reservation_id, change)
        try:
            chosen = self._booking.judge(change.wish, candidates(change.offered), without=without, along=along)
        except Refused:
            if change.is_needed:
                raise
            chosen = []
        return [*change.kept_ids, *ids(change.offered, chosen)]

    def hold(self, reservation_id: str, lease_id: str, change: Change) -> Held | None:
        """Hold the hosts that the change wishes for; None if there are none and it can do without."""
        if change.wish is None:
            return None
        without, along = _together(reservation_id, change)
        try:
            chosen = self._booking.hold(
                reservation_id, lease_id, change.wish, candidates(change.offered), without=without, along=along
            )
        except Refused:
            if change.is_needed:
                raise
            return None
        return held(reservation_id, change.wish, change.offered, chosen)

    def secure(self, reservation_id: str, change: Change, besides: Held | None) -> list[str]:
        """Make sure of the kept hosts from their new start, and of those besides; returns the ids of those besides
        that cannot be had."""
        if change.moved is not None:
            along = len(besides.hosts) if besides else 0
            self._booking.move(reservation_id, change.moved, change.kept, along=along)
        if besides is None:
            return []
        try:
            had = self._booking.secure(reservation_id, besides.wish, besides.hosts)
        except Refused:
            if change.is_needed:
                raise
            had = []
        names = {host.host for host in had}
        return [host_id for host, host_id in zip(besides.hosts, besides.ids, strict=True) if host.host not in names]

    def _kept(
        self, allocated: list[str], hosts: Mapping[str, Reservable], before: Mapping[str, Any], wish: Wish
    ) -> list[str]:
        starts_earlier = wish.start_at < instant(before["start_date"])
        is_wider = starts_earlier or wish.end_at > instant(before["end_date"])
        kept = [host for host in allocated if host in hosts and not (is_wider and _is_taken(hosts[host], wish))]
        if len(kept) > wish.count_max:
            return self._cheapest([hosts[host] for host in kept], wish)
        return kept

    def _cheapest(self, hosts: list[Reservable], wish: Wish) -> list[str]:
        """Those to keep when there are too many."""
        return ids(hosts, self._booking.cheapest(wish, [_idle(host) for host in hosts], wish.count_max))

    def _giving_way(self, reservation_id: str, hosts: list[Reservable], wish: Wish) -> list[str]:
        """Those whose spot instances can be gone by the start."""
        try:
            among = [_idle(host) for host in hosts]
            return ids(hosts, self._booking.judge(replace(wish, count_min=1), among, without=reservation_id))
        except Refused as refused:
            if refused.code == "cannot_judge":
                raise
            return []

    def _besides(self, kept: int, wish: Wish) -> Wish:
        return replace(
            wish,
            start_at=max(wish.start_at, self._clock.now()),
            count_min=max(1, wish.count_min - kept),
            count_max=wish.count_max - kept,
        )


def _together(reservation_id: str, change: Change) -> tuple[str | None, int]:
    """What hosts besides are judged without, and with how many: if the lease moves, the claims on its own hosts are
    still where they were."""
    return (reservation_id, len(change.kept)) if change.is_moved else (None, 0)


def _asks_for_more(reservation: Mapping[str, Any], before: Mapping[str, Any], after: Mapping[str, Any]) -> bool:
    return (
        after["start_date"] < before["start_date"]
        or after["end_date"] > before["end_date"]
        or any(after[name] != reservation[name] for name in PARAMETERS)
    )


def _idle(host: Reservable) -> Candidate:
    """The host without windows: what reservations hold of it was looked at before."""
    return Candidate(host.candidate.host, host.candidate.service_host)


def _is_taken(host: Reservable, wish: Wish) -> bool:
    return any(start < wish.end_at and wish.start_at < end for start, end in host.candidate.busy)
