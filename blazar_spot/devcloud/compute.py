# SPDX-License-Identifier: Apache-2.0
"""Starts nova-compute with our driver: Nova takes drivers only from below `nova.virt`.

So the driver is known there under the name that nova.conf says (`compute_driver = devcloud.DevcloudDriver`).
Next: `computes`, which starts many of them at once.
"""

import sys
from importlib import import_module
from pathlib import Path


def load() -> None:
    """Nova's command, and then our driver: importing the command chooses native threads for all of Nova."""
    import_module("nova.cmd.compute")
    sys.modules["nova.virt.devcloud"] = import_module("blazar_spot.devcloud.driver")


def run(conf: Path) -> None:
    """Be a nova-compute until it is ended."""
    from nova.cmd import compute

    sys.argv[1:] = ["--config-file", str(conf)]
    compute.main()


if __name__ == "__main__":
    load()
    run(Path(sys.argv[1]))
