# SPDX-License-Identifier: Apache-2.0
"""``openstack spot instance ...``: until when each spot instance may run, and why it ended."""

import argparse

from osc_lib.command import command

from blazar_spot.client.documents import Instance
from blazar_spot.client.instances import Instances
from blazar_spot.osc import asking
from blazar_spot.osc.columns import Document, Table, listed, shown

COLUMNS = {
    "id": "ID",
    "name": "Name",
    "running_since": "Running Since",
    "guaranteed_until": "Guaranteed Until",
    "expected_until": "Expected Until",
    "notice": "Notice",
}
GONE = {"id": "ID", "name": "Name", "running_since": "Running Since", "gone_at": "Gone At", "why": "Why"}
LONG = {"flavor": "Flavor", "tags": "Tags", "created_at": "Created At"}
OF_ALL = {"project_id": "Project ID", "host": "Host"}


def find(instances: Instances, name_or_id: str) -> Instance:
    """A spot instance; one that has ended only by its id."""
    return asking.find("spot instance", name_or_id, instances.get, instances.list)


def _row(instance: Instance) -> Document:
    """With what its notice says in a word."""
    event = instance["event"]
    return {**instance, "notice": None if event is None else event["state"]}


class ListInstances(command.Lister):
    """List spot instances, and until when each may run.

    No instance has to end before "guaranteed until"; "expected until" is how things stand.
    """

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        parser = super().get_parser(prog_name)
        parser.add_argument("--gone", action="store_true", help="List those that have ended, and why; the last first")
        parser.add_argument("--flavor", metavar="<flavor-name>", help="List instances of this flavor (name)")
        parser.add_argument("--host", metavar="<host>", help="List instances on this host (admin only)")
        asking.add_limit(parser)
        asking.add_all_projects(parser)
        asking.add_long(parser)
        return parser

    def take_action(self, parsed_args: argparse.Namespace) -> Table:
        found = asking.spot(self).instances.list(
            gone=parsed_args.gone,
            flavor=parsed_args.flavor,
            host=parsed_args.host,
            all_projects=parsed_args.all_projects,
            limit=parsed_args.limit,
        )
        headings = GONE if parsed_args.gone else COLUMNS
        more = (LONG if parsed_args.long else {}) | (OF_ALL if parsed_args.all_projects else {})
        return listed(headings | more, map(_row, found), parsed_args)


class ShowInstance(command.ShowOne):
    """Show until when a spot instance may run, or why it has ended."""

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        parser = super().get_parser(prog_name)
        parser.add_argument("instance", metavar="<server>", help="Spot instance (name or ID; ID if it has ended)")
        return parser

    def take_action(self, parsed_args: argparse.Namespace) -> Table:
        return shown(find(asking.spot(self).instances, parsed_args.instance))


class InterruptInstance(command.ShowOne):
    """Give a spot instance a notice, to rehearse its end or to end it.

    It is a real notice, by every way that there is. At its end nothing happens, unless --evict is given. An instance
    that has a notice already gets no other one.
    """

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        parser = super().get_parser(prog_name)
        parser.add_argument("instance", metavar="<server>", help="Spot instance (name or ID)")
        parser.add_argument(
            "--notice",
            metavar="<duration>",
            type=asking.duration,
            help="Length of the notice (90, 2m, 1h; default: as for a reservation)",
        )
        parser.add_argument("--evict", action="store_true", help="Delete the instance at the end of the notice")
        parser.add_argument("--dry-run", action="store_true", help="Only show what would be")
        asking.add_reason(parser)
        return parser

    def take_action(self, parsed_args: argparse.Namespace) -> Table:
        instances = asking.spot(self).instances
        interruption = instances.interrupt(
            find(instances, parsed_args.instance)["id"],
            notice_seconds=parsed_args.notice,
            evict=parsed_args.evict,
            dry_run=parsed_args.dry_run,
            reason=parsed_args.reason,
        )
        return shown(interruption)
