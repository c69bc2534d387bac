# SPDX-License-Identifier: Apache-2.0
"""Looks at the hosts that are to be freed and finds out whose everybody on them is.

What cannot be found out is a stranger's, and a stranger is never touched: it is named once, in the log and on record,
and its host is late while the others go on.
"""

import logging
from collections.abc import Collection, Mapping, Sequence, Set
from dataclasses import dataclass, field, replace

from blazar_spot.core.errors import NotFound, SpotError
from blazar_spot.core.occupants import Sorted, Whose, is_let, sort_out, whose
from blazar_spot.core.promises import Reclaim
from blazar_spot.core.record import deed
from blazar_spot.enforcement.departures import Unproven
from blazar_spot.enforcement.fleet import Fleet
from blazar_spot.enforcement.ledger import has_promise
from blazar_spot.enforcement.parallel import at_once
from blazar_spot.enforcement.witnesses import Witnesses
from blazar_spot.ports.clock import Clock
from blazar_spot.ports.compute import Compute, Server
from blazar_spot.ports.store import Store

LOG = logging.getLogger(__name__)

HOSTS_AT_ONCE = 8
"""How many hosts are looked at at the same time: each look waits for several answers."""


@dataclass(frozen=True, slots=True)
class Look:
    """Everybody on a host. ``occupants`` is None if it could not be looked at, or was not yet time to; the
    ``unproven`` are among them, and in no group: there is nothing that could be done about them."""

    occupants: frozenset[str] | None
    groups: Sorted
    servers: Sequence[Server]
    soft_deleted: frozenset[str]
    unproven: Unproven = field(default_factory=dict)


NO_LOOK = Look(None, Sorted(frozenset(), frozenset(), frozenset(), frozenset()), (), frozenset())


@dataclass(frozen=True, slots=True)
class _Unlisted:
    """Spot servers that the list left out, as they are told when asked for one by one; and those of whom nothing is
    left but what makes their host not clean."""

    found: Sequence[Server]
    vanished: frozenset[str]


class Occupancy:
    """Looks, and names strangers."""

    def __init__(self, store: Store, compute: Compute, witnesses: Witnesses, clock: Clock) -> None:
        self._store = store
        self._compute = compute
        self._witnesses = witnesses
        self._clock = clock

    def look(self, hosts: Collection[str], fleet: Fleet) -> dict[str, Look]:
        """Who is on each of these hosts, of all spot servers and of everybody else."""
        if not hosts:
            return {}
        seen = dict(zip(hosts, at_once(self._witnesses.occupants, hosts, HOSTS_AT_ONCE), strict=True))
        unproven = self._witnesses.unproven(seen)
        names_at = ((host, one) for host, names in seen.items() for one in names or ())
        unlisted = self._unlisted({one for host, one in names_at if not _is_listed(one, host, fleet)})
        looks = at_once(lambda host: self._look(host, seen[host], fleet, unlisted), hosts, HOSTS_AT_ONCE)
        return {host: _with(look, unproven[host]) for host, look in zip(hosts, looks, strict=True)}

    def is_absent(self, host: str, fleet: Fleet) -> bool:
        """Whether there was no such host when it was last looked at, and nobody is listed on it."""
        return self._witnesses.is_absent(host) and not fleet.on(host, building=())

    def _look(self, host: str, occupants: frozenset[str] | None, fleet: Fleet, unlisted: _Unlisted) -> Look:
        names = occupants or frozenset()
        vanished = unlisted.vanished & names
        here = _listed(host, occupants, fleet) + [one for one in unlisted.found if one.host == host]
        condemned = {one.id for one in here if not has_promise(one)} | vanished
        present = {one.id for one in here}
        moves = self._moves(host) if names - present - condemned else {}
        ours = {one for one in moves.values() if fleet.knows(one)}
        groups = sort_out(names, present, condemned, ours, moves)
        soft_deleted = frozenset(one.id for one in here if one.status == "SOFT_DELETED")
        return Look(occupants, groups, here, soft_deleted)

    def _unlisted(self, names: Set[str]) -> _Unlisted:
        if not names:
            return _Unlisted([], frozenset())
        with self._store.begin() as work:
            known = [instance.id for instance in work.instances_by_id(names)]
        found, vanished = [], set()
        for one in known:
            try:
                server = self._compute.server(one)
                found += [server] if server.is_spot else []
            except NotFound:
                vanished.add(one)
            except SpotError as error:
                LOG.warning("It is not known what %s is: %s", one, error)
        return _Unlisted(found, frozenset(vanished))

    def _moves(self, host: str) -> Mapping[str, str]:
        try:
            return self._compute.moves_from(host)
        except SpotError as error:
            LOG.warning("It is not known what has moved away from %s: %s", host, error)
            return {}

    def name_strangers(self, reclaim: Reclaim, strangers: Set[str]) -> None:
        """Say once who stands in the way, unless it is a reservation's server whose time has not ended. Nobody is asked
        for as long as another reservation has the whole host: it may be full of servers, and all of them are its."""
        with self._store.begin() as work:
            claims = [
                claim for claim in work.claims_served_by(reclaim.host) if claim.id != reclaim.id and not claim.is_drain
            ]
        if is_let(claims, self._clock.now()):
            return
        for one in sorted(strangers):
            try:
                server = self._server(one, reclaim.host)
            except SpotError as error:
                LOG.warning("It is not known whose %s on %s is: %s", one, reclaim.host, error)
                continue
            is_elsewhere = server is not None and server.host not in (None, reclaim.host)
            now = self._clock.now()
            kind = whose(server.created_at if server else None, is_elsewhere, claims, now)
            if kind is not Whose.RESERVED:
                self._alarm(reclaim, one, server, kind)

    def _server(self, occupant: str, host: str) -> Server | None:
        """The server behind an occupant, who may be a server or a move of one."""
        try:
            return self._compute.server(self._moves(host).get(occupant, occupant))
        except NotFound:
            return None

    def _alarm(self, reclaim: Reclaim, occupant: str, server: Server | None, kind: Whose) -> None:
        who = f"server {server.id} ({server.name}, {server.status}, on {server.host})" if server else "no server"
        entry = deed("stranger", self._clock.now(), reclaim.id, reclaim.host, occupant, f"{kind}: {who}", once="named")
        with self._store.begin() as work:
            is_new = work.add(entry)
        if is_new:
            LOG.error("%s is in the way on %s and is left alone: %s", occupant, reclaim.host, entry.details)


def _with(look: Look, unproven: Unproven) -> Look:
    if look.occupants is None:
        return look
    return replace(look, occupants=look.occupants | unproven.keys(), unproven=unproven)


def _is_listed(occupant: str, host: str, fleet: Fleet) -> bool:
    """A server that is being built has no host yet, but the scheduler's books already say where it will be."""
    server = fleet.get(occupant)
    return server is not None and server.host in (None, host)


def _listed(host: str, occupants: Set[str] | None, fleet: Fleet) -> list[Server]:
    """The spot servers that are listed on the host and were seen there, if it could be looked at: a list may be old,
    and one that has left the host is in nobody's way."""
    here = fleet.on(host, building=occupants or ())
    return here if occupants is None else [one for one in here if one.id in occupants]
