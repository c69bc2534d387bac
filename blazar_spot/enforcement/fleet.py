# SPDX-License-Identifier: Apache-2.0
"""Every spot server of the cloud as it was told last, kept up to date by what has changed.

A cache that may be dropped at any time: what it takes in goes into the ledger first, and it is filled from nothing by
one whole list. Lists are long, so later ones are read a page on each tick. Changes are hints, the list is the truth,
and whoever is in the ledger or was told before, and is not in the list, is asked for by name before he is taken for
gone, a few on each tick: a list may leave out what a part of the compute service knows that is down.

One that has another flavor now may stay as long as it likes, and is no spot server. But as long as a notice can be read
on it, it is remembered as a former one, also in the ledger, so that a new process asks for it, too.
"""

import logging
from bisect import bisect
from collections.abc import Collection, Iterable, Iterator, Set
from dataclasses import replace
from itertools import islice

from blazar_spot.core.errors import NotFound, SpotError
from blazar_spot.core.notice import KEYS
from blazar_spot.enforcement.ledger import Ledger
from blazar_spot.enforcement.turns import Turns
from blazar_spot.ports.compute import Compute, Server

LOG = logging.getLogger(__name__)

PAGE = 1000
"""How many servers of the list are read on one tick: what Nova gives in one answer."""
QUESTIONS = 25
"""For how many that a list has left out to ask on a tick that has little else to ask."""
MARKED_QUESTIONS = 3
"""How many of those on which a notice can be read are asked for on a tick at most, in turn: that a tenant erased it is
told by no change. At least one is, whoever else is to be asked for."""
OVERLAP_SECONDS = 60
"""How far back changes are asked for beyond the last time: clocks differ, and a change is seen when it is committed."""


