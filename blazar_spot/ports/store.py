# SPDX-License-Identifier: Apache-2.0
"""Where promises are kept.

A unit of work is one transaction: it commits when its block ends and leaves nothing behind when the block raises.
"""

from collections.abc import Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Protocol

from blazar_spot.core.closures import Closure
from blazar_spot.core.evictions import Eviction
from blazar_spot.core.heartbeat import Heartbeat
from blazar_spot.core.incidents import Incident, Place, Wanted
from blazar_spot.core.outbox import Letter
from blazar_spot.core.promises import Claim, Instance, Notice, Reclaim
from blazar_spot.core.record import Breach, Deed
from blazar_spot.core.reservable import ReservableHost
from blazar_spot.core.switch import Switch
from blazar_spot.ports.reads import Reads
from blazar_spot.ports.webhook_work import WebhookWork


class Work(WebhookWork, Reads, Protocol):
    """One transaction.

    Each ``put`` inserts a value of version 0 and otherwise replaces the row that still has the value's version,
    raising ``StaleVersion`` if it has another one; it returns the value with its new version. Let that error leave the
    block: after it the unit of work stores nothing any more.
    """

    def open_claims(self) -> Sequence[Claim]:
        """All claims that are held or firm, by start and id."""

    def claims_with_reclaims(self) -> Sequence[tuple[Claim, Reclaim | None]]:
        """The open claims, by start and id, each with its reclaim, in one read; None if it is not planned yet."""

    def claims_of(self, reservation_id: str) -> Sequence[Claim]:
        """The open claims of one reservation, by id."""

    def claims_served_by(self, host: str) -> Sequence[Claim]:
        """The claims that hold this host or have held it to their end, by start and id."""

    def put_claim(self, claim: Claim) -> Claim:
        """Store a claim."""

    def put_claims_with_reclaims(self, several: Sequence[tuple[Claim, Reclaim]]) -> None:
        """Store claims, each with its reclaim, all in a few statements."""

    def open_reclaims(self) -> Sequence[Reclaim]:
        """All reclaims that have not ended, by start and id."""

    def reclaims_of_open_claims(self) -> Sequence[Reclaim]:
        """The reclaims, ended ones too, of all open claims, by start and id."""

    def put_reclaim(self, reclaim: Reclaim) -> Reclaim:
        """Store a reclaim."""

    def open_notices(self) -> Sequence[Notice]:
        """All notices that are scheduled, by deadline and id."""

    def put_notices(self, notices: Sequence[Notice]) -> Sequence[Notice]:
        """Store notices, all in a few statements. At most one notice of an instance is scheduled at a time: a second
        one is ``StaleVersion``."""

    def instances(self, hosts: Iterable[str] | None = None) -> Sequence[Instance]:
        """The spot instances that were seen and are not gone, of these hosts or of all, by id."""

    def instances_with_notices(self, hosts: Iterable[str]) -> Sequence[tuple[Instance, Notice | None]]:
        """The spot instances of these hosts that were seen and are not gone, by id, each with its scheduled notice if
        it has one, in one read."""

    def present_instances(self) -> frozenset[str]:
        """The ids of all spot instances that were seen and are not gone."""

    def instances_by_id(self, ids: Iterable[str]) -> Sequence[Instance]:
        """Those of these spot instances that were ever seen, gone ones too, by id."""

    def instances_not_known_to_have_left(self, hosts: Iterable[str], ended_since: int) -> Sequence[Instance]:
        """The spot instances of these hosts that are not known to have left them, by id, but for those that ended
        before this instant and were not missed by then."""

    def put_instances(self, instances: Sequence[Instance]) -> Sequence[Instance]:
        """Store spot instances, all in a few statements."""

    def open_evictions(self) -> Sequence[Eviction]:
        """The evictions of instances that have not been seen gone, by id."""

    def evictions_by_id(self, ids: Iterable[str]) -> Sequence[Eviction]:
        """Those of these instances' evictions that there ever were, by id."""

    def evictions_ended(self, since: int) -> Sequence[Eviction]:
        """The evictions of instances that were seen gone at or after this instant, by id: how long they took."""

    def put_eviction(self, eviction: Eviction) -> Eviction:
        """Store an eviction."""

    def add(self, entry: Breach | Deed) -> bool:
        """Write a breach or a deed down for good; False, and nothing is written, if its id is there already."""

    def add_all(self, entries: Sequence[Deed]) -> None:
        """Write these deeds down for good, all in a few statements; those whose ids are there already are left out."""

    def breaches(self, since: int) -> Sequence[Breach]:
        """The promises broken at or after this instant, by instant and id."""

    def deeds(self, since: int) -> Sequence[Deed]:
        """What was done at or after this instant, by instant and id."""

    def letters(self, channel: str, limit: int) -> Sequence[Letter]:
        """The first so many letters that wait for this channel, by when they were written and id."""

    def put_letters(self, letters: Sequence[Letter]) -> Sequence[Letter]:
        """Store letters, all in a few statements."""

    def drop_letters(self, ids: Sequence[str]) -> None:
        """Throw letters away; those that are gone already are no error."""

    def count_news(self, project_ids: Iterable[str]) -> None:
        """Raise by one the number of each of these projects' documents, which tells whoever read one that it says
        something else now. Of those who do so at the same time each one counts. Others wait for this one's end to do
        it for the same projects, so let it be the last thing that a unit of work does."""

    def incidents(self, wanted: Wanted, after: Place | None, limit: int) -> Sequence[Incident]:
        """The first so many of the incidents that are wanted, by their places, behind this one or from the start. One
        whose instance is forgotten is forgotten with it."""

    def incident(self, incident_id: str) -> Incident | None:
        """This incident, if it is known."""

    def incarnations(self, project_ids: Iterable[str]) -> Mapping[str, int]:
        """The number of each of these projects' documents; 0 of one that never said anything."""

    def closures(self) -> Sequence[Closure]:
        """All hosts that are closed, by name."""

    def put_closure(self, closure: Closure) -> Closure:
        """Store a closure."""

    def drop_closure(self, closure: Closure) -> None:
        """Throw a closure away that still has this version."""

    def reservable_hosts(self) -> Sequence[ReservableHost]:
        """The hosts that can be reserved, as they were published, by id."""

    def put_reservable_hosts(self, hosts: Sequence[ReservableHost]) -> Sequence[ReservableHost]:
        """Store hosts that can be reserved, all in a few statements."""

    def drop_reservable_hosts(self, ids: Sequence[str]) -> None:
        """Forget hosts that can be reserved no more; those that are gone already are no error."""

    def heartbeats(self) -> Sequence[Heartbeat]:
        """The signs of life of all engines, by host and pid."""

    def put_heartbeat(self, heartbeat: Heartbeat) -> Heartbeat:
        """Store an engine's sign of life."""

    def drop_heartbeats(self, before: int) -> None:
        """Forget the engines that gave their last sign before this instant."""

    def switch(self) -> Switch:
        """The operator's switch; that of a cloud on which it was never touched is on."""

    def put_switch(self, switch: Switch) -> Switch:
        """Store the switch."""


class Store(Protocol):
    """The database."""

    def begin(self) -> AbstractContextManager[Work]:
        """Open a unit of work, to be used by one thread and not inside another one. Beginning, every call in the block
        and its end may raise ``Unreachable``, and the end ``StaleVersion``: then somebody else was faster."""
