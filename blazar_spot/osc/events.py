# SPDX-License-Identifier: Apache-2.0
"""``openstack spot event ...``: what is coming to instances, and what their holder says to it."""

import argparse

from osc_lib import exceptions
from osc_lib.command import command

from blazar_spot.client.documents import Event
from blazar_spot.client.events import Events
from blazar_spot.osc import asking
from blazar_spot.osc.columns import Table, listed, shown

COLUMNS = {
    "id": "ID",
    "instance_name": "Instance",
    "state": "State",
    "not_before": "Not Before",
    "is_ready": "Ready",
}
LONG = {
    "instance_id": "Instance ID",
    "flavor": "Flavor",
    "revision": "Revision",
    "decided_at": "Decided At",
    "given_at": "Given At",
    "acknowledged_at": "Acknowledged At",
}
OF_ALL = {"project_id": "Project ID", "host": "Host"}

STATES = ("scheduled", "acknowledged", "withdrawn", "terminated")
LONGEST_WAIT = 60


def _find(events: Events, name_or_id: str) -> Event:
    """An event, by its own id or by the instance that it is about."""
    return asking.find(
        "event", name_or_id, events.get, events.list, lambda event: (event["instance_id"], event["instance_name"])
    )


class ListEvents(command.Lister):
    """List what is coming to instances.

    The open events are listed, unless states are asked for.
    """

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        parser = super().get_parser(prog_name)
        parser.add_argument(
            "--state",
            metavar="<state>",
            action="append",
            choices=STATES,
            default=[],
            help="List events in this state: scheduled, acknowledged, withdrawn or terminated "
            "(repeat option for several; default: scheduled and acknowledged)",
        )
        parser.add_argument("--all", action="store_true", help="List events in all states")
        parser.add_argument("--instance", metavar="<server>", help="List events of this instance (name or ID)")
        parser.add_argument("--flavor", metavar="<flavor-name>", help="List events of instances of this flavor (name)")
        parser.add_argument(
            "--wait",
            metavar="<duration>",
            type=asking.duration,
            default=0,
            help="Wait up to this long (90, 5m, 2h) for an event of the project to change, then list",
        )
        asking.add_limit(parser)
        asking.add_all_projects(parser)
        asking.add_long(parser)
        return parser

    def take_action(self, parsed_args: argparse.Namespace) -> Table:
        events = asking.spot(self).events
        if parsed_args.wait and parsed_args.all_projects:
            raise exceptions.CommandError("--wait follows the events of one project, not those of all.")
        _wait(events, parsed_args.wait)
        instance = parsed_args.instance and asking.server_id(self, parsed_args.instance)
        found = events.list(
            states=STATES if parsed_args.all else parsed_args.state,
            instance_id=instance,
            flavor=parsed_args.flavor,
            all_projects=parsed_args.all_projects,
            limit=parsed_args.limit,
        )
        headings = COLUMNS | (LONG if parsed_args.long else {}) | (OF_ALL if parsed_args.all_projects else {})
        return listed(headings, found, parsed_args)


def _wait(events: Events, seconds: int) -> None:
    """Until the project's events are others, in steps as long as the service lets one wait."""
    if not seconds:
        return
    before = events.incarnation()
    while seconds > 0 and events.wait(before, min(seconds, LONGEST_WAIT)) == before:
        seconds -= LONGEST_WAIT


class ShowEvent(command.ShowOne):
    """Show what is coming to an instance."""

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        parser = super().get_parser(prog_name)
        _add_event(parser)
        return parser

    def take_action(self, parsed_args: argparse.Namespace) -> Table:
        return shown(_find(asking.spot(self).events, parsed_args.event))


class AcknowledgeEvent(command.ShowOne):
    """Acknowledge what is coming to an instance.

    With --ready the instance is deleted soon, if it is still needed that it goes. That is not taken back.
    """

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        parser = super().get_parser(prog_name)
        _add_event(parser)
        parser.add_argument("--ready", action="store_true", help="The instance may go before its deadline")
        return parser

    def take_action(self, parsed_args: argparse.Namespace) -> Table:
        events = asking.spot(self).events
        return shown(events.acknowledge(_find(events, parsed_args.event)["id"], ready=parsed_args.ready))


def _add_event(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "event", metavar="<event>", help="Event (ID), or the instance that an open one is about (name or ID)"
    )
