# SPDX-License-Identifier: Apache-2.0
"""``openstack spot flavor ...``: preemptible flavors, made from others.

Nova has the flavors. What a flavor needs to consume the spot pools only the service knows, which enrols it when asked
and, later, by itself: so there is one rule, in one place.
"""

import argparse
from collections.abc import Iterator, Mapping
from typing import Any

from cliff.command import Command
from osc_lib import exceptions
from osc_lib.cli import parseractions
from osc_lib.command import command

from blazar_spot.client.errors import FAILURES
from blazar_spot.osc import asking, twins
from blazar_spot.osc.columns import Table, listed, shown

COLUMNS = {"id": "ID", "name": "Name", "vcpus": "VCPUs", "ram": "RAM", "disk": "Disk", "is_enrolled": "Enrolled"}
LONG = {
    "ephemeral": "Ephemeral",
    "swap": "Swap",
    "is_public": "Is Public",
    "extra_specs": "Properties",
}
CHECKED = {
    "name": "Name",
    "is_preemptible": "Preemptible",
    "min_uptime_seconds": "Min Uptime Seconds",
    "notice_seconds": "Notice Seconds",
    "missing": "Missing",
    "remarks": "Remarks",
}
COPIED = ("vcpus", "ram", "disk", "ephemeral", "swap", "rxtx_factor", "is_public")

WITH_EXTRA_SPECS = "2.61"
"""The first version of Nova's API in which a flavor comes with its extra specs."""


def template_of(asked: Command) -> str | None:
    """How the configuration of the cloud calls twins; None if it says nothing."""
    configuration: Mapping[str, Any] = asking.manager(asked).get_configuration()
    return configuration.get(twins.OPTION)


def find(compute: Any, name_or_id: str) -> Any:
    """The flavor, with its extra specs; None if there is none."""
    return compute.find_flavor(name_or_id, ignore_missing=True, microversion=WITH_EXTRA_SPECS)


def _known(compute: Any, name_or_id: str) -> Any:
    flavor = find(compute, name_or_id)
    if flavor is None:
        raise exceptions.CommandError(f"No flavor with a name or ID of '{name_or_id}' exists.")
    return flavor


class ListFlavors(command.Lister):
    """List preemptible flavors."""

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        parser = super().get_parser(prog_name)
        parser.add_argument("--all", action="store_true", help="List all, public or private (admin only)")
        asking.add_long(parser)
        return parser

    def take_action(self, parsed_args: argparse.Namespace) -> Table:
        headings = COLUMNS | (LONG if parsed_args.long else {})
        return listed(headings, _preemptible(asking.manager(self).compute, everybodys=parsed_args.all), parsed_args)


def _preemptible(compute: Any, *, everybodys: bool) -> Iterator[dict[str, Any]]:
    for flavor in compute.flavors(is_public=None if everybodys else True, microversion=WITH_EXTRA_SPECS):
        if twins.is_preemptible(flavor.extra_specs):
            yield {**flavor.to_dict(), "is_enrolled": twins.is_enrolled(flavor.extra_specs)}


class CheckFlavors(command.Lister):
    """List flavors that do not consume the spot pools as they should (admin only)."""

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        parser = super().get_parser(prog_name)
        parser.add_argument("--all", action="store_true", help="List also those with which all is well")
        return parser

    def take_action(self, parsed_args: argparse.Namespace) -> Table:
        found = asking.spot(self).flavors.list()
        return listed(
            CHECKED, [one for one in found if parsed_args.all or one["missing"] or one["remarks"]], parsed_args
        )


