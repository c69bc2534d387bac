# SPDX-License-Identifier: Apache-2.0
"""``openstack spot pool ...`` and ``openstack spot capacity show``: where spot instances may be, and how many more."""

import argparse

from osc_lib import exceptions
from osc_lib.command import command

from blazar_spot.client.documents import Pool
from blazar_spot.osc import asking
from blazar_spot.osc.columns import Document, Table, listed, shown

COLUMNS = {
    "host": "Host",
    "is_closed": "Closed",
    "closed_because": "Closed Because",
    "instances": "Instances",
    "next_fence_at": "Next Fence At",
}
LONG = {"resources": "Resources", "claims": "Claims", "next_claim": "Next Claim"}
CLOSURES = {
    "host": "Host",
    "state": "State",
    "by": "By",
    "evict_at": "Evict At",
    "closed_at": "Closed At",
    "reason": "Reason",
    "waits_for": "Waits For",
}
OFFERS = {"name": "Flavor", "available": "Available"}
LONG_OFFERS = {"id": "ID", "resources": "Resources"}


def add_host(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("host", metavar="<host>", help="Host (the hypervisor's name)")


def _row(pool: Pool) -> Document:
    """With when it closes next."""
    following = pool["next_claim"]
    return {**pool, "next_fence_at": None if following is None else following["fence_at"]}


class ShowCapacity(command.Lister):
    """Show how many spot instances of each flavor could boot now.

    It is an answer and not a hold: somebody else may be faster.
    """

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        parser = super().get_parser(prog_name)
        parser.add_argument("--flavor", metavar="<flavor>", help="Show only this flavor (name or ID)")
        asking.add_long(parser)
        return parser

    def take_action(self, parsed_args: argparse.Namespace) -> Table:
        wanted = parsed_args.flavor
        found = asking.spot(self).pools.capacity()["flavors"]
        offers = [one for one in found if wanted in (None, one["name"], one["id"])]
        if wanted and not offers:
            raise exceptions.CommandError(f"No spot flavor with a name or ID of '{wanted}' exists.")
        return listed(OFFERS | (LONG_OFFERS if parsed_args.long else {}), offers, parsed_args)


class ListPools(command.Lister):
    """List the spot pools of the hosts, and why they are closed (admin only)."""

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        parser = super().get_parser(prog_name)
        asking.add_limit(parser)
        asking.add_long(parser)
        return parser

    def take_action(self, parsed_args: argparse.Namespace) -> Table:
        found = asking.spot(self).pools.list(limit=parsed_args.limit)
        return listed(COLUMNS | (LONG if parsed_args.long else {}), map(_row, found), parsed_args)


class ShowPool(command.ShowOne):
    """Show the spot pool of a host (admin only)."""

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        parser = super().get_parser(prog_name)
        add_host(parser)
        return parser

    def take_action(self, parsed_args: argparse.Namespace) -> Table:
        return shown(asking.spot(self).pools.get(parsed_args.host))


class ClosePool(command.ShowOne):
    """Let no more spot instances come to a host (admin only).

    Those that are there stay, and reservations may have it.
    """

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        parser = super().get_parser(prog_name)
        add_host(parser)
        asking.add_reason(parser, required=True)
        return parser

    def take_action(self, parsed_args: argparse.Namespace) -> Table:
        return shown(asking.spot(self).pools.close(parsed_args.host, parsed_args.reason))


class DrainPool(command.ShowOne):
    """Empty a host of spot instances and keep it empty, for maintenance (admin only).

    Every promise is kept: the instances are told and go as for a reservation. Without --by that is as soon as it can
    be; an earlier time is refused.
    """

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        parser = super().get_parser(prog_name)
        add_host(parser)
        parser.add_argument(
            "--by",
            metavar="<time>",
            type=asking.instant,
            help="When the host has to be empty ('2027-01-15 08:00', UTC; default: as soon as no promise is broken)",
        )
        asking.add_reason(parser, required=True)
        return parser

    def take_action(self, parsed_args: argparse.Namespace) -> Table:
        return shown(asking.spot(self).pools.drain(parsed_args.host, parsed_args.by, parsed_args.reason))


class OpenPool(command.Command):
    """Let spot instances come to a host again (admin only).

    Those that were told to go because it was to be drained may stay.
    """

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        parser = super().get_parser(prog_name)
        add_host(parser)
        return parser

    def take_action(self, parsed_args: argparse.Namespace) -> None:
        asking.spot(self).pools.open(parsed_args.host)


class ListClosures(command.Lister):
    """List hosts that are closed or drained by order (admin only)."""

    def take_action(self, parsed_args: argparse.Namespace) -> Table:
        return listed(CLOSURES, asking.spot(self).pools.closures(), parsed_args)
