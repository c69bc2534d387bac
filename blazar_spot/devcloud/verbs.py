# SPDX-License-Identifier: Apache-2.0
"""What each verb of `blazar-spot-devcloud` does, once its words are understood. Next: `cloud`, which does it."""

import argparse
from collections.abc import Callable

from blazar_spot.devcloud.birth import CloudFailed
from blazar_spot.devcloud.cloud import Cloud
from blazar_spot.devcloud.exclusive import Busy
from blazar_spot.devcloud.hosts import BadHostSpec, HostSpec, name_hosts, parse_lines, parse_spec
from blazar_spot.devcloud.processes import CommandFailed
from blazar_spot.devcloud.rc import login, openrc
from blazar_spot.devcloud.site import Options
from blazar_spot.devcloud.waiting import GaveUp, Stopwatch

FAILURES = (CloudFailed, CommandFailed, GaveUp, BadHostSpec, Busy)
"""What ends in one sentence."""


def up(arguments: argparse.Namespace) -> int:
    watch = Stopwatch()
    cloud = Cloud(arguments.state_dir, _options(arguments))
    cloud.up(lambda line: print(f"[{watch.seconds:5.1f} s] {line}", flush=True))
    print(f"the cloud is up in {cloud.state_dir}; to use it:")
    print(f"  . {cloud.state_dir}/openrc-admin     (or -demo, -owner)")
    if cloud.site.options.dashboard:
        print(f"  {login(cloud.site)}")
    return 0


def down(arguments: argparse.Namespace) -> int:
    Cloud(arguments.state_dir).down(keep_logs=arguments.keep_logs)
    return 0


def status(arguments: argparse.Namespace) -> int:
    cloud = Cloud(arguments.state_dir)
    for name, is_alive in cloud.status():
        port = cloud.site.ports.get(name, "")
        print(f"{name:20} {'up' if is_alive else 'DOWN':5} {port}")
    print(f"{cloud.state_dir}: {'up' if cloud.is_up else 'not up'}")
    return 0 if cloud.is_up else 1


def env(arguments: argparse.Namespace) -> int:
    print(openrc(Cloud(arguments.state_dir).site, arguments.user))
    return 0


def logs(arguments: argparse.Namespace) -> int:
    directory = arguments.state_dir / "logs"
    if arguments.service is None:
        print("\n".join(str(path) for path in sorted(directory.glob("*.log"))))
        return 0
    path = directory / f"{arguments.service}.log"
    if not path.exists():
        raise CloudFailed(f"there is no {path}")
    print(path.read_text(errors="replace"), end="")
    return 0


def service(arguments: argparse.Namespace) -> int:
    one = Cloud(arguments.state_dir).service(arguments.service)
    acts = {"start": one.start, "stop": one.stop, "restart": one.restart, "kill": one.kill}
    acts[arguments.verb]()
    return 0


def _options(arguments: argparse.Namespace) -> Options:
    specs = [spec for text in arguments.host for spec in parse_spec(text)]
    if arguments.hosts_file:
        specs += parse_lines(arguments.hosts_file.read_text().splitlines())
    return Options(
        hosts=name_hosts(specs or [HostSpec()] * arguments.hosts),
        plugin=arguments.plugin,
        delete_seconds=arguments.delete_seconds,
        metadata_cache_seconds=arguments.metadata_cache_seconds,
        dashboard=arguments.dashboard,
        overrides=tuple(arguments.set),
    )


VERBS: dict[str, Callable[[argparse.Namespace], int]] = {
    "up": up,
    "down": down,
    "status": status,
    "env": env,
    "logs": logs,
    "service": service,
}