class Fleet:
    """The spot servers by id, by host, those on which a notice can be read, and those outside the pools."""

    def __init__(self, compute: Compute, ledger: Ledger, list_seconds: int) -> None:
        self._compute = compute
        self._ledger = ledger
        self._list_seconds = list_seconds
        self._servers: dict[str, Server] = {}
        self._former: dict[str, Server] = {}
        self._ids_on: dict[str | None, set[str]] = {}
        self._marked: set[str] = set()
        self._unpooled: set[str] = set()
        self._changes_since: int | None = None
        self._list: Iterator[Server] | None = None
        self._list_at = 0
        self._untold: set[str] = set()
        self._missed: set[str] = set()
        self._turns = Turns(patience=1)
        self._last_asked = ""

    @property
    def ids(self) -> Set[str]:
        """All of them."""
        return self._servers.keys()

    def knows(self, server_id: str) -> bool:
        """Whether it is one of them, or is spot no more and has a notice's keys."""
        return server_id in self._servers or server_id in self._former

    def get(self, server_id: str) -> Server | None:
        """One of them."""
        return self._servers.get(server_id)

    def on(self, host: str, building: Iterable[str]) -> list[Server]:
        """Those on the host, and of those being built, which have no host yet, the ones that are named."""
        homeless = self._ids_on.get(None, set())
        return [self._servers[one] for one in sorted(self._ids_on.get(host, set()) | homeless.intersection(building))]

    def marked(self) -> list[Server]:
        """Those whose metadata has a notice's keys, the former ones included."""
        marked = {one: self._servers[one] for one in self._marked} | self._former
        return [marked[one] for one in sorted(marked)]

    def note_erased(self, server_ids: Iterable[str]) -> None:
        """We have taken a notice's keys from these, which no change tells of. Former ones are asked for once more."""
        for one in server_ids:
            if one in self._former:
                self._missed.add(one)
            elif one in self._servers:
                server = self._servers[one]
                kept = {key: value for key, value in server.metadata.items() if key not in KEYS}
                self._servers[one] = replace(server, metadata=kept)
                self._marked.discard(one)

    def unpooled(self) -> list[Server]:
        """Those that use something of their hosts outside the spot pools."""
        return [self._servers[one] for one in sorted(self._unpooled)]

    def counts(self) -> dict[str, int]:
        """How many there are on each host."""
        return {host: len(ids) for host, ids in self._ids_on.items() if host is not None}

    def refresh(self, now: int, questions: int = QUESTIONS) -> None:
        """Take in what has changed, and the next page of the list if it is time for one; of those that a list has left
        out ask for so many."""
        if self._changes_since is None:
            self._fill(now)
        else:
            self._follow(self._compute.spot_changes(self._changes_since - OVERLAP_SECONDS), now)
            self._read_on(now)
        self._ask(questions, now)
        self._changes_since = now

    def _follow(self, changed: Iterable[Server], now: int) -> None:
        ours = [one for one in changed if one.is_spot or self.knows(one.id)]
        gone = {one.id for one in ours if _is_over(one)}
        self._take([one for one in ours if one.id not in gone], gone, now)

    def _fill(self, now: int) -> None:
        """The whole list at once."""
        servers = iter(self._compute.spot_servers())
        while page := list(islice(servers, PAGE)):
            self._take(page, frozenset(), now)
        self._end_list(now)

    def _read_on(self, now: int) -> None:
        """One page. A list that cannot be read to its end says nothing about who is gone, and is begun again."""
        if self._list is None and now < self._list_at:
            return
        servers, self._list = self._list, None
        try:
            if servers is None:
                servers = iter(self._compute.spot_servers())
                self._untold = set(self.ids)
            page = list(islice(servers, PAGE))
            self._take(page, frozenset(), now)
            if len(page) == PAGE:
                self._list = servers
            else:
                self._end_list(now)
        except SpotError as error:
            LOG.warning("The list of spot servers has to wait, and what has changed is all that is known: %s", error)

    def _end_list(self, now: int) -> None:
        """Whoever the list has left out is to be asked for: those that were told before, also to other processes."""
        self._missed = self._untold | (self._ledger.present() - self.ids)
        self._untold = set()
        self._list_at = now + self._list_seconds

    def _ask(self, questions: int, now: int) -> None:
        """Ask by name; as soon as one gets no answer the others wait, and that one comes last from then on."""
        missed = self._turns.begin(sorted(self._missed))[:questions]
        left = min(max(questions - len(missed), 1), MARKED_QUESTIONS) if questions else 0
        for server_id in [*missed, *self._marked_in_turn(left)]:
            try:
                server = self._compute.server(server_id)
            except NotFound:
                self._take([], {server_id}, now)
            except SpotError as error:
                LOG.warning("It is not known what became of %s: %s", server_id, error)
                self._turns.note(server_id, is_answered=False)
                return
            else:
                is_over = _is_over(server)
                self._take([] if is_over else [server], {server_id} if is_over else frozenset(), now)
            self._turns.note(server_id, is_answered=True)

    def _marked_in_turn(self, count: int) -> list[str]:
        marked = sorted(self._marked | self._former.keys())
        turn = bisect(marked, self._last_asked)
        chosen = [*marked[turn:], *marked[:turn]][:count]
        self._last_asked = chosen[-1] if chosen else self._last_asked
        return chosen

    def _take(self, told: Collection[Server], gone: Set[str], now: int) -> None:
        """The ledger first: when that fails the same is told again. A server that is told again as it was stays the
        same value, which the garbage collector has nothing to do with."""
        self._ledger.record(told, gone, now)
        answered = gone | {server.id for server in told}
        self._untold -= answered
        self._missed -= answered
        for server_id in gone:
            self._drop(server_id)
        for server in told:
            if server != self._servers.get(server.id):
                self._drop(server.id)
                self._add(server)

    def _add(self, server: Server) -> None:
        if not server.is_spot:
            self._former[server.id] = server
            return
        self._servers[server.id] = server
        self._ids_on.setdefault(server.host, set()).add(server.id)
        if _is_marked(server):
            self._marked.add(server.id)
        if server.unpooled:
            self._unpooled.add(server.id)

    def _drop(self, server_id: str) -> None:
        self._marked.discard(server_id)
        self._unpooled.discard(server_id)
        self._former.pop(server_id, None)
        server = self._servers.pop(server_id, None)
        if server is not None:
            self._ids_on[server.host].discard(server_id)


def _is_marked(server: Server) -> bool:
    return bool(server.metadata.keys() & set(KEYS))


def _is_over(server: Server) -> bool:
    """Whether it is none of ours any more."""
    return server.is_gone or not (server.is_spot or _is_marked(server))
