# SPDX-License-Identifier: Apache-2.0
"""``openstack spot plan``: what a lease would get, and whom it would cost."""

import argparse

from osc_lib import exceptions
from osc_lib.command import command

from blazar_spot.osc import asking
from blazar_spot.osc.columns import Table, shown
from blazar_spot.osc.leases import find


class ShowPlan(command.ShowOne):
    """Show what a lease of whole hosts would get if it were asked for now, without asking for it.

    How many hosts, who would have to go and when; or why it would be refused, and the first start that would work.
    Nothing is held: it is an answer and not a promise.
    """

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        parser = super().get_parser(prog_name)
        parser.add_argument("--lease", metavar="<lease>", help="A lease that there is (name or ID), and nothing else")
        parser.add_argument(
            "--start-date",
            metavar="<time>",
            type=asking.instant,
            help="When it begins ('2027-01-15 08:00', UTC; default: now)",
        )
        parser.add_argument("--end-date", metavar="<time>", type=asking.instant, help="When it ends")
        parser.add_argument("--min", metavar="<hosts>", type=int, default=1, help="Hosts that it needs (default: 1)")
        parser.add_argument("--max", metavar="<hosts>", type=int, help="Hosts that it would take (default: as --min)")
        for whose in ("hypervisor", "resource"):
            parser.add_argument(
                f"--{whose}-properties",
                metavar="<json>",
                default="",
                help=f"What its hosts have to be, as {whose}_properties of a reservation",
            )
        asking.add_all_projects(parser)
        return parser

    def take_action(self, parsed_args: argparse.Namespace) -> Table:
        client = asking.spot(self)
        if parsed_args.lease:
            lease = find(client.leases, parsed_args.lease, all_projects=parsed_args.all_projects)
            return shown(client.plans.of_lease(lease["lease_id"]))
        if not parsed_args.end_date:
            raise exceptions.CommandError("Say when the lease ends (--end-date), or name one that there is (--lease).")
        plan = client.plans.of_wish(
            parsed_args.end_date,
            start=parsed_args.start_date,
            least=parsed_args.min,
            most=parsed_args.max,
            hypervisor_properties=parsed_args.hypervisor_properties,
            resource_properties=parsed_args.resource_properties,
        )
        return shown(plan)
