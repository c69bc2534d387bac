# SPDX-License-Identifier: Apache-2.0
"""``openstack spot webhook subscription ...``: what a webhook wants to hear of."""

import argparse

from osc_lib.command import command

from blazar_spot.osc import asking
from blazar_spot.osc.columns import Table, listed, shown
from blazar_spot.osc.webhooks import add_filters, add_webhook, filters, find

COLUMNS = {
    "id": "ID",
    "event_types": "Event Types",
    "flavors": "Flavors",
    "instances": "Instances",
    "tags": "Tags",
}


class ListSubscriptions(command.Lister):
    """List what a webhook wants to hear of.

    A message is sent if it fits each of the lists of a subscription; an empty list stands for all.
    """

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        parser = super().get_parser(prog_name)
        add_webhook(parser)
        return parser

    def take_action(self, parsed_args: argparse.Namespace) -> Table:
        webhook = find(asking.spot(self).webhooks, parsed_args.webhook)
        return listed(COLUMNS, webhook["subscriptions"], parsed_args)


class CreateSubscription(command.ShowOne):
    """Let a webhook hear of more."""

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        parser = super().get_parser(prog_name)
        add_webhook(parser)
        add_filters(parser)
        return parser

    def take_action(self, parsed_args: argparse.Namespace) -> Table:
        webhooks = asking.spot(self).webhooks
        webhook_id = find(webhooks, parsed_args.webhook)["id"]
        return shown(webhooks.subscribe(webhook_id, filters(self, parsed_args)))


class DeleteSubscription(command.Command):
    """End subscription(s) of a webhook."""

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        parser = super().get_parser(prog_name)
        add_webhook(parser)
        parser.add_argument("subscription", metavar="<subscription>", nargs="+", help="Subscription(s) to delete (ID)")
        return parser

    def take_action(self, parsed_args: argparse.Namespace) -> None:
        webhooks = asking.spot(self).webhooks
        webhook_id = find(webhooks, parsed_args.webhook)["id"]
        asking.delete_each(
            self, "subscription", parsed_args.subscription, lambda one: webhooks.unsubscribe(webhook_id, one)
        )
