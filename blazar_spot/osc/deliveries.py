# SPDX-License-Identifier: Apache-2.0
"""``openstack spot webhook delivery ...``: what a webhook was told, and what it answered."""

import argparse

from osc_lib.command import command

from blazar_spot.osc import asking
from blazar_spot.osc.columns import Table, listed, shown
from blazar_spot.osc.webhooks import add_webhook, find

COLUMNS = {
    "id": "ID",
    "type": "Type",
    "subject": "Subject",
    "state": "State",
    "tries": "Tries",
    "status": "Status",
    "written_at": "Written At",
}
LONG = {
    "tried_at": "Tried At",
    "next_try_at": "Next Try At",
    "done_at": "Done At",
    "expires_at": "Expires At",
    "response": "Response",
}
STATES = ("pending", "delivered", "abandoned")


class ListDeliveries(command.Lister):
    """List what a webhook was told, the last first."""

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        parser = super().get_parser(prog_name)
        add_webhook(parser)
        parser.add_argument(
            "--state",
            metavar="<state>",
            choices=STATES,
            help="List deliveries in this state: pending, delivered or abandoned",
        )
        asking.add_limit(parser)
        asking.add_long(parser)
        return parser

    def take_action(self, parsed_args: argparse.Namespace) -> Table:
        client = asking.spot(self)
        webhook_id = find(client.webhooks, parsed_args.webhook)["id"]
        found = client.deliveries.list(webhook_id, state=parsed_args.state, limit=parsed_args.limit)
        return listed(COLUMNS | (LONG if parsed_args.long else {}), found, parsed_args)


class ShowDelivery(command.ShowOne):
    """Show what a webhook was told once, and what it answered."""

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        parser = super().get_parser(prog_name)
        add_webhook(parser)
        _add_delivery(parser)
        return parser

    def take_action(self, parsed_args: argparse.Namespace) -> Table:
        client = asking.spot(self)
        return shown(client.deliveries.get(find(client.webhooks, parsed_args.webhook)["id"], parsed_args.delivery))


class Redeliver(command.ShowOne):
    """Tell a webhook something once more, with the same id."""

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        parser = super().get_parser(prog_name)
        add_webhook(parser)
        _add_delivery(parser)
        return parser

    def take_action(self, parsed_args: argparse.Namespace) -> Table:
        client = asking.spot(self)
        webhook_id = find(client.webhooks, parsed_args.webhook)["id"]
        return shown(client.deliveries.redeliver(webhook_id, parsed_args.delivery))


def _add_delivery(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("delivery", metavar="<delivery>", help="Delivery (ID)")
