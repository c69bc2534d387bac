# SPDX-License-Identifier: Apache-2.0
"""`blazar-spot-devcloud`: the dev cloud for people at a terminal. Only words in and words out.

Next: `verbs`, which do what is said here.
"""

import argparse
import os
import signal
import sys
from pathlib import Path
from typing import NoReturn

from blazar_spot.devcloud.rc import USERS
from blazar_spot.devcloud.site import PLUGINS, Override

ENDINGS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
SERVICE_VERBS = {
    "start": "start one service and wait until it is up; spot-engine-2 is a second engine",
    "stop": "ask one service to end, and see that it has",
    "restart": "stop and start one service",
    "kill": "end one service at once, as a crash would",
}


def main(words: list[str] | None = None) -> int:
    arguments = _parser().parse_args(words)
    for number in ENDINGS:
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, _interrupt)
    from blazar_spot.devcloud.verbs import FAILURES, VERBS  # not for those who only ask for help

    try:
        return VERBS[arguments.run](arguments)
    except KeyboardInterrupt:
        print("interrupted; nothing is left running", file=sys.stderr)
        return 130
    except FAILURES as error:
        print(f"blazar-spot-devcloud: {error}", file=sys.stderr)
        return 1


def _interrupt(number: int, frame: object) -> NoReturn:
    """Whoever ends us politely gets what Ctrl-C gets: a cleaning up, which a second one must not break off."""
    for ending in ENDINGS:
        signal.signal(ending, signal.SIG_IGN)
    raise KeyboardInterrupt


def default_state_dir() -> Path:
    base = os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state"
    return Path(base) / "blazar-spot-devcloud" / "default"


def _override(text: str) -> Override:
    try:
        return Override.parse(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from error


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="blazar-spot-devcloud", description="a real OpenStack on this machine")
    parser.add_argument(
        "--state-dir", type=Path, default=default_state_dir(), help="one cloud, one directory (%(default)s)"
    )
    verbs = parser.add_subparsers(dest="verb", required=True)
    _add_up(verbs.add_parser("up", help="bring the cloud up"))
    down = verbs.add_parser("down", help="end all its processes and remove its directory")
    down.add_argument("--keep-logs", action="store_true", help="leave the logs and the configuration")
    down.set_defaults(run="down")
    verbs.add_parser("status", help="what runs; status 0 if all does").set_defaults(run="status")
    env = verbs.add_parser("env", help="print an openrc")
    env.add_argument("user", nargs="?", choices=USERS, default="admin")
    env.set_defaults(run="env")
    logs = verbs.add_parser("logs", help="print a service's log, or where all logs are")
    logs.add_argument("service", nargs="?")
    logs.set_defaults(run="logs")
    for verb, what in SERVICE_VERBS.items():
        one = verbs.add_parser(verb, help=what)
        one.add_argument("service")
        one.set_defaults(run="service")
    return parser


def _add_up(up: argparse.ArgumentParser) -> None:
    up.add_argument("--hosts", type=int, default=4, help="so many hosts of the default size (%(default)s)")
    up.add_argument(
        "--host", action="append", default=[], metavar="SPEC", help="count=2,vcpus=64,gpus=8,nested=true,..."
    )
    up.add_argument("--hosts-file", type=Path, metavar="FILE", help="a file of such SPECs, one a line")
    up.add_argument("--plugin", choices=sorted(PLUGINS), default="upstream", help="Blazar's plugin (%(default)s)")
    up.add_argument("--dashboard", action="store_true", help="with Horizon")
    up.add_argument("--delete-seconds", type=float, default=3.0, help="how long a delete takes (%(default)s)")
    up.add_argument("--metadata-cache-seconds", type=int, default=1, help="Nova's own default is 15 (%(default)s)")
    up.add_argument(
        "--set",
        action="append",
        type=_override,
        default=[],
        metavar="FILE:section.option=value",
        help="FILE is nova, blazar, placement, keystone, glance or spot",
    )
    up.set_defaults(run="up")
