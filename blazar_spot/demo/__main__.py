# SPDX-License-Identifier: Apache-2.0
"""`python -m blazar_spot.demo`: bring a cloud up, play the story, say how it went, take the cloud down.

Exit status: 0 when every promise was kept (with `--upstream`: when the story was played to its end), 1 when not, 130
after Ctrl-C. What went wrong is said with the log to read; logs of a failed run are kept.
"""

import argparse
import contextlib
import fcntl
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

from blazarclient.exception import BlazarClientException
from openstack.exceptions import SDKException
from rich.console import Console

from blazar_spot.demo.cast import Cast, Stage
from blazar_spot.demo.compressed_time import GPUS, options
from blazar_spot.demo.lines import Lines
from blazar_spot.demo.record import Record
from blazar_spot.demo.screen import Screen
from blazar_spot.demo.story import Story, Stuck
from blazar_spot.demo.summary import summary
from blazar_spot.demo.verdict import promises
from blazar_spot.devcloud.birth import CloudFailed
from blazar_spot.devcloud.cli import default_state_dir
from blazar_spot.devcloud.cloud import Cloud
from blazar_spot.devcloud.processes import CommandFailed
from blazar_spot.devcloud.waiting import GaveUp, Stopwatch

WIDTH_OF_A_PIPE = 118


def main(words: list[str] | None = None) -> int:
    """Play it; the exit status."""
    arguments = _parser().parse_args(words)
    # Whoever ends us politely gets the same cleaning up as Ctrl-C.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    console = Console(width=None if sys.stdout.isatty() else WIDTH_OF_A_PIPE)
    with _alone(arguments.state_dir) as is_alone:
        if is_alone:
            return _perform(arguments, console)
    console.print(f"Another demo is being played in {arguments.state_dir}; --state-dir names another place.")
    return 1


def _perform(arguments: argparse.Namespace, console: Console) -> int:
    """From an empty machine to an empty machine; the exit status."""
    cloud = Cloud(arguments.state_dir, options("upstream" if arguments.upstream else "spot"))
    is_good, is_up, is_interrupted = False, False, False
    try:
        _bring_up(cloud, console)
        is_up = True
        is_good = _play_and_judge(cloud, arguments.upstream, console)
    except KeyboardInterrupt:
        is_interrupted = True
    except (CloudFailed, CommandFailed, GaveUp) as error:
        console.print(f"The cloud failed. {error}", style="bold red", markup=False, highlight=False)
    finally:
        is_kept = arguments.keep and is_up and not is_interrupted
        if not is_kept:
            cloud.down(keep_logs=not is_good and not is_interrupted)
    if is_interrupted:
        console.print("interrupted")
        return 130
    _say_where_next(cloud, is_kept, is_good, console)
    return 0 if is_good else 1


@contextlib.contextmanager
def _alone(state_dir: Path) -> Iterator[bool]:
    """Whether nobody else plays there; a second demo would take the first one's cloud down."""
    state_dir.parent.mkdir(parents=True, exist_ok=True)
    with state_dir.with_name(f".{state_dir.name}.played").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
        else:
            yield True


def _bring_up(cloud: Cloud, console: Console) -> None:
    cloud.down()
    watch = Stopwatch()
    console.print("A real OpenStack comes up: Keystone, Placement, Glance, Nova, Blazar; about a minute.")
    cloud.up(lambda line: console.print(f"[{watch.seconds:5.1f} s] {line}", markup=False, highlight=False))


def _play_and_judge(cloud: Cloud, upstream: bool, console: Console) -> bool:
    """Play the story and tell how it went; whether that is as it should be."""
    record = Record()
    stuck = _play(cloud, record, upstream, console)
    judged = promises(record)
    console.print(summary(record, judged))
    if stuck:
        console.print(f"The story could not go on. {stuck}. Read {stuck.service}.log.", style="bold red")
        return False
    if upstream:
        console.print("This was Blazar's own host plugin. The same story with ours: make demo")
        return True
    return all(promise.is_kept for promise in judged)


def _play(cloud: Cloud, record: Record, upstream: bool, console: Console) -> Stuck | None:
    whose = "Blazar's own host plugin" if upstream else "blazar_spot"
    is_live = console.is_terminal and not console.is_dumb_terminal
    view = Screen(console, whose) if is_live else Lines(console)
    try:
        story = Story(Cast(cloud, Stage(name="demo", host="host01", gpus=GPUS)))
        with view.open(record):
            for sight in story.play():
                view.show(record.take(sight))
    except Stuck as stuck:
        return stuck
    except (SDKException, BlazarClientException, OSError) as error:
        return Stuck(f"{type(error).__name__}: {error}", "nova-api")
    return None


def _say_where_next(cloud: Cloud, is_kept: bool, is_good: bool, console: Console) -> None:
    if not is_good:
        console.print(f"The logs are in {cloud.state_dir / 'logs'}", soft_wrap=True, highlight=False)
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
