# SPDX-License-Identifier: Apache-2.0
"""What the commands of ``blazar-spot-manage`` do, once their words are understood; each answers with a sentence.

Kept apart from the words because of what is imported here: ``--help`` and a slip of the pen need none of it.
"""

from collections.abc import Callable, Mapping

from oslo_config import cfg

from blazar_spot import conf as configuration
from blazar_spot.adapters.system_clock import SystemClock
from blazar_spot.cmd.doctor import doctor
from blazar_spot.cmd.retire import retire
from blazar_spot.core.instants import minute
from blazar_spot.db import migration
from blazar_spot.db.engine import Database
from blazar_spot.db.purge import purge as remove_old
from blazar_spot.db.store import SqlStore
from blazar_spot.enforcement.engines import Engines
from blazar_spot.wiring import webhooks

DAY = 24 * 3600


def _database(conf: cfg.ConfigOpts) -> Database:
    return Database(**configuration.database_of(conf))


def sync(conf: cfg.ConfigOpts) -> str:
    migration.sync(_database(conf))
    return version(conf)


def version(conf: cfg.ConfigOpts) -> str:
    found = migration.version(_database(conf)) or "none"
    return f"The schema's version is {found}; the newest is {migration.newest()}."


def purge(conf: cfg.ConfigOpts) -> str:
    removed = remove_old(_database(conf), SystemClock().now() - conf.command.older_than * DAY)
    return f"Removed {removed} rows."


def pause(conf: cfg.ConfigOpts) -> str:
    return _turn(conf, is_paused=True, reason=conf.command.reason)


def resume(conf: cfg.ConfigOpts) -> str:
    return _turn(conf, is_paused=False, reason="")


def _turn(conf: cfg.ConfigOpts, *, is_paused: bool, reason: str) -> str:
    Engines(SqlStore(_database(conf)), SystemClock()).turn(is_paused=is_paused, reason=reason)
    return status(conf)


def status(conf: cfg.ConfigOpts) -> str:
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


def reseal(conf: cfg.ConfigOpts) -> str:
    count = webhooks(conf, SqlStore(_database(conf)), SystemClock()).reseal()
    return f"The secrets of {count} webhooks are encrypted with the first of the keys."


COMMANDS: Mapping[str, Callable[[cfg.ConfigOpts], str]] = {
    "sync": sync,
    "version": version,
    "purge": purge,
    "pause": pause,
    "resume": resume,
    "status": status,
    "reseal": reseal,
    "doctor": doctor,
    "retire": retire,
}
