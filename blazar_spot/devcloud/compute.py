# SPDX-License-Identifier: Apache-2.0
"""Starts nova-compute with our driver: Nova takes drivers only from below `nova.virt`.

So the driver is known there under the name that nova.conf says (`compute_driver = devcloud.DevcloudDriver`).
"""

import sys


def main() -> None:
    # First of all: importing Nova's command chooses native threads, before anything else of Nova is loaded.
    from nova.cmd import compute

    from blazar_spot.devcloud import driver

    sys.modules["nova.virt.devcloud"] = driver
    compute.main()


if __name__ == "__main__":
    main()
