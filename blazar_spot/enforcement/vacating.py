# SPDX-License-Identifier: Apache-2.0
"""The way back of parts of hosts: the servers of a reservation that is over go, and nobody else on its hosts.

They are known by the slots that they hold in the scheduler's books, which one that is only soft-deleted still does;
those that stand on no host are named by whoever calls. What cannot be asked is not empty. Who withstands is met with
the measures of ``removal``, with each new attempt of whoever calls.
"""

from collections.abc import Callable, Collection, Set

from blazar_spot.core.errors import SpotError
from blazar_spot.core.policy import Policy
from blazar_spot.core.sharing import reservation_class
from blazar_spot.enforcement.handback import AT_ONCE, LOG, LOOK_EVERY
from blazar_spot.enforcement.parallel import at_once
from blazar_spot.enforcement.removal import Removal
from blazar_spot.enforcement.witnesses import Witnesses
from blazar_spot.ports.clock import Clock
from blazar_spot.ports.compute import Compute


class Vacating:
    """Looks, and deletes."""

    def __init__(self, compute: Compute, witnesses: Witnesses, clock: Clock, policy: Policy, budget: int) -> None:
        self._compute = compute
        self._witnesses = witnesses
        self._clock = clock
        self._policy = policy
        self._budget = budget
        self._removals: dict[str, Removal] = {}

    def wait(self, reservation_id: str, hosts: Collection[str], named: Callable[[], Set[str]]) -> bool:
        """Make the reservation's servers go; whether none is left within the budget."""
        until = self._clock.now() + self._budget
        while not (is_done := self.press(reservation_id, hosts, named())) and self._clock.now() < until:
            self._clock.wait(LOOK_EVERY)
        return is_done

    def press(self, reservation_id: str, hosts: Collection[str], named: Set[str]) -> bool:
        """Take what measures are due against them now; whether none was left."""
        removal = self._removals.setdefault(reservation_id, Removal(self._compute, self._clock, self._policy))
        looks = dict(zip(hosts, at_once(lambda host: self._on(host, reservation_id), hosts, AT_ONCE), strict=True))
        here = {host: names for host, names in looks.items() if names is not None}
        removal.pursue(here)
        at_once(self._delete, sorted(named - frozenset[str]().union(*here.values())), AT_ONCE)
        is_done = not named and all(names is not None and not names for names in looks.values())
        if is_done:
            del self._removals[reservation_id]
        return is_done

    def marked(self, key: str) -> dict[str, frozenset[str]]:
        """The compute services in each aggregate whose metadata says under this key that it is a reservation's."""
        found = self._compute.all_aggregates()
        return {one.name: one.service_hosts for one in found if one.metadata.get(key) == one.name}

    def leave(self, reservation_id: str, service_host: str) -> None:
        """Take one host out of the reservation's aggregate; one that was late is not in it."""
        for aggregate in self._compute.all_aggregates():
            if aggregate.name == reservation_id:
                self._compute.leave_aggregate(aggregate.id, service_host)

    def dissolve(self, reservation_id: str) -> None:
        """Take the hosts out of the reservation's aggregate, and then it. They never left the freepool, but for a
        reservation that has the whole host by now."""
        for aggregate in self._compute.all_aggregates():
            if aggregate.name == reservation_id:
                for service_host in aggregate.service_hosts:
                    self._compute.leave_aggregate(aggregate.id, service_host)
                self._compute.delete_aggregate(aggregate.id)

    def _on(self, host: str, reservation_id: str) -> frozenset[str] | None:
        """Who holds slots of the reservation there."""
        usage = self._witnesses.usage(host)
        if usage is None:
            return None
        slots = reservation_class(reservation_id)
        return frozenset(consumer for consumer, held in usage.held.items() if slots in held)

    def _delete(self, server: str) -> None:
        try:
            self._compute.delete(server, force=True)
        except SpotError as error:
            LOG.warning("%s cannot be deleted yet: %s", server, error)
