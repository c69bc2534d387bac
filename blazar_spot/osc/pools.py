# SPDX-License-Identifier: Apache-2.0
"""``openstack spot pool ...`` and ``openstack spot capacity show``: where spot instances may be, and how many more."""

import argparse

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
