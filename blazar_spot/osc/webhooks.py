# SPDX-License-Identifier: Apache-2.0
"""``openstack spot webhook ...``: the URLs that are told, and what each wants to hear of."""

import argparse

from osc_lib.command import command

from blazar_spot.client.documents import Webhook
from blazar_spot.client.webhooks import Filters, Webhooks
from blazar_spot.osc import asking
from blazar_spot.osc.columns import Table, listed, shown

COLUMNS = {"id": "ID", "name": "Name", "url": "URL", "state": "State"}
LONG = {
    "reason": "Reason",
    "created_at": "Created At",
    "verified_at": "Verified At",
    "failing_since": "Failing Since",
}
OF_ALL = {"project_id": "Project ID"}
STATES = ("unverified", "enabled", "disabled")


def find(webhooks: Webhooks, name_or_id: str) -> Webhook:
    return asking.find("webhook", name_or_id, webhooks.get, webhooks.list)


def add_webhook(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("webhook", metavar="<webhook>", help="Webhook (name or ID)")


def add_filters(parser: argparse.ArgumentParser) -> None:
    """What a subscription is limited to."""
    for option, what in (
        ("event-type", "messages of this type, such as spot.notice.scheduled"),
        ("flavor", "instances of the flavor with this name"),
        ("instance", "this instance (name or ID)"),
        ("tag", "instances with this tag"),
    ):
        parser.add_argument(
            f"--{option}",
            metavar=f"<{option}>",
            action="append",
            default=[],
            help=f"Send only what is about {what} (repeat option for several)",
        )


def filters(asked: command.Command, parsed_args: argparse.Namespace) -> Filters:
    """As the service takes them; what is not limited is left out."""
    wanted = {
        "event_types": parsed_args.event_type,
        "flavors": parsed_args.flavor,
        "instances": [asking.server_id(asked, one) for one in parsed_args.instance],
        "tags": parsed_args.tag,
    }
    return {name: values for name, values in wanted.items() if values}


class ListWebhooks(command.Lister):
    """List webhooks."""

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        parser = super().get_parser(prog_name)
        parser.add_argument(
            "--state",
            metavar="<state>",
            choices=STATES,
            help="List webhooks in this state: unverified, enabled or disabled",
        )
        asking.add_limit(parser)
        asking.add_all_projects(parser)
        asking.add_long(parser)
        return parser

    def take_action(self, parsed_args: argparse.Namespace) -> Table:
        headings = COLUMNS | (LONG if parsed_args.long else {}) | (OF_ALL if parsed_args.all_projects else {})
        found = asking.spot(self).webhooks.list(
            state=parsed_args.state, all_projects=parsed_args.all_projects, limit=parsed_args.limit
        )
        return listed(headings, found, parsed_args)


class ShowWebhook(command.ShowOne):
    """Show a webhook with its subscriptions."""

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        parser = super().get_parser(prog_name)
        add_webhook(parser)
        return parser

    def take_action(self, parsed_args: argparse.Namespace) -> Table:
        return shown(find(asking.spot(self).webhooks, parsed_args.webhook))


class CreateWebhook(command.ShowOne):
    """Create a webhook.

    The URL is challenged soon afterwards and is told nothing before it has answered. The secret that messages are
    signed with is shown only now. Without limits the webhook is told of everything.
    """

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        parser = super().get_parser(prog_name)
        parser.add_argument("name", metavar="<name>", help="Name of the webhook")
        parser.add_argument("--url", metavar="<url>", required=True, help="Where messages are posted to")
        parser.add_argument("--no-subscription", action="store_true", help="Send nothing until a subscription is made")
        add_filters(parser)
        return parser

    def take_action(self, parsed_args: argparse.Namespace) -> Table:
        wanted = filters(self, parsed_args)
        everything: list[Filters] | None = [] if parsed_args.no_subscription else None
        created = asking.spot(self).webhooks.create(
            parsed_args.name, parsed_args.url, [wanted] if wanted else everything
        )
        return shown(created)


class SetWebhook(command.ShowOne):
    """Change a webhook."""

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        parser = super().get_parser(prog_name)
        add_webhook(parser)
        parser.add_argument("--name", metavar="<name>", help="New name")
        parser.add_argument("--url", metavar="<url>", help="New URL, which is challenged first")
        state = parser.add_mutually_exclusive_group()
        state.add_argument("--enable", action="store_const", const=True, dest="is_enabled", help="Challenge it again")
        state.add_argument("--disable", action="store_const", const=False, dest="is_enabled", help="Send nothing more")
        return parser

    def take_action(self, parsed_args: argparse.Namespace) -> Table:
        webhooks = asking.spot(self).webhooks
        webhook_id = find(webhooks, parsed_args.webhook)["id"]
        changed = webhooks.update(
            webhook_id, name=parsed_args.name, url=parsed_args.url, is_enabled=parsed_args.is_enabled
        )
        return shown(changed)


class DeleteWebhook(command.Command):
    """Delete webhook(s)."""

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        parser = super().get_parser(prog_name)
        parser.add_argument("webhook", metavar="<webhook>", nargs="+", help="Webhook(s) to delete (name or ID)")
        return parser

    def take_action(self, parsed_args: argparse.Namespace) -> None:
        webhooks = asking.spot(self).webhooks
        asking.delete_each(
            self, "webhook", parsed_args.webhook, lambda name: webhooks.delete(find(webhooks, name)["id"])
        )


class RotateSecret(command.ShowOne):
    """Make a new secret for a webhook.

    It is shown only now. Messages are signed with the one before as well until old_secret_until.
    """

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        parser = super().get_parser(prog_name)
        add_webhook(parser)
        return parser

    def take_action(self, parsed_args: argparse.Namespace) -> Table:
        webhooks = asking.spot(self).webhooks
        return shown(webhooks.rotate(find(webhooks, parsed_args.webhook)["id"]))


class TestWebhook(command.ShowOne):
    """Send a webhook a test message.

    Shows the delivery, which is under way then: see "openstack spot webhook delivery show".
    """

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        parser = super().get_parser(prog_name)
        add_webhook(parser)
        return parser

    def take_action(self, parsed_args: argparse.Namespace) -> Table:
        webhooks = asking.spot(self).webhooks
        return shown(webhooks.ping(find(webhooks, parsed_args.webhook)["id"]))
