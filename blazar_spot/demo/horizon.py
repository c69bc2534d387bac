# SPDX-License-Identifier: Apache-2.0
"""`python -m blazar_spot.demo.horizon`: leave a cloud with Horizon and something to look at, and say where it is.

It is the cloud of `make cloud`, so `make cloud-down` ends it. If it is up already, nothing is made anew.
"""

import argparse
import signal
import sys
from pathlib import Path

from blazar_spot.demo.scenery import scenery_options, set_up
from blazar_spot.demo.story import Stuck
from blazar_spot.devcloud.cli import default_state_dir
from blazar_spot.devcloud.cloud import Cloud
from blazar_spot.devcloud.rc import login
from blazar_spot.devcloud.verbs import FAILURES
from blazar_spot.devcloud.waiting import Stopwatch

WHERE = """
Horizon: {}

  owner   Project > Reservations > Leases: the column Spot reclaim, and a tab of that name on each lease
  demo    Project > Reservations > Spot: spot instances, and notices to acknowledge
  admin   Admin > Reservation > Spot pool: the hosts, and the reclaims of all projects

The notices run for ten minutes. Then the instances go, and the lease gets its hosts. To end it: make cloud-down
"""


def main(words: list[str] | None = None) -> int:
    """Make it; the exit status."""
    parser = argparse.ArgumentParser(prog="python -m blazar_spot.demo.horizon", description=__doc__.split("\n")[0])
    where = "the cloud's directory (%(default)s)"
    parser.add_argument("--state-dir", type=Path, default=default_state_dir(), help=where)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    cloud = Cloud(parser.parse_args(words).state_dir, scenery_options())
    try:
        _make(cloud)
    except KeyboardInterrupt:
        cloud.down()
        print("interrupted; nothing is left running", file=sys.stderr)
        return 130
    except (*FAILURES, Stuck) as error:
        print(f"{error}\nThe logs are in {cloud.state_dir / 'logs'}", file=sys.stderr)
        return 1
    print(WHERE.format(login(cloud.site)))
    return 0


def _make(cloud: Cloud) -> None:
    watch = Stopwatch()

    def report(line: str) -> None:
        print(f"[{watch.seconds:5.1f} s] {line}", flush=True)

    was_up = cloud.is_up
    cloud.up(report)
    if not was_up:
        set_up(cloud, report)


if __name__ == "__main__":
    sys.exit(main())
