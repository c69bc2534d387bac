# SPDX-License-Identifier: Apache-2.0
"""The way back: hosts of reservations that are over return to the freepool, and none is lost on the way.

``end`` waits a little, since most servers die quickly; what is not clean by then is *returning*, and every ``sweep``
goes on with it. A sweep starts from what the cloud and the calendar say now, so it also finds what a process that died
has left, or a call that failed: hosts in an aggregate that they do not belong to, and hosts in none. Servers are
deleted only where the reservation that they belonged to is over, and a host moves only when neither the scheduler's
books nor the compute service's rows name anybody on it.
"""

import logging
import threading
import uuid
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence, Set
from dataclasses import dataclass

from blazar_spot.core.booking import Candidate
from blazar_spot.core.errors import SpotError
from blazar_spot.core.stays import Stay
from blazar_spot.enforcement.aggregates import freepool, inside
from blazar_spot.enforcement.parallel import at_once
from blazar_spot.enforcement.removal import Removal
from blazar_spot.enforcement.witnesses import Witnesses
from blazar_spot.ports.clock import Clock
from blazar_spot.ports.compute import Aggregate, Compute

LOG = logging.getLogger(__name__)

AT_ONCE = 8
"""So many hosts are looked at and moved at the same time."""
LOOK_EVERY = 0.5


@dataclass(frozen=True, slots=True)
class Holding:
    """A reservation of whole hosts that is not over, with the compute services that were allocated to it.

    ``is_settled`` is false while it is being changed; its owner's servers may live in it ``running_until`` its end, the
    cleaning included, which is 0 if they may not.
    """

    service_hosts: frozenset[str]
    is_settled: bool
    running_until: int


@dataclass(frozen=True, slots=True)
class Books:
    """What the calendar's keeper knows: all hosts that are ours to move, and by reservation who has which."""

    hosts: Collection[Candidate]
    holdings: Mapping[str, Holding]


