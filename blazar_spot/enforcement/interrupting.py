# SPDX-License-Identifier: Apache-2.0
"""Takes orders to interrupt one instance, or to rehearse that.

A notice is written down here as for a reclaim; the engine finds it and does the rest. An instance that has a notice
already gets no other one, whatever that is for.
"""

import logging
import uuid

from blazar_spot.core.errors import AlreadyNoticed, NotFound, NotNow, StaleVersion
from blazar_spot.core.incidents import Wanted
from blazar_spot.core.instants import iso
from blazar_spot.core.interruptions import Order, ordered
from blazar_spot.core.policy import Policy
from blazar_spot.core.promises import Instance, Notice
from blazar_spot.core.record import deed
from blazar_spot.core.switch import Mode
from blazar_spot.enforcement import hindering
from blazar_spot.enforcement.bell import Bell
from blazar_spot.enforcement.ledger import NOWHERE
from blazar_spot.enforcement.logbook import about
from blazar_spot.enforcement.revising import Revising
from blazar_spot.ports.clock import Clock
from blazar_spot.ports.store import Store, Work

LOG = logging.getLogger(__name__)


class Interrupting:
    """Takes the orders."""

    def __init__(self, store: Store, revising: Revising, bell: Bell, clock: Clock, policy: Policy) -> None:
        self._store = store
        self._revising = revising
        self._bell = bell
        self._clock = clock
        self._policy = policy

    def instance(self, instance_id: str) -> Instance:
        """The spot instance, if there is one that is not gone."""
        with self._store.begin() as work:
            return _present(work, instance_id)

    def waits_for(self, order: Order) -> str | None:
        """Why nothing comes of such an order yet, if nothing does."""
        with self._store.begin() as work:
            return hindering.waits_for(work, self._clock.now())[_needed(order)]

    def dry_run(self, instance_id: str, order: Order) -> Notice:
        """The notice that would be given; nothing is written."""
        with self._store.begin() as work:
            return self._ordered(work, _present(work, instance_id), order)

    def interrupt(self, instance_id: str, order: Order) -> Notice:
        """The notice that is given. ``AlreadyNoticed`` if there is one, ``NotNow`` if the instance is on no host, and
        ``NotCarriedOut`` if no engine would go that far."""
        try:
            with self._store.begin() as work:
                instance = _present(work, instance_id)
                notice = self._ordered(work, instance, order)
                self._revising.begin(work, [notice], [instance])
                told = f"{notice.purpose} until {iso(notice.deadline_at)}: {order.reason or 'no reason was given'}"
                work.add(deed("notice", notice.decided_at, "", instance.host, instance.id, told))
                work.count_news([instance.project_id])
        except StaleVersion as error:
            raise AlreadyNoticed("The instance has just been told something else.") from error
        self._bell.ring()
        log = about(LOG, notice.id)
        log.info("A %s of instance %s is ordered until %d", notice.purpose, instance.id, notice.deadline_at)
        return notice

    def _ordered(self, work: Work, instance: Instance, order: Order) -> Notice:
        if work.incidents(Wanted(instance_id=instance.id), None, 1):
            raise AlreadyNoticed("The instance has a notice already.")
        if instance.host == NOWHERE:
            raise NotNow("The instance is shelved and on no host.")
        hindering.must_be_carried_out(work, _needed(order), self._clock.now())
        return ordered(order, instance, self._clock.now(), self._policy, uuid.uuid4().hex)


def _needed(order: Order) -> Mode:
    """To tell somebody takes less than to evict."""
    return Mode.ENFORCE if order.evicts else Mode.PROTECT


def _present(work: Work, instance_id: str) -> Instance:
    found = [one for one in work.instances_by_id([instance_id]) if one.gone_at is None]
    if not found:
        raise NotFound("There is no such instance.")
    return found[0]
