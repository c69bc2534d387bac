# SPDX-License-Identifier: Apache-2.0
"""The compute service: which spot servers there are, who stands on a host, and the few things we do to them.

Every call may raise ``Unreachable`` (nothing is known), and every write is idempotent: asking twice is asking once.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from blazar_spot.core.departures import Deletion
from blazar_spot.core.flavors import Flavor


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """A server as the compute service tells it now.

    ``host`` is the hypervisor's name, None while it is not placed. ``is_going``: its deletion was accepted and is
    under way. ``is_gone``: it is told for the last time. ``unpooled``: what a spot server uses of its host without
    consuming the spot pool for it, by resource class. ``launched_at`` may have been rewritten since the first start;
    the ledger knows better. ``size`` is what its flavor takes of the host, by resource class; ``min_uptime`` and
    ``notice`` are what its flavor says of these, in seconds, None if it says nothing that can be read. ``tags`` are
    sorted.
    """

    id: str
    name: str
    project_id: str
    host: str | None
    status: str
    flavor: str
    is_spot: bool
    is_going: bool = False
    is_gone: bool = False
    unpooled: Mapping[str, int] = field(default_factory=dict)
    created_at: int
    launched_at: int | None = None
    metadata: Mapping[str, str] = field(default_factory=dict)
    size: Mapping[str, int] = field(default_factory=dict)
    min_uptime: int | None = None
    notice: int | None = None
    tags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PoolHost:
    """A host of the freepool: its hypervisor's name and its compute service's name."""

    host: str
    service_host: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Aggregate:
    """A group of compute services; with a zone they are in that availability zone."""

    id: int
    name: str
    zone: str | None
    is_freepool: bool
    service_hosts: frozenset[str]
    metadata: Mapping[str, str]


class Compute(Protocol):
    """What we ask of and do to the compute service."""

    def spot_servers(self) -> Iterable[Server]:
        """Every server of a preemptible flavor, of all projects, servers in BUILD and soft-deleted ones included.

        May ask for one page after another, as it is read. Of two records of one server the later one is right. What
        came or went in the meantime may be missing.
        """

    def spot_changes(self, since: int) -> Sequence[Server]:
        """The servers that have changed at or after this instant, their metadata included, and perhaps more of them:
        those of preemptible flavors, and those that have another flavor now and had such a one before. One that was
        deleted is told as gone. What a part of the service that is down knows may be missing, and so may be that
        metadata was only removed: this is a hint, and no news is none."""

    def servers_on(self, host: str) -> frozenset[str]:
        """The ids of all rows the compute service has for this hypervisor, soft-deleted ones included: the very
        rows that make it refuse to move the host. ``NotFound`` if it knows no such hypervisor, ``Unreachable`` if
        the hypervisor is taken for down: a delete is one of the row alone then, and the server runs on."""

    def freepool_hosts(self) -> Sequence[PoolHost]:
        """The hosts that wait for reservations, and may run spot instances meanwhile."""

    def preemptible_flavors(self) -> Mapping[str, Flavor]:
        """All preemptible flavors, by id."""

    def enrol_flavor(self, flavor_id: str) -> None:
        """Add to a preemptible flavor the shadow resources that it lacks. ``NotFound`` if it is gone."""

    def enrolled_flavors(self) -> Mapping[str, str]:
        """The flavors that ask for shadow resources, preemptible or not: each one's id and name."""

    def unenrol_flavor(self, flavor_id: str) -> None:
        """Take all shadow resources, and nothing else, from a flavor. Gone already is success."""

    def write_metadata(self, server_id: str, entries: Mapping[str, str]) -> None:
        """Set these keys and leave all others. ``NotNow`` if the server's state does not allow it, ``OverQuota``, which
        is one too, if there is no room for them, ``NotFound`` if it is gone. Anything else leaves it open whether they
        can be set: ``Forbidden`` says that our account may not."""

    def remove_metadata(self, server_id: str, keys: Iterable[str]) -> None:
        """Remove these keys in this order; absent ones are fine. ``NotNow`` and ``NotFound`` as for writing."""

    def delete(self, server_id: str, *, force: bool) -> None:
        """Ask for the server's deletion and return at once. Already gone, or already being deleted, is success.
        ``force`` also removes a server that a plain delete would only have put into the soft-deleted state."""

    def server(self, server_id: str) -> Server:
        """One server of any flavor, soft-deleted ones included. ``NotFound`` if there is none."""

    def last_deletion(self, server_id: str) -> Deletion | None:
        """What came of the last request to delete this server, which may be gone; None if there was none, as of one
        that was deleted while it was on no host. ``NotFound`` if nothing is known of it (any more)."""

    def moves_from(self, host: str) -> Mapping[str, str]:
        """The moves away from this hypervisor: each migration's id, by which the scheduler's books may know it, and
        its server's. Finished ones may be among them. ``NotFound`` if there is no such hypervisor."""

    def confirm_move(self, server_id: str) -> None:
        """Let a moved server stay where it is and leave its old host for good, and return at once. ``NotNow`` if it
        does not wait for that, ``NotFound`` if it is gone."""

    def shut_down(self, server_id: str) -> None:
        """Ask the guest to shut down and return at once. Off, going or gone already is success."""

    def reset_state(self, server_id: str) -> None:
        """Give up whatever task the server hangs in, so that it can be deleted. Gone already is success."""

    def leave_aggregate(self, aggregate_id: int, service_host: str) -> None:
        """Take the host out of the aggregate; not being in it is success. ``NotNow`` if servers on it forbid the
        move."""

    def join_aggregate(self, aggregate_id: int, service_host: str) -> None:
        """Put the host into the aggregate; being in it is success. ``NotNow`` if servers on it forbid the move."""

    def aggregate_hosts(self, aggregate_id: int) -> frozenset[str]:
        """The names of the compute services in the aggregate. ``NotFound`` if there is no such aggregate."""

    def all_aggregates(self) -> Sequence[Aggregate]:
        """All aggregates, as they are at one moment."""

    def delete_aggregate(self, aggregate_id: int) -> None:
        """Delete an aggregate that has no hosts; gone already is success. ``Permanent`` if it has hosts."""