class HandBack:
    """Brings hosts back."""

    def __init__(self, compute: Compute, witnesses: Witnesses, removal: Removal, clock: Clock, budget: int) -> None:
        self._compute = compute
        self._witnesses = witnesses
        self._removal = removal
        self._clock = clock
        self.budget = budget
        self._lost: frozenset[str] = frozenset()
        self._returning: dict[str, Stay] = {}
        self._noting = threading.Lock()

    def returning(self, after: int) -> Mapping[str, Stay]:
        """The hypervisors that were on their way back when they were last looked at, and whose servers are not told to
        go before this instant."""
        now = self._clock.now()
        return {host: stay for host, stay in self._returning.items() if after < max(now, stay.until)}

    def end(self, aggregate_id: int, hosts: Iterable[Candidate]) -> None:
        """Free the hosts in the aggregate of a reservation that is over: what comes free within the budget."""
        try:
            every_one = self._compute.all_aggregates()
            for aggregate in every_one:
                if aggregate.id == aggregate_id:
                    self._empty(aggregate, _in(aggregate, hosts), freepool(every_one))
        except SpotError as error:
            LOG.warning("What is in aggregate %d comes back later: %s", aggregate_id, error)

    def sweep(self, zone_prefix: str, read: Callable[[], Books]) -> None:
        """Bring back whatever is where it does not belong. A reservation's aggregate has its id for a name, and a zone
        of that name behind the prefix.

        The aggregates are read before the books: one that is younger than the books would seem to be nobody's.
        """
        before = self._returning
        every_one = self._compute.all_aggregates()
        home = freepool(every_one)
        books = read()
        ours = [one for one in every_one if one.zone == zone_prefix + one.name and _is_an_id(one.name)]
        left: dict[str, Stay] = {}
        for aggregate in ours:
            holding = books.holdings.get(aggregate.name)
            if holding is None or holding.is_settled:
                left |= self._tidy(aggregate, holding, books.hosts, home)
            else:
                here = before.keys() & {host.host for host in _in(aggregate, books.hosts)}
                left |= {host: before[host] for host in here}
        self._note(before.keys() - left.keys(), left)
        self._fetch_lost([home, *ours], books, home)

    def _empty(self, aggregate: Aggregate, hosts: Sequence[Candidate], home: Aggregate) -> None:
        wait_until = self._clock.now() + self.budget
        left = self._bring_back(hosts, aggregate, home, is_over=True)
        while left and self._clock.now() < wait_until:
            self._clock.wait(LOOK_EVERY)
            left = self._bring_back(left, aggregate, home, is_over=True)
        if left:
            self._note(frozenset(), {host.host: Stay(aggregate.name, 0) for host in left})
            LOG.warning("Still on their way back: %s", ", ".join(host.host for host in left))
        else:
            self._compute.delete_aggregate(aggregate.id)

    def _tidy(
        self, aggregate: Aggregate, holding: Holding | None, hosts: Iterable[Candidate], home: Aggregate
    ) -> dict[str, Stay]:
        """Bring back the hosts that the reservation does not have; returns those that cannot come yet."""
        until = holding.running_until if holding else 0
        promised = holding.service_hosts if holding else frozenset()
        astray = [host for host in _in(aggregate, hosts) if host.service_host not in promised]
        left = self._bring_back(astray, aggregate, home, is_over=not until)
        if holding is None and not left:
            try:
                self._compute.delete_aggregate(aggregate.id)
            except SpotError as error:
                LOG.warning("Aggregate %s cannot be deleted, trying again: %s", aggregate.name, error)
        return {host.host: Stay(aggregate.name, until) for host in left}

    def _bring_back(
        self, hosts: Sequence[Candidate], aggregate: Aggregate, home: Aggregate, *, is_over: bool
    ) -> list[Candidate]:
        """Those that could not be brought back yet."""
        looks = at_once(lambda host: self._witnesses.occupants(host.host), hosts, AT_ONCE)
        seen = [(host, occupants) for host, occupants in zip(hosts, looks, strict=True) if occupants is not None]
        if is_over:
            self._removal.pursue({host.host: occupants for host, occupants in seen})
        clean = [host for host, occupants in seen if not occupants]
        moved = at_once(lambda host: self._move(host, aggregate, home), clean, AT_ONCE)
        back = {host.host for host, has_moved in zip(clean, moved, strict=True) if has_moved}
        self._note(back, {})
        return [host for host in hosts if host.host not in back]

    def _note(self, back: Set[str], left: dict[str, Stay]) -> None:
        """A lease may end while the polls sweep: neither may undo what the other one has noted."""
        with self._noting:
            still = {host: stay for host, stay in self._returning.items() if host not in back}
            self._returning = still | left

    def _move(self, host: Candidate, aggregate: Aggregate, home: Aggregate) -> bool:
        try:
            if host.service_host in self._compute.aggregate_hosts(aggregate.id):  # nobody was faster
                self._compute.leave_aggregate(aggregate.id, host.service_host)
                self._compute.join_aggregate(home.id, host.service_host)
        except SpotError as error:
            LOG.warning("%s cannot come back from aggregate %s yet: %s", host.host, aggregate.name, error)
            return False
        LOG.info("%s is back in the freepool", host.host)
        return True

    def _fetch_lost(self, aggregates: Iterable[Aggregate], books: Books, home: Aggregate) -> None:
        """A host that is in none of the aggregates twice in a row, and not on its way to a reservation, is lost."""
        awaited = (one for one in books.holdings.values() if one.running_until or not one.is_settled)
        promised = frozenset[str]().union(*(one.service_hosts for one in awaited))
        missing = frozenset(host.service_host for host in books.hosts) - inside(aggregates) - promised
        for service_host in sorted(missing & self._lost):
            try:
                self._compute.join_aggregate(home.id, service_host)
            except SpotError as error:
                LOG.error("%s is in no aggregate and cannot join the freepool: %s", service_host, error)
            else:
                LOG.warning("%s was in no aggregate and is in the freepool again", service_host)
        self._lost = missing


def _in(aggregate: Aggregate, hosts: Iterable[Candidate]) -> list[Candidate]:
    return [host for host in hosts if host.service_host in aggregate.service_hosts]


def _is_an_id(name: str) -> bool:
    """Whether a reservation can have this id. Without a prefix an operator's own aggregate, too, may have a zone of its
    own name, and must never be emptied."""
    try:
        return str(uuid.UUID(name)) == name
    except ValueError:
        return False
