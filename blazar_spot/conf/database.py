# SPDX-License-Identifier: Apache-2.0
"""[database]: oslo.db's own options, as every OpenStack service has them.

Only the declarations are taken from oslo.db here; connections are made in ``db``.
"""

from typing import Any

from oslo_config import cfg
from oslo_db import options

GROUP = "database"


def register(conf: cfg.ConfigOpts) -> None:
    """Declare the options.

    oslo.db would try for 100 seconds to reach a database that is down before it says so. The engine tries again on
    its next tick anyway, and blazar-manager must not be held that long: the first failure is told at once.
    """
    conf.register_opts(options.database_opts, group=GROUP)
    conf.set_default("max_retries", 0, group=GROUP)


def database_of(conf: cfg.ConfigOpts) -> dict[str, Any]:
    """The options as plain values, as ``db`` takes them."""
    if not conf[GROUP].connection:
        raise cfg.RequiredOptError("connection", cfg.OptGroup(GROUP))
    return dict(conf[GROUP])
