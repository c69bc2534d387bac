# SPDX-License-Identifier: Apache-2.0
"""The ledger of spot instances: what cannot be asked again later, above all since when each has been running.

The compute service rewrites a server's launch time on rebuild, rescue and resize, so the first one seen is kept. Only
a server that was shelved away from its host begins a new run when it comes back.
"""

import logging
from collections.abc import Collection, Set
from dataclasses import replace

from blazar_spot.core.promises import Instance
from blazar_spot.ports.compute import Server
from blazar_spot.ports.store import Store

NOWHERE = ""
"""The host of an instance that is shelved away from any."""

LOG = logging.getLogger(__name__)


class Ledger:
    """Keeps the spot instances that were seen."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def record(self, told: Collection[Server], gone: Set[str], now: int) -> None:
        """Write down what is new about these spot servers, and that those are gone.

        One that was taken for gone may come back: a list can be short, and a soft delete can be undone.
        """
        if not told and not gone:
            return
        with self._store.begin() as work:
            known = {one.id: one for one in work.instances_by_id(gone | {server.id for server in told})}
            placed = [one for one in told if one.host or is_shelved_away(one)]
            seen = {one.id: as_seen(one, one.host or NOWHERE, known.get(one.id), now) for one in placed}
            for instance in (known[one] for one in sorted(gone & known.keys())):
                if instance.gone_at is None:
                    LOG.info("Spot instance %s is gone from %s", instance.id, instance.host)
                    seen[instance.id] = replace(instance, gone_at=now)
            work.put_instances([one for one in seen.values() if one != known.get(one.id)])

    def present(self) -> Set[str]:
        """Everybody who was seen, by any process, and not seen gone."""
        with self._store.begin() as work:
            return work.present_instances()


def has_promise(server: Server) -> bool:
    """Whether the server was promised anything: not if it is being deleted, nor if it failed before it ever ran."""
    return not server.is_going and not (server.status == "ERROR" and server.launched_at is None)


def as_seen(server: Server, host: str, known: Instance | None, now: int) -> Instance:
    """What is to be known of a server from now on, given what was known of it."""
    if known is None:
        known = Instance(
            id=server.id,
            host=host,
            project_id=server.project_id,
            name=server.name,
            flavor=server.flavor,
            created_at=server.created_at,
            running_since=None,
        )
    if host != NOWHERE and known.host == NOWHERE:
        known = replace(known, created_at=now)
    if is_shelved_away(server):
        since = None
    else:
        since = server.launched_at if known.running_since is None else known.running_since
    ended_at = None if has_promise(server) else known.gone_at or now
    return replace(
        known,
        host=host,
        running_since=since,
        gone_at=ended_at,
        size=server.size,
        min_uptime=server.min_uptime,
        notice=server.notice,
        missed_at=None,
        left_at=None,
        tags=server.tags,
    )


def is_shelved_away(server: Server) -> bool:
    """Shelved and away from its host, or on its way back to one and not running yet."""
    return server.status == "SHELVED_OFFLOADED"
