# SPDX-License-Identifier: Apache-2.0
"""``openstack spot engine ...``: whether the engines live, and whether they may evict. For admins."""

import argparse

from osc_lib.command import command

from blazar_spot.osc import asking
from blazar_spot.osc.columns import Table, listed, shown

COLUMNS = {
    "host": "Host",
    "pid": "PID",
    "mode": "Mode",
    "beat_at": "Beat At",
    "failing_since": "Failing Since",
    "is_silent": "Silent",
}
LONG = {"id": "ID", "started_at": "Started At", "worked_at": "Worked At"}


class ListEngines(command.Lister):
    """List the engines with their last signs of life."""

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        parser = super().get_parser(prog_name)
        asking.add_long(parser)
        return parser

    def take_action(self, parsed_args: argparse.Namespace) -> Table:
        headings = COLUMNS | (LONG if parsed_args.long else {})
        return listed(headings, asking.spot(self).engines.list(), parsed_args)


class ShowStatus(command.ShowOne):
    """Show how many engines work, and whether evictions are paused."""

    def take_action(self, parsed_args: argparse.Namespace) -> Table:
        engines = asking.spot(self).engines
        signs = engines.list()
        living = [one for one in signs if not one["is_silent"]]
        counts = {
            "engines": len(living),
            "engines_failing": sum(one["failing_since"] is not None for one in living),
            "engines_silent": len(signs) - len(living),
        }
        return shown({**engines.switch(), **counts})


class PauseEngines(command.ShowOne):
    """Pause evictions on all engines.

    Pools are closed and notices given all the same. Hosts whose reservations start meanwhile are late.
    """

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        parser = super().get_parser(prog_name)
        asking.add_reason(parser)
        return parser

    def take_action(self, parsed_args: argparse.Namespace) -> Table:
        return shown(asking.spot(self).engines.pause(parsed_args.reason))


class ResumeEngines(command.ShowOne):
    """Let the engines evict again."""

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        parser = super().get_parser(prog_name)
        asking.add_reason(parser)
        return parser

    def take_action(self, parsed_args: argparse.Namespace) -> Table:
        return shown(asking.spot(self).engines.resume(parsed_args.reason))
