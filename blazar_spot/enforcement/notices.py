# SPDX-License-Identifier: Apache-2.0
"""Notices: decided and recorded first, then written where the guest reads them, then recorded as given.

What the guest should read is compared with what it does read on every tick. So a write that failed is repeated, keys
that the tenant erased come back, and keys without a notice go away, without any memory of what was done.
"""

import logging
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import replace

from blazar_spot.core.errors import NotFound, NotNow, SpotError, StaleVersion
from blazar_spot.core.notice import KEYS, deadline, given, metadata, revised
from blazar_spot.core.policy import Policy
from blazar_spot.core.promises import Instance, Notice, NoticeState, Reclaim
from blazar_spot.core.record import deed
from blazar_spot.ports.clock import Clock
from blazar_spot.ports.compute import Compute, Server
from blazar_spot.ports.store import Store, Work

LOG = logging.getLogger(__name__)


class Notices:
    """Keeps each notice true, and each guest told."""

    def __init__(self, store: Store, compute: Compute, clock: Clock, policy: Policy) -> None:
        self._store = store
        self._compute = compute
        self._clock = clock
        self._policy = policy

    def decide(self, instances: Iterable[Instance], reclaim_id: str, evict_at: int) -> None:
        """Record a notice for each of these instances, because of this reclaim."""
        now = self._clock.now()
        with self._store.begin() as work:
            for instance in instances:
                notice = Notice(
                    id=uuid.uuid4().hex,
                    instance_id=instance.id,
                    host=instance.host,
                    decided_at=now,
                    deadline_at=deadline(instance, evict_at, now, self._policy),
                    given_at=None,
                    state=NoticeState.SCHEDULED,
                )
                work.put_notice(notice)
                work.add(deed("notice", now, reclaim_id, instance.host, instance.id, f"ends at {notice.deadline_at}"))
                LOG.info("Instance %s on %s will end at %d", instance.id, instance.host, notice.deadline_at)

    def settle(self, servers: Mapping[str, Server]) -> None:
        """Bring notices in line with the reclaims, and what guests read in line with the notices."""
        with self._store.begin() as work:
            notices = self._revise(work, servers)
        for notice in notices.values():
            self._tell(notice, servers[notice.instance_id])
        for server in servers.values():
            if server.id not in notices and not server.is_going and server.metadata.keys() & KEYS:
                self._untell(server)

    def _revise(self, work: Work, servers: Mapping[str, Server]) -> dict[str, Notice]:
        """End the notices of instances that are gone, revise the others; returns those that stay, by instance."""
        now = self._clock.now()
        reclaims = [reclaim for reclaim in work.open_reclaims() if reclaim.fence_at <= now]
        staying: dict[str, Notice] = {}
        for before in work.open_notices():
            after = _brought_up_to_date(before, servers, reclaims)
            notice = work.put_notice(after) if after != before else before
            if notice.state is NoticeState.SCHEDULED:
                staying[notice.instance_id] = notice
            else:
                LOG.info("The notice of instance %s is %s", notice.instance_id, notice.state)
        return staying

    def _tell(self, notice: Notice, server: Server) -> None:
        entries = metadata(notice)
        if server.is_going:
            return
        is_readable = entries.items() <= server.metadata.items()
        if not is_readable and not self._write(server, entries, is_first=notice.given_at is None):
            return
        if notice.given_at is None:
            # The write ended at some time within the current second: the next one is the first surely after it.
            try:
                with self._store.begin() as work:
                    work.put_notice(given(notice, self._clock.now() + 1, self._policy))
            except StaleVersion:
                LOG.info("The notice of %s was given by somebody else at the same time", server.id)

    def _write(self, server: Server, entries: Mapping[str, str], *, is_first: bool) -> bool:
        """Whether the notice counts as given: also when the server's state does not allow it to be written."""
        try:
            self._compute.write_metadata(server.id, entries)
        except NotNow as error:
            level = logging.WARNING if is_first else logging.DEBUG
            LOG.log(level, "The notice of %s runs, but its metadata cannot be written now: %s", server.id, error)
        except NotFound:
            return False
        except SpotError as error:
            LOG.warning("The notice of %s was not given, trying again: %s", server.id, error)
            return False
        return True

    def _untell(self, server: Server) -> None:
        try:
            self._compute.remove_metadata(server.id, KEYS)
        except SpotError as error:
            LOG.warning("The withdrawn notice of %s can still be read, trying again: %s", server.id, error)


def _brought_up_to_date(notice: Notice, servers: Mapping[str, Server], reclaims: Iterable[Reclaim]) -> Notice:
    server = servers.get(notice.instance_id)
    if server is None:
        return replace(notice, state=NoticeState.TERMINATED)
    if server.is_going:
        return notice
    return revised(notice, [reclaim for reclaim in reclaims if reclaim.host == (server.host or notice.host)])