class EnrolFlavor(command.ShowOne):
    """Let a preemptible flavor consume the spot pools (admin only).

    The engine does the same by itself, a little later.
    """

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        parser = super().get_parser(prog_name)
        parser.add_argument("flavor", metavar="<flavor>", help="Flavor (name or ID)")
        return parser

    def take_action(self, parsed_args: argparse.Namespace) -> Table:
        flavor = _known(asking.manager(self).compute, parsed_args.flavor)
        if not twins.is_preemptible(flavor.extra_specs):
            raise exceptions.CommandError(
                f"Flavor '{flavor.name}' is not preemptible. To make a preemptible one of it: "
                f"openstack spot flavor create --from {flavor.name}"
            )
        return shown(asking.spot(self).flavors.enrol(flavor.id))


class CreateFlavor(command.ShowOne):
    """Create the preemptible twin of a flavor (admin only).

    It has the size, the extra specs and the projects of the other flavor, is preemptible and consumes the spot pools.
    Its name is made by the cloud's spot_flavor_template, usually the other's with "preemptible" after the first part.
    """

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        parser = super().get_parser(prog_name)
        parser.add_argument("name", metavar="<name>", nargs="?", help="Name of the new flavor")
        parser.add_argument(
            "--from", metavar="<flavor>", dest="source", required=True, help="Flavor to make it from (name or ID)"
        )
        parser.add_argument("--id", metavar="<id>", help="Unique flavor ID (default: one is made)")
        parser.add_argument(
            "--min-uptime",
            metavar="<duration>",
            help="How long each server may run at the least (5m, 1h), if that is less than the cloud promises",
        )
        parser.add_argument(
            "--notice",
            metavar="<duration>",
            help="How long before its end each server is told at the least, if that is less than the cloud promises",
        )
        parser.add_argument(
            "--property",
            metavar="<key=value>",
            action=parseractions.KeyValueAction,
            default={},
            help="Property to add or to change (repeat option for several)",
        )
        return parser

    def take_action(self, parsed_args: argparse.Namespace) -> Table:
        compute = asking.manager(self).compute
        source = _known(compute, parsed_args.source)
        if twins.is_preemptible(source.extra_specs):
            raise exceptions.CommandError(f"Flavor '{source.name}' is preemptible already.")
        name = parsed_args.name or twins.twin_name(source.name, template_of(self))
        promised = {"spot:min_uptime": parsed_args.min_uptime, "spot:notice": parsed_args.notice}
        more = {**parsed_args.property, **{key: value for key, value in promised.items() if value}}
        created = _create(compute, source, name, parsed_args.id, twins.twin_specs(source.extra_specs, more))
        enrolled = self._enrolled(created)
        return shown(_described(compute, created.id) | enrolled)

    def _enrolled(self, flavor: Any) -> dict[str, Any]:
        """What the service says of the new flavor; if it says nothing the flavor is there all the same."""
        try:
            checked = asking.spot(self).flavors.enrol(flavor.id)
        except FAILURES as error:
            self.log.warning("Flavor '%s' is created, and the engine has yet to enrol it: %s", flavor.name, error)
            return {"is_enrolled": False}
        return {"is_enrolled": not checked["missing"], "remarks": checked["remarks"]}


def _create(compute: Any, source: Any, name: str, flavor_id: str | None, extra_specs: Mapping[str, str]) -> Any:
    """The twin, whole or not at all: without its extra specs it would be no spot flavor, and look like one."""
    size = {key: getattr(source, key) for key in COPIED if getattr(source, key) is not None}
    created = compute.create_flavor(name=name, **size, **({} if flavor_id is None else {"id": flavor_id}))
    try:
        compute.create_flavor_extra_specs(created, dict(extra_specs))
        if not source.is_public:
            for one in compute.get_flavor_access(source):
                compute.flavor_add_tenant_access(created, one["tenant_id"])
    except Exception:
        compute.delete_flavor(created)
        raise
    return created


def _described(compute: Any, flavor_id: str) -> dict[str, Any]:
    """The flavor as Nova has it now, after the service has changed it too."""
    flavor = _known(compute, flavor_id)
    return {key: getattr(flavor, key) for key in ("id", "name", *COPIED)} | {"properties": flavor.extra_specs}
