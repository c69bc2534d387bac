# SPDX-License-Identifier: Apache-2.0
"""[database]: oslo.db's own options, as every OpenStack service has them.

Only the declarations are taken from oslo.db here; connections are made in ``db``.
"""

from typing import Any

from oslo_config import cfg
from oslo_db import options

GROUP = "database"
CONNECTION_ATTEMPTS = 0
"""oslo.db would try for 100 seconds to reach a database that is down before it says so. The engine tries again on its
next tick anyway, and blazar-manager must not be held that long: the first failure is told at once."""


def register(conf: cfg.ConfigOpts) -> None:
    """Declare the options; the default that differs is ours alone, Blazar in the same process keeps its own."""
    conf.register_opts(options.database_opts, group=GROUP)
    conf.set_default("max_retries", CONNECTION_ATTEMPTS, group=GROUP)


def set_sample_defaults() -> None:
    """Let the sample file show the default that differs; called by oslo-config-generator and nobody else."""
    cfg.set_defaults(options.database_opts, max_retries=CONNECTION_ATTEMPTS)


def database_of(conf: cfg.ConfigOpts) -> dict[str, Any]:
    """The options as plain values, as ``db`` takes them."""
    if not conf[GROUP].connection:
        raise cfg.RequiredOptError("connection", cfg.OptGroup(GROUP))
    return dict(conf[GROUP])
