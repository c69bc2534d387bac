# SPDX-License-Identifier: Apache-2.0
"""The list of the groups: what a configuration registers, and what the sample file shows.

A new group is a module of its own with ``GROUP`` and ``OPTIONS``, and one more entry in ``_GROUPS``.
"""

from copy import deepcopy

from oslo_config import cfg
from oslo_log import log

from blazar_spot.conf import (
    api,
    channels,
    database,
    engine,
    leases,
    messaging,
    metrics,
    notifications,
    nova,
    policy,
    publisher,
    service_auth,
    webhooks,
)

_GROUPS = (policy, engine, publisher, leases, nova, notifications, channels, messaging, webhooks, api, metrics)


def register(conf: cfg.ConfigOpts) -> None:
    """Declare every option on this configuration.

    It gets groups of its own, since a group remembers what was registered in it.
    """
    log.register_options(conf)
    for group in _GROUPS:
        conf.register_group(deepcopy(group.GROUP))
        conf.register_opts(group.OPTIONS, group=group.GROUP.name)
    database.register(conf)
    service_auth.register(conf)


def list_opts() -> list[tuple[cfg.OptGroup, list[cfg.Opt]]]:
    """What oslo-config-generator asks for; oslo.db and oslo.log answer for their own options."""
    return [(group.GROUP, group.OPTIONS) for group in _GROUPS] + [(service_auth.GROUP, service_auth.all_options())]
