# SPDX-License-Identifier: Apache-2.0
"""``blazar-spot-manage``: what an operator does to the database, and through it to every engine; and the way out.

Exit status: 0 done, 1 it was not or not wholly done, 2 the command or the configuration is wrong.
"""

import argparse
import sys
from collections.abc import Sequence
from typing import Any

from oslo_config import cfg

from blazar_spot import conf as configuration
from blazar_spot.core.errors import SpotError

PROGRAM = "blazar-spot-manage"
FORMATS = ("text", "json")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; the exit status."""
    try:
        conf = _parsed(sys.argv[1:] if arguments is None else arguments)
        from blazar_spot.cmd.administering import COMMANDS  # not for those who only ask for help

        if sentence := COMMANDS[conf.command.run](conf):
            print(sentence)
    except cfg.Error as error:
        return _failed(error, status=2)
    except SpotError as error:
        return _failed(error, status=1)
    return 0


def _parsed(arguments: Sequence[str]) -> cfg.ConfigOpts:
    conf = configuration.declared()
    conf.register_cli_opt(cfg.SubCommandOpt("command", title="Commands", handler=_add_commands))
    conf(list(arguments), project=configuration.PROJECT, prog=PROGRAM)
    return conf


def _add_commands(areas: Any) -> None:
    area: argparse.ArgumentParser = areas.add_parser("db", help="the database")
    commands = area.add_subparsers(required=True, metavar="COMMAND")
    commands.add_parser("sync", help="bring the schema to the newest version").set_defaults(run="sync")
    commands.add_parser("version", help="tell the schema's version").set_defaults(run="version")
    old = commands.add_parser("purge", help="remove what has been over for so long")
    old.add_argument("--older-than", type=_days, required=True, metavar="DAYS")
    old.set_defaults(run="purge")
    area = areas.add_parser("engine", help="all engines over this database")
    commands = area.add_subparsers(required=True, metavar="COMMAND")
    stop = commands.add_parser("pause", help="evict nobody until resume; hosts of reservations will be late")
    stop.add_argument("--reason", default="", help="shown wherever evictions are withheld")
    stop.set_defaults(run="pause")
    commands.add_parser("resume", help="evict again").set_defaults(run="resume")
    commands.add_parser("status", help="whether evictions are paused, how each engine does, what is due").set_defaults(
        run="status"
    )
    area = areas.add_parser("webhooks", help="the webhooks of all projects")
    commands = area.add_subparsers(required=True, metavar="COMMAND")
    commands.add_parser("reseal", help="encrypt all secrets with the first of encryption_keys").set_defaults(
        run="reseal"
    )
    look: argparse.ArgumentParser = areas.add_parser("doctor", help="look at everything, and say what to put right")
    look.add_argument("-f", "--format", choices=FORMATS, default=FORMATS[0], help="how it is told")
    look.set_defaults(run="doctor")
    leave: argparse.ArgumentParser = areas.add_parser("retire", help="take everything of blazar_spot out of the cloud")
    leave.add_argument("--yes", action="store_true", help="do it; without this it is only told what would be done")
    leave.add_argument("--force", action="store_true", help="even while engines run or notices are out")
    leave.set_defaults(run="retire")


def _days(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError("must be a whole number of days, at least 1")
    return int(text)


def _failed(error: Exception, *, status: int) -> int:
    print(f"{PROGRAM}: {error}", file=sys.stderr)
    return status
