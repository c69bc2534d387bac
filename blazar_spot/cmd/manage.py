# SPDX-License-Identifier: Apache-2.0
"""``blazar-spot-manage``: what an operator does to the database.

Exit status: 0 done, 1 the database did not do it, 2 the command or the configuration is wrong.
"""

import argparse
import sys
from collections.abc import Sequence
from typing import Any

from oslo_config import cfg

from blazar_spot import conf as configuration
from blazar_spot.core.errors import SpotError
from blazar_spot.db import migration
from blazar_spot.db.engine import Database

PROGRAM = "blazar-spot-manage"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; the exit status."""
    try:
        conf = _parsed(sys.argv[1:] if arguments is None else arguments)
        database = Database(**configuration.database_of(conf))
        print(conf.command.run(database))
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
    area: argparse.ArgumentParser = areas.add_parser("db", help="the database's schema")
    commands = area.add_subparsers(required=True, metavar="COMMAND")
    commands.add_parser("sync", help="bring the schema to the newest version").set_defaults(run=_sync)
    commands.add_parser("version", help="tell the schema's version").set_defaults(run=_version)


def _sync(database: Database) -> str:
    migration.sync(database)
    return _version(database)


def _version(database: Database) -> str:
    found = migration.version(database) or "none"
    return f"The schema's version is {found}; the newest is {migration.newest()}."


def _failed(error: Exception, *, status: int) -> int:
    print(f"{PROGRAM}: {error}", file=sys.stderr)
    return status
