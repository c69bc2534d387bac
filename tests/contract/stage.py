# SPDX-License-Identifier: Apache-2.0
"""Where a contract is played: two empty hosts of the freepool, the ports, and what tenants and operators do there.

The fake and the real cloud each have one, so that the same sentences are tried on both. Every test starts with two
hosts that have no servers and no spot pools.
"""

from collections.abc import Callable
from typing import Protocol

from blazar_spot.core.flavors import missing_specs
from blazar_spot.ports.compute import Compute, PoolHost, Server
from blazar_spot.ports.pool import Pool
from blazar_spot.ports.stock import Stock

PLAIN = "contract-plain"
SPOT = "contract-preemptible"
POOLED = "contract-preemptible-pooled"
HUGE = "contract-preemptible-huge"
SHORT = "contract-preemptible-short"
TERMS = {"spot:min_uptime": "10m", "spot:notice": "90"}
"""What the short one promises of its own."""
PER_HOST = 4
"""So many servers of a flavor fill a host; nothing has room for a huge one."""


class Stage(Protocol):
    """One small cloud."""

    compute: Compute
    pool: Pool
    stock: Stock
    one: PoolHost
    other: PoolHost

    def boot(self, flavor: str, host: PoolHost) -> str:
        """Start a server on this host and return its id at once; without room there it ends in ERROR."""

    def build_slowly(self) -> None:
        """From now on a server stays in BUILD for some seconds, also if it is deleted meanwhile."""

    def soft_delete(self) -> None:
        """From now on a plain delete only marks a server."""

    def take_for_down(self, host: PoolHost) -> None:
        """From now on the compute service takes this host for down, though everything on it runs."""

    def take_for_up(self, host: PoolHost) -> None:
        """The host is believed in again."""

    def migrate(self, server: str, to: PoolHost) -> None:
        """Move a server and do not confirm it; returns at once."""

    def resize(self, server: str, flavor: str) -> None:
        """Give a server another flavor on the other host and do not confirm it; returns at once."""

    def new_flavor(self) -> str:
        """The name of a preemptible flavor that does not consume the spot pools yet."""

    def remove_flavor(self, flavor: str) -> None:
        """Let nobody use this flavor from now on."""

    def new_aggregate(self, *, zone: str | None) -> int:
        """The id of a new aggregate without hosts."""

    def now(self) -> int:
        """The second in which the cloud would say that something changes."""

    def until(self, holds: Callable[[], object], what: str) -> None:
        """Let time pass until this holds; fails if it does not in a while."""


def told(stage: Stage, server: str) -> Server | None:
    """What the compute service tells of this server."""
    return next((one for one in stage.compute.spot_servers() if one.id == server), None)


def unenrolled(stage: Stage) -> dict[str, str]:
    """The preemptible flavors that do not consume the pools: each one's id and name."""
    found = stage.compute.preemptible_flavors()
    return {flavor_id: flavor.name for flavor_id, flavor in found.items() if missing_specs(flavor)}


def booted(stage: Stage, flavor: str, host: PoolHost) -> str:
    """A server of a preemptible flavor that runs on this host."""
    server = stage.boot(flavor, host)
    stage.until(lambda: _is(stage, server, "ACTIVE"), f"{server} runs")
    return server


def refused(stage: Stage, flavor: str, host: PoolHost) -> str:
    """A server that found no room on this host."""
    server = stage.boot(flavor, host)
    stage.until(lambda: _is(stage, server, "ERROR"), f"{server} is refused")
    return server


def _is(stage: Stage, server: str, status: str) -> bool:
    """Whether it has this status; the other final one ends the waiting with the reason."""
    known = told(stage, server)
    assert known is None or known.status in ("BUILD", status), known
    return known is not None and known.status == status
