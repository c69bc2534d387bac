# SPDX-License-Identifier: Apache-2.0
"""What the plugins are configured with: blazar.conf only names our own file, which the engine reads too.

The policy can therefore not differ between the processes. There is one whole per process, made when the first of the
plugins asks for it; with a file that cannot be used nothing of ours is loaded.
"""

import functools
import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from oslo_config import cfg

from blazar_spot import wiring

LOG = logging.getLogger(__name__)
CONF = cfg.CONF

OPTIONS: list[cfg.Opt] = [
    cfg.StrOpt(
        "config_file",
        default="/etc/blazar-spot/blazar-spot.conf",
        help="The configuration of blazar_spot. The engine must read the same file.",
    ),
]
CONF.register_opts(OPTIONS, group="spot")


@dataclass(frozen=True, slots=True)
class Settings:
    """The use cases, how often the monitor looks, in seconds, and by its class what there is one of in a process.

    ``rebinding_margin`` is how long before its fence a claim is bound for good, None if that is never decided again.
    ``pci_aliases`` are the resource classes that Nova's PCI aliases stand for.
    """

    whole: wiring.Whole
    interval: int
    rebinding_margin: int | None = None
    pci_aliases: Mapping[str, str] = field(default_factory=dict)
    made: dict[type, Any] = field(default_factory=dict)


@functools.cache
def settings() -> Settings:
    """The settings of this process."""
    path = CONF.spot.config_file
    try:
        conf = wiring.load(path)
        interval = conf.publisher.interval_seconds
        # What is bound now is published at once or at the next poll, and the engine's next tick plans the fence.
        margin = interval + conf.engine.tick_seconds if conf.leases.late_binding else None
        return Settings(wiring.build(conf), interval, margin, conf.nova.pci_aliases)
    except Exception as error:
        # Blazar only warns and goes on without the plugin, so it is said here as loudly as can be.
        LOG.error("blazar_spot is NOT loaded, hosts cannot be reserved: %s cannot be used: %s", path, error)
        raise
