# SPDX-License-Identifier: Apache-2.0
"""Notices: decided and recorded, followed when reclaims move, ended with their instances, recorded as given.

That guests can read them is ``telling``'s, and how they are written down is ``revising``'s. A notice that another
engine changed at the same time is left to the next tick, and holds up no other.
"""

import logging
import uuid
from collections.abc import Mapping, Sequence, Set
from dataclasses import replace

from blazar_spot.core.instants import iso
from blazar_spot.core.interruptions import called_off, played
from blazar_spot.core.notice import deadline, given, promised_until, revised
from blazar_spot.core.policy import Policy
from blazar_spot.core.promises import Instance, Notice, NoticeState, Purpose, Reclaim
from blazar_spot.core.record import Cause, Deed, breach, deed
from blazar_spot.enforcement.fleet import Fleet
from blazar_spot.enforcement.ledger import is_shelved_away
from blazar_spot.enforcement.logbook import about
from blazar_spot.enforcement.revising import Revising
from blazar_spot.enforcement.telling import Telling
from blazar_spot.ports.clock import Clock
from blazar_spot.ports.compute import Server
from blazar_spot.ports.store import Store, Work

LOG = logging.getLogger(__name__)


class Notices:
    """Keeps each notice true, and each guest told."""

    def __init__(self, store: Store, telling: Telling, revising: Revising, clock: Clock, policy: Policy) -> None:
        self._store = store
        self._revising = revising
        self._telling = telling
        self._clock = clock
        self._policy = policy

    def decide(self, work: Work, instances: Sequence[Instance], reclaim: Reclaim) -> Set[str]:
        """Record a notice for each of these instances, because of this reclaim, as ``revising`` begins one; returns
        those who are promised more time than the reclaim has."""
        now = self._clock.now()
        policy = self._policy_for(work, reclaim.host, reclaim.id)
        notices = [
            Notice(
                id=uuid.uuid4().hex,
                instance_id=instance.id,
                project_id=instance.project_id,
                host=instance.host,
                decided_at=now,
                deadline_at=deadline(instance, reclaim.evict_at, now, policy),
                given_at=None,
                state=NoticeState.SCHEDULED,
            )
            for instance in instances
        ]
        work.put_instances([one for one in instances if one.version == 0])  # whoever is told is known from then on
        self._revising.begin(work, notices, instances)
        work.add_all([_deed(notice, reclaim, now) for notice in notices])
        for instance, notice in zip(instances, notices, strict=True):
            if notice.deadline_at < promised_until(instance, now, self._policy):
                work.add(breach(Cause.OVERRIDDEN, now, reclaim.id, instance.host, instance.id))
            log = about(LOG, notice.id)
            log.info("Instance %s on %s will end at %d", notice.instance_id, notice.host, notice.deadline_at)
        return {notice.instance_id for notice in notices if notice.deadline_at > reclaim.evict_at}

    def give_way(self, instances: Set[str]) -> None:
        """Withdraw what was ordered for these instances: they are about to be told that their host is taken back."""
        with self._store.begin() as work:
            notices = [one for one in work.open_notices() if one.instance_id in instances]
        self._revising.put([(one, called_off(one)) for one in notices if one.purpose is not Purpose.RECLAIM])

    def settle(self, fleet: Fleet) -> Sequence[Notice]:
        """Bring notices in line with the reclaims, and what guests read in line with the notices; returns those that
        are open."""
        notices = self._revised(fleet)
        given_at = self._telling.tell(notices, fleet)
        first_given = [one for one in notices if one.given_at is None and one.id in given_at]
        if first_given:
            self._note_given(first_given, given_at, fleet)
        return notices

    def _note_given(self, notices: Sequence[Notice], given_at: Mapping[str, int], fleet: Fleet) -> None:
        with self._store.begin() as work:
            policies = {host: self._policy_for(work, host) for host in {one.host for one in notices}}
        self._revising.put(
            [(one, given(one, given_at[one.id], policies[one.host], _own(one, fleet))) for one in notices]
        )

    def _policy_for(self, work: Work, host: str, reclaim_id: str = "") -> Policy:
        """Reservations may break promises where the operator lets them; who drains a host keeps all of them."""
        if not self._policy.breaks_promises:
            return self._policy
        is_drained = any(one.is_drain and reclaim_id in ("", one.id) for one in work.claims_of(host))
        return replace(self._policy, breaks_promises=not is_drained)

    def _revised(self, fleet: Fleet) -> list[Notice]:
        """End the notices of instances that are gone, revise the others; returns those that stay."""
        now = self._clock.now()
        with self._store.begin() as work:
            notices = work.open_notices()
            by_host: dict[str, list[Reclaim]] = {}
            for reclaim in work.open_reclaims():
                if reclaim.fence_at <= now:
                    by_host.setdefault(reclaim.host, []).append(reclaim)
            gone = _gone(work, {one.instance_id for one in notices if fleet.get(one.instance_id) is None})
        pairs = [
            (one, _ended(one) if one.instance_id in gone else _followed(one, fleet.get(one.instance_id), by_host, now))
            for one in notices
        ]
        changed = self._revising.put([(before, after) for before, after in pairs if after != before])
        for notice in changed:
            if notice.state is not NoticeState.SCHEDULED:
                about(LOG, notice.id).info("The notice of instance %s is %s", notice.instance_id, notice.state)
        same = [after for before, after in pairs if after == before]
        return [one for one in [*same, *changed] if one.state is NoticeState.SCHEDULED]


def _deed(notice: Notice, reclaim: Reclaim, now: int) -> Deed:
    return deed("notice", now, reclaim.id, notice.host, notice.instance_id, f"ends at {iso(notice.deadline_at)}")


def _gone(work: Work, unlisted: Set[str]) -> Set[str]:
    """Those that are gone for certain: one that was told to another engine alone is in the ledger all the same."""
    there = {one.id for one in work.instances_by_id(unlisted) if one.gone_at is None} if unlisted else set()
    return unlisted - there


def _own(notice: Notice, fleet: Fleet) -> int | None:
    """The length of a notice that the instance's flavor says."""
    server = fleet.get(notice.instance_id)
    return server.notice if server else None


def _ended(notice: Notice) -> Notice:
    return replace(notice, state=NoticeState.TERMINATED, revision=notice.revision + 1)


def _followed(notice: Notice, server: Server | None, reclaims: Mapping[str, Sequence[Reclaim]], now: int) -> Notice:
    """The notice as its host's reclaims want it; one of an instance that is on its way out stays as it is."""
    if server is not None and server.is_going:
        return notice
    if notice.purpose is not Purpose.RECLAIM:
        return called_off(notice) if server is not None and is_shelved_away(server) else played(notice, now)
    host = notice.host if server is None else server.host or notice.host
    return revised(notice, reclaims.get(host, ()))
