# SPDX-License-Identifier: Apache-2.0
"""Loads Nova once and makes a nova-compute of it for each host: `python -m blazar_spot.devcloud.computes DIRECTORY`.

To load it takes seconds of a core, to fork it takes none. Each compute is a process of its own in every
respect, and the one that made them ends. One that is started again later loads Nova by itself: `compute`.
"""

import gc
import sys
from importlib import import_module
from pathlib import Path

from blazar_spot.devcloud import compute
from blazar_spot.devcloud.processes import Processes
from blazar_spot.devcloud.settings import compute_conf
from blazar_spot.devcloud.site import Site

LOADED_BY_ITS_MAIN = ("nova.compute.manager", "oslo_messaging._drivers.impl_rabbit")


def load(conf: Path) -> None:
    """All that a compute needs. Nova asks its configuration how often to do what while it is loaded, so that it has to
    be read before; all computes have this part in common, and each reads its own one later."""
    compute.load()
    settings = import_module("nova.conf").CONF
    settings(["--config-file", str(conf)], project="nova")
    for module in LOADED_BY_ITS_MAIN:
        import_module(module)
    settings.clear()


def main() -> None:
    root = Path(sys.argv[1])
    site = Site.load(root)
    assert site is not None, root
    load(compute_conf(site, site.options.hosts[0].name))
    gc.freeze()  # so that no collection writes to what all of them share
    processes = Processes(root)
    for host in site.options.hosts:
        if processes.fork(f"compute-{host.name}"):
            compute.run(compute_conf(site, host.name))


if __name__ == "__main__":
    main()
