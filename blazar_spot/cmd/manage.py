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
from blazar_spot.adapters.system_clock import SystemClock
from blazar_spot.cmd.doctor import FORMATS, doctor
from blazar_spot.cmd.retire import retire
from blazar_spot.core.errors import SpotError
from blazar_spot.core.instants import minute
from blazar_spot.db import migration
from blazar_spot.db.engine import Database
from blazar_spot.db.purge import purge
from blazar_spot.db.store import SqlStore
from blazar_spot.enforcement.engines import Engines
from blazar_spot.wiring import webhooks

PROGRAM = "blazar-spot-manage"
DAY = 24 * 3600


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; the exit status."""
    try:
        conf = _parsed(sys.argv[1:] if arguments is None else arguments)
        if sentence := conf.command.run(conf):
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
    commands.add_parser("sync", help="bring the schema to the newest version").set_defaults(run=_sync)
    commands.add_parser("version", help="tell the schema's version").set_defaults(run=_version)
    old = commands.add_parser("purge", help="remove what has been over for so long")
    old.add_argument("--older-than", type=_days, required=True, metavar="DAYS")
    old.set_defaults(run=_purge)
    area = areas.add_parser("engine", help="all engines over this database")
    commands = area.add_subparsers(required=True, metavar="COMMAND")
    stop = commands.add_parser("pause", help="evict nobody until resume; hosts of reservations will be late")
    stop.add_argument("--reason", default="", help="shown wherever evictions are withheld")
    stop.set_defaults(run=_pause)
    commands.add_parser("resume", help="evict again").set_defaults(run=_resume)
    commands.add_parser("status", help="whether evictions are paused, how each engine does, what is due").set_defaults(
        run=_status
    )
    area = areas.add_parser("webhooks", help="the webhooks of all projects")
    commands = area.add_subparsers(required=True, metavar="COMMAND")
    commands.add_parser("reseal", help="encrypt all secrets with the first of encryption_keys").set_defaults(
        run=_reseal
    )
    look: argparse.ArgumentParser = areas.add_parser("doctor", help="look at everything, and say what to put right")
    look.add_argument("-f", "--format", choices=FORMATS, default=FORMATS[0], help="how it is told")
    look.set_defaults(run=doctor)
    leave: argparse.ArgumentParser = areas.add_parser("retire", help="take everything of blazar_spot out of the cloud")
    leave.add_argument("--yes", action="store_true", help="do it; without this it is only told what would be done")
    leave.add_argument("--force", action="store_true", help="even while engines run or notices are out")
    leave.set_defaults(run=retire)


def _days(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError("must be a whole number of days, at least 1")
    return int(text)


def _database(conf: cfg.ConfigOpts) -> Database:
    return Database(**configuration.database_of(conf))


def _sync(conf: cfg.ConfigOpts) -> str:
    migration.sync(_database(conf))
    return _version(conf)


def _version(conf: cfg.ConfigOpts) -> str:
    found = migration.version(_database(conf)) or "none"
    return f"The schema's version is {found}; the newest is {migration.newest()}."


def _purge(conf: cfg.ConfigOpts) -> str:
    removed = purge(_database(conf), SystemClock().now() - conf.command.older_than * DAY)
    return f"Removed {removed} rows."


def _pause(conf: cfg.ConfigOpts) -> str:
    return _turn(conf, is_paused=True, reason=conf.command.reason)


def _resume(conf: cfg.ConfigOpts) -> str:
    return _turn(conf, is_paused=False, reason="")


def _turn(conf: cfg.ConfigOpts, *, is_paused: bool, reason: str) -> str:
    Engines(SqlStore(_database(conf)), SystemClock()).turn(is_paused=is_paused, reason=reason)
    return _status(conf)


def _status(conf: cfg.ConfigOpts) -> str:
    """The switch, the engines, then the reclaims whose evictions are due, as nobody may miss them while it is off."""
    now = SystemClock().now()
    with SqlStore(_database(conf)).begin() as work:
        switch = work.switch()
        engines = [one.told(now) for one in work.heartbeats()] or ["No engine has been seen yet."]
        due = [reclaim for reclaim in work.open_reclaims() if reclaim.notice_at <= now]
    if switch.paused_at is None:
        head = "Evictions are on."
    else:
        head = f"Evictions have been paused since {minute(switch.paused_at)}: {switch.reason or 'no reason given'}."
    rows = [f"{one.host} is {one.state} and needed at {minute(one.start_at)}" for one in due]
    return "\n".join([head, *engines, *rows])


def _reseal(conf: cfg.ConfigOpts) -> str:
    count = webhooks(conf, SqlStore(_database(conf)), SystemClock()).reseal()
    return f"The secrets of {count} webhooks are encrypted with the first of the keys."


def _failed(error: Exception, *, status: int) -> int:
    print(f"{PROGRAM}: {error}", file=sys.stderr)
    return status
