# SPDX-License-Identifier: Apache-2.0
"""`python -m blazar_spot.demo`: bring a cloud up, play the story, say how it went, take the cloud down.

Exit status: 0 when every promise was kept (with `--upstream`: when the story was played to its end), 1 when not, 130
after Ctrl-C. What went wrong is said with the log to read; logs of a failed run are kept.
"""

import argparse
import shutil
import signal
import sys
from pathlib import Path

from rich.console import Console

from blazar_spot.demo.cast import Stage
from blazar_spot.demo.compressed_time import GPUS, options
from blazar_spot.demo.lines import Lines
from blazar_spot.demo.record import Record
from blazar_spot.demo.screen import Screen
from blazar_spot.demo.story import Story, Stuck
from blazar_spot.demo.summary import summary
from blazar_spot.demo.verdict import promises
from blazar_spot.devcloud.cli import default_state_dir
from blazar_spot.devcloud.cloud import Cloud
from blazar_spot.devcloud.waiting import Stopwatch

WIDTH_OF_A_PIPE = 118


def main(words: list[str] | None = None) -> int:
    """Play it; the exit status."""
    arguments = _parser().parse_args(words)
    # Whoever ends us politely gets the same cleaning up as Ctrl-C.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    console = Console(width=None if sys.stdout.isatty() else WIDTH_OF_A_PIPE)
    cloud = Cloud(arguments.state_dir, options("upstream" if arguments.upstream else "spot"))
    try:
        return _run(cloud, arguments, console)
    except KeyboardInterrupt:
        console.print("interrupted")
        return 130
    finally:
        if not arguments.keep:
            cloud.down()


def _run(cloud: Cloud, arguments: argparse.Namespace, console: Console) -> int:
    record = Record()
    try:
        _bring_up(cloud, console)
        stuck = _play(cloud, record, arguments.upstream, console)
    except Exception:
        _keep_logs(cloud, console)
        raise
    judged = promises(record)
    console.print(summary(record, judged))
    if stuck:
        console.print(f"The story could not go on. {stuck}. Read {stuck.service}.log.", style="bold red")
    elif arguments.upstream:
        console.print("This was Blazar's own host plugin. The same with ours: make demo")
    kept = stuck is None and all(promise.is_kept for promise in judged)
    is_good = stuck is None if arguments.upstream else kept
    if not is_good:
        _keep_logs(cloud, console)
    _say_where_next(cloud, arguments.keep, console)
    return 0 if is_good else 1


def _bring_up(cloud: Cloud, console: Console) -> None:
    cloud.down()
    watch = Stopwatch()
    console.print("A real OpenStack comes up: Keystone, Placement, Glance, Nova, Blazar; about a minute.")
    cloud.up(lambda line: console.print(f"[{watch.seconds:5.1f} s] {line}", markup=False, highlight=False))


def _play(cloud: Cloud, record: Record, upstream: bool, console: Console) -> Stuck | None:
    whose = "Blazar's own host plugin" if upstream else "blazar_spot"
    is_live = console.is_terminal and not console.is_dumb_terminal
    view = Screen(console, whose) if is_live else Lines(console)
    story = Story(cloud, Stage(name="demo", host="host01", gpus=GPUS))
    try:
        with view.open(record):
            for sight in story.play():
                view.show(record.take(sight))
    except Stuck as stuck:
        return stuck
    return None


def _keep_logs(cloud: Cloud, console: Console) -> None:
    kept = cloud.state_dir.with_name(f"{cloud.state_dir.name}-logs")
    shutil.rmtree(kept, ignore_errors=True)
    shutil.copytree(cloud.state_dir / "logs", kept)
    console.print(f"The logs are in {kept}", soft_wrap=True)


def _say_where_next(cloud: Cloud, is_kept: bool, console: Console) -> None:
    if not is_kept:
        console.print("To look around afterwards: make demo KEEP=1")
        return
    bin_dir = Path(sys.prefix) / "bin"
    for line in (
        "The cloud is still up. To look around:",
        f"  . {cloud.state_dir}/openrc-admin",
        f"  {bin_dir}/openstack reservation lease list",
        f"  {bin_dir}/blazar-spot-devcloud --state-dir {cloud.state_dir} down",
    ):
        console.print(line, soft_wrap=True, highlight=False)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m blazar_spot.demo", description=__doc__.split("\n")[0])
    parser.add_argument("--upstream", action="store_true", help="with Blazar's own host plugin instead of ours")
    parser.add_argument("--keep", action="store_true", help="leave the cloud up at the end")
    parser.add_argument(
        "--state-dir",
        type=Path,
        default=default_state_dir().with_name("demo"),
        help="the cloud's directory (%(default)s)",
    )
    return parser


if __name__ == "__main__":
    sys.exit(main())
