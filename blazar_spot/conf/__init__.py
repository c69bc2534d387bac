# SPDX-License-Identifier: Apache-2.0
"""The configuration: one file for all our processes, declared one group a module.

There is no global object: whoever needs the configuration loads it, and tests load their own. The engine and the
plugins inside blazar-manager read the same file, so that they cannot promise different things. Nobody but ``wiring``
and the commands passes a ``ConfigOpts`` on; everybody else is given plain values.
"""

from collections.abc import Sequence

from oslo_config import cfg

from blazar_spot.conf.database import database_of
from blazar_spot.conf.opts import register
from blazar_spot.conf.policy import policy_of
from blazar_spot.conf.service_auth import has_account, session_of

__all__ = ["PROJECT", "database_of", "declared", "has_account", "load", "policy_of", "session_of"]

PROJECT = "blazar-spot"
"""Names the default file: /etc/blazar-spot/blazar-spot.conf."""


def declared() -> cfg.ConfigOpts:
    """Every option, before any file was read; commands add their own arguments to it."""
    conf = cfg.ConfigOpts()
    register(conf)
    return conf


def load(arguments: Sequence[str] = (), *, files: Sequence[str] | None = None) -> cfg.ConfigOpts:
    """The configuration from a command's arguments, or from these files instead of the usual places."""
    conf = declared()
    conf(list(arguments), project=PROJECT, default_config_files=None if files is None else list(files))
    return conf
