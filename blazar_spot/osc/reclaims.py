# SPDX-License-Identifier: Apache-2.0
"""``openstack spot reclaim ...``: how hosts are freed for leases, who has to go for it and why."""

import argparse

from osc_lib.command import command

from blazar_spot.client.documents import Reclaim
from blazar_spot.osc import asking
from blazar_spot.osc.columns import Document, Table, listed, shown
from blazar_spot.osc.leases import find as find_lease

COLUMNS = {
    "id": "ID",
    "lease_name": "Lease",
    "state": "State",
    "notice_at": "Notice At",
    "evict_at": "Evict At",
    "start_at": "Start At",
    "instances": "Instances",
    "instances_to_go": "To Go",
}
LONG = {
    "lease_id": "Lease ID",
    "reservation_id": "Reservation ID",
    "fence_at": "Fence At",
    "end_at": "End At",
    "lead_seconds": "Lead Seconds",
    "breaches": "Breaches",
}
OF_ALL = {"project_id": "Project ID", "host": "Host"}
BREACHES = {
    "at": "At",
    "cause": "Cause",
    "reclaim_id": "Reclaim ID",
    "host": "Host",
    "instance_id": "Instance ID",
    "details": "Details",
}
STATES = (
    "planned",
    "fenced",
    "notified",
    "evicting",
    "verifying",
    "ready",
    "handed_over",
    "overdue",
    "cancelled",
    "expired",
)


def _row(reclaim: Reclaim) -> Document:
    """With what is counted as columns of its own."""
    return {**reclaim, **reclaim["counts"]}


class ListReclaims(command.Lister):
    """List how hosts are freed for leases, by start.

    Those that have not ended are listed, unless states or a lease are asked for.
    """

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        parser = super().get_parser(prog_name)
        parser.add_argument("--lease", metavar="<lease>", help="List reclaims for this lease (name or ID)")
        parser.add_argument("--host", metavar="<host>", help="List reclaims of this host (admin only)")
        parser.add_argument(
            "--state",
            metavar="<state>",
            action="append",
            choices=STATES,
            default=[],
            help=f"List reclaims in this state: {', '.join(STATES)} (repeat option for several)",
        )
        asking.add_limit(parser)
        asking.add_all_projects(parser)
        asking.add_long(parser)
        return parser

    def take_action(self, parsed_args: argparse.Namespace) -> Table:
        client = asking.spot(self)
        of_all = parsed_args.all_projects
        lease = parsed_args.lease and find_lease(client.leases, parsed_args.lease, all_projects=of_all)
        found = client.reclaims.list(
            lease_id=lease and lease["lease_id"],
            host=parsed_args.host,
            states=parsed_args.state,
            all_projects=of_all,
            limit=parsed_args.limit,
        )
        headings = COLUMNS | (LONG if parsed_args.long else {}) | (OF_ALL if of_all else {})
        return listed(headings, map(_row, found), parsed_args)


class ShowReclaim(command.ShowOne):
    """Show how a host is freed for a lease: who has to go and why, and what was done when."""

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        parser = super().get_parser(prog_name)
        parser.add_argument("reclaim", metavar="<reclaim>", help="Reclaim (ID)")
        return parser

    def take_action(self, parsed_args: argparse.Namespace) -> Table:
        return shown(asking.spot(self).reclaims.get(parsed_args.reclaim))


class ListBreaches(command.Lister):
    """List promises that were broken, the last first (admin only)."""

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        parser = super().get_parser(prog_name)
        asking.add_limit(parser)
        return parser

    def take_action(self, parsed_args: argparse.Namespace) -> Table:
        return listed(BREACHES, asking.spot(self).breaches.list(limit=parsed_args.limit), parsed_args)
