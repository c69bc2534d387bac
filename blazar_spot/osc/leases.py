# SPDX-License-Identifier: Apache-2.0
"""``openstack spot lease ...``: how far a lease is in getting its hosts, also right after it was made.

``create`` is python-blazarclient's own command with more columns. A hook beside ``openstack reservation lease create``
is not possible: cliff loads hooks only for commands that take their own name, which that one does not.
"""

import argparse
from contextlib import suppress
from functools import partial
from threading import Event
from typing import Any

from blazarclient.v1.shell_commands.leases import CreateLeaseBase
from osc_lib.command import command

from blazar_spot.client.documents import Lease
from blazar_spot.client.errors import FAILURES, NotFound
from blazar_spot.client.reclaims import Leases
from blazar_spot.osc import asking
from blazar_spot.osc.columns import Table, listed, shown
from blazar_spot.osc.patience import within

COLUMNS = {
    "lease_id": "Lease ID",
    "lease_name": "Name",
    "state": "State",
    "hosts": "Hosts",
    "hosts_ready": "Ready",
    "instances_to_go": "Instances To Go",
    "evict_at": "Evict At",
    "start_at": "Start At",
}
LONG = {"end_at": "End At", "instances": "Instances", "breaches": "Breaches"}
OF_ALL = {"project_id": "Project ID"}
PATIENCE_SECONDS = 10
"""Blazar's calendar is read every 5 seconds, unless the operator wants it otherwise."""
SUMMARY = ("state", "hosts", "hosts_ready", "instances", "instances_to_go", "evict_at", "breaches")


def find(leases: Leases, name_or_id: str, *, all_projects: bool = False) -> Lease:
    """A lease; one that is over only by its id."""
    get, every = partial(leases.get, all_projects=all_projects), partial(leases.list, all_projects=all_projects)
    return asking.find("lease", name_or_id, get, every, lambda lease: (lease["lease_name"],))


def _published(leases: Leases, lease_id: str) -> Lease:
    """The new lease, as soon as Blazar's calendar was read with it; ``NotFound`` if that takes too long."""
    for _ in range(PATIENCE_SECONDS):
        with suppress(NotFound):
            return leases.get(lease_id)
        Event().wait(1)
    return leases.get(lease_id)


class ListLeases(command.Lister):
    """List leases that hold hosts, and how far each is in getting them."""

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        parser = super().get_parser(prog_name)
        asking.add_limit(parser)
        asking.add_all_projects(parser)
        asking.add_long(parser)
        return parser

    def take_action(self, parsed_args: argparse.Namespace) -> Table:
        found = asking.spot(self).leases.list(all_projects=parsed_args.all_projects, limit=parsed_args.limit)
        headings = COLUMNS | (LONG if parsed_args.long else {}) | (OF_ALL if parsed_args.all_projects else {})
        return listed(headings, found, parsed_args)


class ShowLease(command.ShowOne):
    """Show how far a lease is in getting its hosts, and whom it costs."""

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        parser = super().get_parser(prog_name)
        parser.add_argument("lease", metavar="<lease>", help="Lease (name or ID; ID if it is over)")
        asking.add_all_projects(parser)
        return parser

    def take_action(self, parsed_args: argparse.Namespace) -> Table:
        return shown(find(asking.spot(self).leases, parsed_args.lease, all_projects=parsed_args.all_projects))


class CreateLease(CreateLeaseBase):  # type: ignore[misc] # python-blazarclient has no types
    """Create a lease, and show what it costs spot instances.

    The same as "openstack reservation lease create", with what is known of its hosts in the fields spot_*.
    """

    def take_action(self, parsed_args: argparse.Namespace) -> Table:
        lease: dict[str, Any] = self.get_client().lease.create(**self.args2body(parsed_args))
        return shown({**lease, **self._summary(lease["id"])})

    def _summary(self, lease_id: str) -> dict[str, object]:
        try:
            summary = within(2 * PATIENCE_SECONDS, lambda: _published(asking.spot(self).leases, lease_id))
            found: dict[str, object] = {**summary}
        except (*FAILURES, TimeoutError) as error:
            because = str(error) or "the service does not answer"
            self.app.LOG.warning("The lease is created. What it costs is not known yet: %s", because)
            return {}
        return {f"spot_{field}": found[field] for field in SUMMARY}
