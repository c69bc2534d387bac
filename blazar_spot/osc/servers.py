# SPDX-License-Identifier: Apache-2.0
"""What stands beside OpenStackClient's own commands for servers: ``openstack server create --preemptible``.

These are hooks of cliff: what the command itself does is not changed, and without the service it works as before.
"""

import argparse
from collections.abc import Mapping
from typing import Any, Literal

from cliff.columns import FormattableColumn
from cliff.hooks import CommandHook
from osc_lib import exceptions

from blazar_spot.client.errors import FAILURES
from blazar_spot.osc import asking, twins
from blazar_spot.osc.flavors import find, template_of
from blazar_spot.osc.patience import within

UNTIL: tuple[Literal["guaranteed_until"], Literal["expected_until"]] = ("guaranteed_until", "expected_until")
PATIENCE_SECONDS = 2
"""Who shows a server does not wait longer than that to hear more than Nova says."""


class Preemptible(CommandHook):
    """Takes the preemptible twin of the flavor that was asked for."""

    def get_parser(self, parser: argparse.ArgumentParser) -> argparse.ArgumentParser:
        parser.add_argument(
            "--preemptible",
            action="store_true",
            help="Create a spot instance, with the preemptible twin of the flavor: it may have to go, with notice",
        )
        return parser

    def get_epilog(self) -> str:
        return ""

    def before(self, parsed_args: argparse.Namespace) -> argparse.Namespace:
        if parsed_args.preemptible:
            parsed_args.flavor = self._twin(parsed_args.flavor).id
        return parsed_args

    def after(self, parsed_args: argparse.Namespace, return_code: int) -> int:
        return return_code

    def _twin(self, name_or_id: str) -> Any:
        compute = asking.manager(self.cmd).compute
        asked = find(compute, name_or_id)
        if asked is None:
            raise exceptions.CommandError(f"No flavor with a name or ID of '{name_or_id}' exists.")
        if twins.is_preemptible(asked.extra_specs):
            return _enrolled(asked)
        twin = find(compute, twins.twin_name(asked.name, template_of(self.cmd)))
        if twin is None or not twins.is_preemptible(twin.extra_specs):
            raise exceptions.CommandError(
                f"Flavor '{asked.name}' has no preemptible twin. An administrator creates it with: "
                f"openstack spot flavor create --from {asked.name}"
            )
        return _enrolled(twin)


def _enrolled(flavor: Any) -> Any:
    if not twins.is_enrolled(flavor.extra_specs):
        raise exceptions.CommandError(
            f"Flavor '{flavor.name}' does not consume the spot pools yet. An administrator lets it with: "
            f"openstack spot flavor enrol {flavor.name}"
        )
    return flavor


class Outlook(CommandHook):
    """Says until when a server may run, if it is a spot instance."""

    def get_parser(self, parser: argparse.ArgumentParser) -> argparse.ArgumentParser:
        return parser

    def get_epilog(self) -> str:
        return ""

    def before(self, parsed_args: argparse.Namespace) -> argparse.Namespace:
        return parsed_args

    def after(self, parsed_args: argparse.Namespace, return_code: Any) -> Any:
        """The columns and values of a command that shows one thing, which cliff gives in the place of a code."""
        names, values = return_code
        server = dict(zip(names, values, strict=True))
        if "id" not in server or _is_plain(server.get("flavor")):  # or something else about it was asked for
            return return_code
        try:
            instance = within(PATIENCE_SECONDS, lambda: asking.spot(self.cmd).instances.get(server["id"]))
        except (*FAILURES, TimeoutError):  # it is no spot instance, or nobody can say
            return names, values
        until = {f"spot_{field}": instance[field] for field in UNTIL}
        return (*names, *until), (*values, *until.values())


def _is_plain(flavor: object) -> bool:
    """Whether a server's flavor, as it is shown, is known not to be preemptible: nobody needs to be asked then."""
    shown = flavor.machine_readable() if isinstance(flavor, FormattableColumn) else flavor
    specs = shown.get("extra_specs") if isinstance(shown, Mapping) else None
    return isinstance(specs, Mapping) and not twins.is_preemptible(specs)
